#include "capture-helper/interface.hpp"

#include <array>
#include <charconv>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <pcap/pcap.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "capture-helper/report.hpp"

namespace weir::capture_helper {
namespace {

void require(int result, const char* what) {
    if (result != 0) fail(reason::failed, std::string("libpcap refused ") + what + ": " + pcap_statustostr(result));
}

[[noreturn]] void refuse_to_open(const std::string& name, int result, pcap_t* handle) {
    const std::string said = pcap_geterr(handle);
    const std::string why = said.empty() ? pcap_statustostr(result) : said;
    switch (result) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        fail(reason::not_permitted, "capturing on " + name + " is not permitted (" + why +
                                        "); give this program the capability with: sudo setcap cap_net_raw+ep " + own_path());
    case PCAP_ERROR_NO_SUCH_DEVICE:
        fail(reason::no_such_interface, "there is no interface " + name + "; weir-capture --list-interfaces prints them");
    case PCAP_ERROR_IFACE_NOT_UP:
        fail(reason::no_such_interface, "interface " + name + " is down; bring it up with: ip link set " + name + " up");
    case PCAP_ERROR_RFMON_NOTSUP:
        fail(reason::bad_request, "interface " + name + " has no monitor mode; leave out --monitor");
    default: fail(reason::failed, "cannot capture on " + name + ": " + why);
    }
}

std::uint64_t read_drop_counters(const interface& i) {
    std::uint64_t sum = 0;
    for (const int fd : i.drop_counters) {
        std::array<char, 24> text{};
        std::uint64_t value = 0;
        if (::pread(fd, text.data(), text.size(), 0) > 0) std::from_chars(text.data(), text.data() + text.size(), value);
        sum += value;
    }
    return sum;
}

/// What libpcap would open for its ps_ifdrop later, when it may not any more.
void open_drop_counters(interface& i) {
    const std::string folder = "/sys/class/net/" + i.name + "/statistics/";
    for (const char* counter : {"rx_missed_errors", "rx_fifo_errors"})
        if (const int fd = ::open((folder + counter).c_str(), O_RDONLY | O_CLOEXEC); fd >= 0) i.drop_counters.push_back(fd);
    i.dropped_before = read_drop_counters(i);
}

interface open_interface(const std::string& name, const capture_request& r) {
    const bool any = name == "any";
    // asked of the kernel first, because libpcap has devices that are no network interfaces
    if (!any && ::if_nametoindex(name.c_str()) == 0)
        fail(reason::no_such_interface, "there is no interface " + name + "; weir-capture --list-interfaces prints them");
    std::array<char, PCAP_ERRBUF_SIZE> error{};
    pcap_t* const handle = pcap_create(name.c_str(), error.data());
    if (handle == nullptr) fail(reason::failed, "cannot open " + name + ": " + error.data());
    require(pcap_set_snaplen(handle, r.snaplen), "the snaplen");
    require(pcap_set_promisc(handle, r.promiscuous && !any ? 1 : 0), "promiscuous mode");
    require(pcap_set_timeout(handle, r.timeout_ms), "the timeout");
    require(pcap_set_immediate_mode(handle, r.immediate ? 1 : 0), "immediate mode");
    require(pcap_set_buffer_size(handle, r.buffer_kib * 1024), "the buffer size");
    if (r.monitor) require(pcap_set_rfmon(handle, 1), "monitor mode");
    require(pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO), "nanoseconds");
    const int result = pcap_activate(handle);
    if (result < 0) refuse_to_open(name, result, handle);
    if (result > 0) {
        const std::string said = pcap_geterr(handle);
        warn(name + ": " + (said.empty() ? pcap_statustostr(result) : said));
    }
    if (pcap_setnonblock(handle, 1, error.data()) != 0) fail(reason::failed, "cannot poll " + name + ": " + error.data());
    interface i;
    i.name = name;
    i.handle = handle;
    open_drop_counters(i);
    return i;
}

