#include "capture-helper/interface.hpp"

#include <array>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <sys/socket.h>
#include <utility>

#include "capture-helper/report.hpp"

namespace weir::capture_helper {

[[noreturn]] static void refuse_to_open(const std::string& name, int result, const std::string& said) {
    const reason why = result == PCAP_ERROR_PERM_DENIED || result == PCAP_ERROR_PROMISC_PERM_DENIED
                           ? reason::not_permitted
                       : result == PCAP_ERROR_NO_SUCH_DEVICE ? reason::no_such_interface
                                                             : reason::failed;
    if (why == reason::no_such_interface)
        fail(why, "there is no interface " + name + "; --list-interfaces prints them");
    fail(why, "cannot capture on " + name + ": " + pcap_statustostr(result) +
                  (said.empty() ? "" : " (" + said + ')'));
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
    const int dlt = pcap_datalink(handle);
    constexpr int linktype_raw = 101; // the one LINKTYPE_ of a network interface that is not its DLT_
    return {name, handle, static_cast<std::uint32_t>(dlt == DLT_RAW ? linktype_raw : dlt), {}, 0, 0};
}

static bpf_program compile(const interface& i, const std::string& filter, reason why, const char* whose) {
    bpf_program program{};
    if (pcap_compile(i.handle, &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0)
        fail(why,
             std::string(whose) + " does not compile: " + pcap_geterr(i.handle) + "; see pcap-filter(7)");
    return program;
}

opened open_interfaces(permitted, const common::capture_request& r, std::vector<interface>& all) {
    for (const std::string& name : r.interfaces) all.push_back(open_interface(name, r));
    return {};
}

filtered set_filters(powerless, const std::vector<interface>& all, const common::capture_request& r) {
    for (const interface& i : all) {
        // Each filter must stand on its own first: "a) or (b" would escape the parentheses around it.
        bpf_program mandatory =
            compile(i, r.mandatory_filter, reason::failed, "the filter of the rule in capture.conf");
        bpf_program own = compile(i, r.filter, reason::bad_filter, "the filter");
        bpf_program joined = compile(i, joined_filter(r), reason::bad_filter, "the joined filter");
        if (pcap_setfilter(i.handle, &joined) != 0)
            fail(reason::failed, "cannot set the filter of " + i.name + ": " + pcap_geterr(i.handle));
        for (bpf_program* p : {&mandatory, &own, &joined}) pcap_freecode(p);
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
}

std::string list_interfaces() {
    std::string out = "any\n";
    for (const auto* i = ::if_nameindex(); i != nullptr && i->if_index != 0; ++i)
        out.append(i->if_name).append("\n");
    return out;
}

} // namespace weir::capture_helper
