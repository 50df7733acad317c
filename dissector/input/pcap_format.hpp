// The classic capture format: microseconds or nanoseconds, both byte orders, the swapped lengths of versions
// up to 2.3, and the modified format of old Linux distributions (draft-ietf-opsawg-pcap; libpcap's
// savefile(5)).
#pragma once

#include <memory>

#include "input/byte_order.hpp"
#include "input/format.hpp"
#include "input/limits.hpp"

namespace weir::input {

inline constexpr std::size_t magic_size = 4;

/// The reader for a stream that begins with `magic`, or null where that is no pcap.
[[nodiscard]] std::unique_ptr<format> make_pcap(common::bytes_view magic, const limits& l);

} // namespace weir::input
