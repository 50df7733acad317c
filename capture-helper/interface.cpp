#include "capture-helper/interface.hpp"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <linux/if_packet.h>
#include <map>
#include <net/if.h>
#include <pcap/pcap.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

#include "capture-helper/filter_child.hpp"
#include "capture-helper/report.hpp"

namespace weir::capture_helper {

[[noreturn]] static void refuse_to_open(const std::string& name, int result, const std::string& said) {
    const reason why = result == PCAP_ERROR_PERM_DENIED || result == PCAP_ERROR_PROMISC_PERM_DENIED
                           ? reason::not_permitted
                       : result == PCAP_ERROR_NO_SUCH_DEVICE ? reason::no_such_interface
                                                             : reason::failed;
    if (why == reason::no_such_interface)
        fail(why, "there is no interface " + name + "; --list-interfaces prints them");
    const std::string status = pcap_statustostr(result);
    fail(why, "cannot capture on " + name + ": " + status +
                  (said.empty() || said == status ? "" : " (" + said + ')'));
}

static interface open_interface(const std::string& name, const common::capture_request& r) {
    const bool any = name == "any";
    // asked of the kernel first, because libpcap has devices that are no network interfaces
    if (!any && ::if_nametoindex(name.c_str()) == 0) refuse_to_open(name, PCAP_ERROR_NO_SUCH_DEVICE, "");
    std::array<char, PCAP_ERRBUF_SIZE> error{};
    pcap_t* const handle = pcap_create(name.c_str(), error.data());
    if (handle == nullptr) refuse_to_open(name, PCAP_ERROR, error.data());
    const std::pair<int, const char*> settings[] = {
        {pcap_set_snaplen(handle, r.snaplen), "snaplen"},
        {pcap_set_promisc(handle, r.promiscuous && !any ? 1 : 0), "promiscuous mode"},
        {pcap_set_timeout(handle, r.timeout_ms), "timeout"},
        {pcap_set_immediate_mode(handle, r.immediate ? 1 : 0), "immediate mode"},
        {pcap_set_buffer_size(handle, r.buffer_kib * 1024), "buffer size"},
        {r.monitor ? pcap_set_rfmon(handle, 1) : 0, "monitor mode"},
        {pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO), "nanoseconds"},
    };
    for (const auto& [result, what] : settings)
        if (result != 0) refuse_to_open(name, result, what);
    const int result = pcap_activate(handle);
    if (result < 0) refuse_to_open(name, result, pcap_geterr(handle));
    if (result > 0)
        warn(name + ": " + (*pcap_geterr(handle) != '\0' ? pcap_geterr(handle) : pcap_statustostr(result)));
    if (pcap_setnonblock(handle, 1, error.data()) != 0) refuse_to_open(name, PCAP_ERROR, error.data());
    if (any)
        (void)pcap_set_datalink(handle, DLT_LINUX_SLL2); // which says on what interface a packet was seen
    const int dlt = pcap_datalink(handle);
    constexpr int linktype_raw = 101; // the one LINKTYPE_ of a network interface that is not its DLT_
    return {name, handle, static_cast<std::uint32_t>(dlt == DLT_RAW ? linktype_raw : dlt), {}, 0, 0};
}

/// No child gets the rings: what it compiles, a stranger wrote. Where they lie libpcap does not say, but the
/// kernel does.
static void keep_rings(std::size_t count) {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        std::uintptr_t from = 0, to = 0;
        if (line.find(" socket:[") == std::string::npos ||
            std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR, &from, &to) != 2)
            continue;
        if (::syscall(SYS_madvise, from, to - from, MADV_DONTFORK) == 0) --count;
    }
    if (count != 0) fail(reason::failed, "cannot keep packets from children; is /proc mounted?");
}

