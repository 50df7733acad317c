// Sequence numbers on their circle (RFC 1982).
#pragma once

#include <cstdint>

namespace weir::flow::tcp {

/// Largest window that RFC 7323 allows: no plausible sequence or acknowledgement number lies further ahead.
inline constexpr std::int64_t largest_window = std::int64_t{1} << 30;

/// Distance from `known` to `number`.
[[nodiscard]] constexpr std::int64_t distance(std::uint32_t number, std::uint32_t known) noexcept {
    return static_cast<std::int32_t>(number - known);
}

} // namespace weir::flow::tcp
