// What a capture stream carries, whatever its format: packets, interfaces and their statistics. This is the
// contract between input (which makes records) and pipeline (which dissects them).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/bytes.hpp"
#include "common/timestamp.hpp"

namespace weir::common {

/// One packet. `data` points into the reader's buffer and lives until the reader is asked for the next
/// record.
struct record {
    timestamp ts;
    std::uint32_t interface = 0;       ///< index over the whole input, in order of appearance
    std::uint32_t link_type = 0;       ///< LINKTYPE_ value, https://www.tcpdump.org/linktypes.html
    std::uint32_t original_length = 0; ///< bytes on the wire; data.size() may be less
    bool time_clamped =
        false; ///< its fraction of a second was a whole one or more; `ts` has the greatest below
    bytes_view data;
};

struct interface_description {
    std::string name; ///< empty where the format has none
    std::uint32_t link_type = 0;
    std::uint32_t snaplen = 0; ///< 0: no limit
    std::string filter;        ///< as the capturing program wrote it
};

/// Packets of one interface that were lost between two others, as the capturing program counted them.
struct packet_loss {
    std::uint32_t interface = 0;
    std::uint64_t count = 0;
    std::optional<timestamp> after; ///< the packet before them, where there is one
    timestamp before;               ///< the packet behind them, which comes next
};

/// Cumulative counters of one interface; a format that lacks one leaves it out.
struct interface_statistics {
    std::uint32_t interface = 0;
    timestamp ts;
    std::optional<std::uint64_t> received;          ///< seen by the kernel's filter, drops included
    std::optional<std::uint64_t> dropped_kernel;    ///< no room in the capture ring
    std::optional<std::uint64_t> dropped_interface; ///< by the network interface or its driver
    std::optional<std::uint64_t> handed_over;       ///< written into the stream by the capturing program
};

} // namespace weir::common
