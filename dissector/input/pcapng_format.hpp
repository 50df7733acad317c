// pcapng (draft-ietf-opsawg-pcapng): sections in either byte order, interfaces with any resolution and offset
// of time, enhanced, simple and obsolete packet blocks, interface statistics. Other blocks are skipped
// without being buffered.
#pragma once

#include <memory>

#include "input/byte_order.hpp"
#include "input/format.hpp"
#include "input/limits.hpp"

namespace weir::input {

/// The reader for a stream that begins with `magic`, or null where that is no pcapng.
[[nodiscard]] std::unique_ptr<format> make_pcapng(common::bytes_view magic, const limits& l);

} // namespace weir::input
