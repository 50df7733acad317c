// One network interface, opened for capture through libpcap. Opening needs CAP_NET_RAW, everything after it
// nothing.
#pragma once

#include "capture-helper/stages.hpp"
#include "common/capture_writer.hpp"

struct pcap;

namespace weir::capture_helper {

struct interface {
    std::string name;
    pcap* handle = nullptr;      ///< closed by the end of the process
    std::uint32_t link_type = 0; ///< LINKTYPE_
    common::capture_counters total;
    std::uint32_t last_received = 0, last_dropped = 0; ///< the kernel's 32 bits when they were read last
};

/// Opens every interface of the request; ends the process where one cannot be opened.
[[nodiscard]] opened open_interfaces(permitted, const common::capture_request& r,
                                     std::vector<interface>& all);

/// Compiles both filters, sets them joined and locks them; ends the process where the kernel does not hold
/// what was asked. What came between opening and now, and is in the ring, libpcap itself holds against the
/// program; no counter tells of it.
[[nodiscard]] filtered set_filters(powerless, std::vector<interface>& all, const common::capture_request& r);

/// Reads the kernel's counters into `total`.
void update_counters(interface& i);

/// The names, each on a line, as the kernel tells them: libpcap would look for devices that are none, through
/// D-Bus too.
[[nodiscard]] std::string list_interfaces();

} // namespace weir::capture_helper
