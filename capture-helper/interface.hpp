// One network interface, opened for capture through libpcap. Opening needs CAP_NET_RAW, everything after it nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "capture-helper/request.hpp"

struct pcap;

namespace weir::capture_helper {

/// Cumulative and 64 bits wide, although the kernel's are 32.
struct counters {
    std::uint64_t received = 0;           ///< passed the filter, drops included
    std::uint64_t dropped = 0;            ///< no room in the ring
    std::uint64_t dropped_interface = 0;  ///< by the interface or its driver
    std::uint64_t delivered = 0;          ///< written into the stream
};

struct interface {
    std::string name;
    pcap* handle = nullptr;  ///< closed by the end of the process
    counters total;
    std::uint32_t last_received = 0, last_dropped = 0;  ///< the kernel's own counters when they were read last
    std::vector<int> drop_counters;                     ///< files of the interface itself, opened before the walls
    std::uint64_t dropped_before = 0;                   ///< their sum at the start
};

/// Opens every interface of the request; ends the process where one cannot be opened.
[[nodiscard]] std::vector<interface> open_interfaces(const capture_request& r);

/// Compiles both filters, sets them joined and locks them. Packets that came between opening and now are held against the
/// filter by libpcap itself: for those already in the ring pcap_setfilter() runs the program in user space.
void set_filters(std::vector<interface>& all, const capture_request& r);

/// Reads the kernel's counters into `total`.
void update_counters(interface& i);

/// LINKTYPE_ value of a capture file, from libpcap's DLT_ value.
[[nodiscard]] std::uint32_t link_type(const interface& i);

/// One line for each interface: name, flags, addresses, description, separated by tabs.
[[nodiscard]] std::string list_interfaces();

} // namespace weir::capture_helper
