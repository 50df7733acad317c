#include "input/time_resolution.hpp"

namespace weir::input {

namespace {

__extension__ using wide = unsigned __int128;

constexpr std::uint64_t second = static_cast<std::uint64_t>(common::nanoseconds_per_second);

std::uint64_t from_binary(std::uint64_t ticks, unsigned exponent) noexcept {
    if (exponent >= 94) return 0; // 2^64 ticks are less than a nanosecond
    return static_cast<std::uint64_t>((wide{ticks} * second) >> exponent);
}

std::uint64_t from_decimal(std::uint64_t ticks, unsigned exponent) noexcept {
    for (; exponent < 9; ++exponent) ticks *= 10;
    for (; exponent > 9 && ticks > 0; --exponent) ticks /= 10;
    return ticks;
}

} // namespace

common::timestamp time_resolution::at(std::uint64_t ticks) const noexcept {
    const unsigned exponent = resolution_ & 0x7f;
    const std::uint64_t ns =
        (resolution_ & 0x80) != 0 ? from_binary(ticks, exponent) : from_decimal(ticks, exponent);
    return {static_cast<std::int64_t>(ns + static_cast<std::uint64_t>(offset_) * second)};
}

} // namespace weir::input