/// What libpcap is asked to set, held by the kernel, or the end: libpcap itself would go on in user space,
/// where nothing locks a filter.
static void set_filter(interface& i, program& p) {
    const auto size = static_cast<unsigned short>(p.size());
    const sock_fprog whole{size, p.data()};
    int other[2]; // where the kernel says what it thinks of the program, in one line and not in libpcap's two
    if (::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, other) != 0 ||
        ::setsockopt(other[0], SOL_SOCKET, SO_ATTACH_FILTER, &whole, sizeof whole) != 0)
        fail_errno(reason::bad_filter,
                   "the kernel refuses the filter, " + std::to_string(size) + " instructions");
    for (const int fd : other) ::close(fd);
    bpf_program same{size, static_cast<bpf_insn*>(static_cast<void*>(p.data()))};
    if (pcap_setfilter(i.handle, &same) != 0)
        fail(reason::failed, "cannot set the filter of " + i.name + ": " + pcap_geterr(i.handle));
    program held(BPF_MAXINSNS);
    socklen_t count = BPF_MAXINSNS; // of instructions, here
    const bool got = ::getsockopt(pcap_fileno(i.handle), SOL_SOCKET, SO_GET_FILTER, held.data(), &count) == 0;
    held.resize(got ? count : 0);
    constexpr std::uint32_t cooked[] = {113, 276}; // LINKTYPE_LINUX_SLL, _SLL2
    const bool is_cooked = std::count(std::begin(cooked), std::end(cooked), i.link_type) != 0;
    if (!is_held(p, held, is_cooked))
        fail(reason::bad_filter, "the kernel cannot run the filter on " + i.name);
    update_counters(i);
    i.total = {};
}

opened open_interfaces(permitted, const common::capture_request& r, std::vector<interface>& all) {
    for (const std::string& name : r.interfaces) all.push_back(open_interface(name, r));
    keep_rings(all.size());
    return {};
}

filtered set_filters(powerless, std::vector<interface>& all, const common::capture_request& r) {
    std::map<std::uint32_t, program> joined; // by link type
    for (interface& i : all) {
        const auto [at, fresh] = joined.try_emplace(i.link_type);
        if (fresh) {
            const program mandatory = compile_in_child(i.handle, r.mandatory_filter, reason::failed,
                                                       "the filter of the rule in capture.conf");
            const program own = compile_in_child(i.handle, r.filter, reason::bad_filter, "the filter");
            at->second = join(mandatory, own, static_cast<std::uint32_t>(r.snaplen));
        }
        if (!at->second.empty()) set_filter(i, at->second);
        const pcap_direction_t way = r.way == common::capture_direction::in ? PCAP_D_IN : PCAP_D_OUT;
        if (r.way != common::capture_direction::both && pcap_setdirection(i.handle, way) != 0)
            fail(reason::bad_request,
                 "no direction can be asked of " + i.name + ": " + pcap_geterr(i.handle));
        constexpr int on = 1;
        // On lo libpcap throws the outgoing copy of each packet away: so let the kernel (since 4.20) not make
        // it.
        if (i.name == "lo")
            (void)::setsockopt(pcap_fileno(i.handle), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
        if (::setsockopt(pcap_fileno(i.handle), SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof on) != 0)
            fail_errno(reason::failed, "cannot lock the filter of " + i.name);
    }
    return {};
}

void update_counters(interface& i) {
    pcap_stat now{};
    if (pcap_stats(i.handle, &now) != 0) return;
    i.total.received += now.ps_recv - std::exchange(i.last_received, now.ps_recv); // modulo 2^32
    i.total.dropped += now.ps_drop - std::exchange(i.last_dropped, now.ps_drop);
    // what passed the filter out of blocks that are older than it was received, though not counted since
    i.total.received = std::max(i.total.received, i.total.delivered + i.total.dropped);
}

std::string list_interfaces() {
    std::string out = "any\n";
    for (const auto* i = ::if_nameindex(); i != nullptr && i->if_index != 0; ++i)
        out.append(i->if_name).append("\n");
    return out;
}

} // namespace weir::capture_helper
