// Why bytes are missing, and why something ended before its end: words that every session shares.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "event/field.hpp"

namespace weir::event {

enum class missing_cause : std::uint8_t { kernel_drop, upstream, snaplen, limit, not_captured };
template <>
struct words<missing_cause> {
    static constexpr std::array<std::string_view, 5> names{"kernel_drop", "upstream", "snaplen", "limit",
                                                           "not_captured"};
};

/// What stands beside "complete":false.
enum class ending : std::uint8_t { closed, reset, timeout, evicted, end_of_capture, shutdown };
template <>
struct words<ending> {
    static constexpr std::array<std::string_view, 6> names{"closed",  "reset",          "timeout",
                                                           "evicted", "end_of_capture", "shutdown"};
};

inline constexpr std::string_view ending_description =
    "why it ended early. closed: by a FIN before the end that the framing announced; reset: by a RST; "
    "timeout: the "
    "connection fell silent; evicted: a limit; end_of_capture: the capture ended first; shutdown: weir was "
    "stopped";

} // namespace weir::event