bpf_program compile(const interface& i, const std::string& filter, reason why, const char* whose) {
    bpf_program program{};
    if (pcap_compile(i.handle, &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0)
        fail(why, std::string(whose) + " does not compile: " + pcap_geterr(i.handle) + "; see pcap-filter(7)");
    return program;
}

void require_whole(const interface& i, const std::string& filter, reason why, const char* whose) {
    bpf_program program = compile(i, filter, why, whose);
    pcap_freecode(&program);
}

void set_filter(interface& i, const capture_request& r) {
    // Each filter must stand on its own first: "a) or (b" would escape the parentheses around it.
    require_whole(i, r.mandatory_filter, reason::failed, "the filter of the rule in capture.conf");
    require_whole(i, r.filter, reason::bad_filter, "the filter");
    bpf_program program = compile(i, joined_filter(r), reason::bad_filter, "the joined filter");
    if (pcap_setfilter(i.handle, &program) != 0)
        fail(reason::failed, "cannot set the filter of " + i.name + ": " + pcap_geterr(i.handle));
    pcap_freecode(&program);
    if (r.way != direction::both && pcap_setdirection(i.handle, r.way == direction::in ? PCAP_D_IN : PCAP_D_OUT) != 0)
        fail(reason::bad_request, "interface " + i.name + " cannot tell directions: " + pcap_geterr(i.handle));
    constexpr int on = 1;
    if (::setsockopt(pcap_fileno(i.handle), SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof on) != 0)
        fail_errno(reason::failed, "cannot lock the filter of " + i.name);
}

void append_addresses(const pcap_if_t& i, std::string& out) {
    const char* separator = "";
    for (const pcap_addr_t* a = i.addresses; a != nullptr; a = a->next) {
        if (a->addr == nullptr || (a->addr->sa_family != AF_INET && a->addr->sa_family != AF_INET6)) continue;
        const socklen_t size = a->addr->sa_family == AF_INET ? 16 : 28;  // sockaddr_in, sockaddr_in6
        std::array<char, NI_MAXHOST> text{};
        if (::getnameinfo(a->addr, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0) continue;
        out.append(separator).append(text.data());
        separator = ",";
    }
}

} // namespace

std::vector<interface> open_interfaces(const capture_request& r) {
    std::vector<interface> all;
    for (const std::string& name : r.interfaces) all.push_back(open_interface(name, r));
    return all;
}

void set_filters(std::vector<interface>& all, const capture_request& r) {
    for (interface& i : all) set_filter(i, r);
}

void update_counters(interface& i) {
    pcap_stat now{};
    if (pcap_stats(i.handle, &now) != 0) return;
    i.total.received += now.ps_recv - std::exchange(i.last_received, now.ps_recv);  // modulo 2^32
    i.total.dropped += now.ps_drop - std::exchange(i.last_dropped, now.ps_drop);
    i.total.dropped_interface = read_drop_counters(i) - i.dropped_before;
}

std::uint32_t link_type(const interface& i) {
    constexpr std::uint32_t linktype_raw = 101;
    const int dlt = pcap_datalink(i.handle);
    return dlt == DLT_RAW ? linktype_raw : static_cast<std::uint32_t>(dlt);
}

std::string list_interfaces() {
    std::array<char, PCAP_ERRBUF_SIZE> error{};
    pcap_if_t* all = nullptr;
    if (pcap_findalldevs(&all, error.data()) != 0) fail(reason::failed, std::string("cannot list the interfaces: ") + error.data());
    std::string out;
    for (const pcap_if_t* i = all; i != nullptr; i = i->next) {
        const std::string_view name = i->name;
        if (name != "any" && ::if_nametoindex(i->name) == 0) continue;
        out.append(name).append((i->flags & PCAP_IF_UP) != 0 ? "\tup" : "\tdown");
        if ((i->flags & PCAP_IF_RUNNING) != 0) out += ",running";
        if ((i->flags & PCAP_IF_LOOPBACK) != 0) out += ",loopback";
        out += '\t';
        append_addresses(*i, out);
        out.append("\t").append(i->description != nullptr ? i->description : "").append("\n");
    }
    return out;
}

} // namespace weir::capture_helper
