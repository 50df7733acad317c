// Points in time and durations as Weir counts them: signed nanoseconds. Must never ask a clock; time comes
// from the capture.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace weir::common {

/// A duration in nanoseconds.
struct nanoseconds {
    std::int64_t count = 0;
    friend constexpr auto operator<=>(nanoseconds, nanoseconds) = default;
};

/// Nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
struct timestamp {
    std::int64_t since_epoch = 0;
    friend constexpr auto operator<=>(timestamp, timestamp) = default;
    /// Both saturate: hostile captures carry any 64-bit time, and no sum of them may come before its parts.
    friend constexpr nanoseconds operator-(timestamp a, timestamp b) noexcept {
        std::int64_t out = 0;
        if (__builtin_sub_overflow(a.since_epoch, b.since_epoch, &out)) out = extreme(a.since_epoch < 0);
        return {out};
    }
    friend constexpr timestamp operator+(timestamp a, nanoseconds d) noexcept {
        std::int64_t out = 0;
        if (__builtin_add_overflow(a.since_epoch, d.count, &out)) out = extreme(d.count < 0);
        return {out};
    }

private:
    static constexpr std::int64_t extreme(bool low) noexcept {
        return low ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
    }
};

inline constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;
inline constexpr std::size_t rfc3339_size = 30;

/// Writes RFC 3339 in UTC with nine decimals, "2026-01-02T03:04:05.000000123Z". Years are clamped to 1-9999
/// so that the width is fixed: hostile captures carry any 64-bit time.
void write_rfc3339(timestamp t, std::span<char, rfc3339_size> out) noexcept;

} // namespace weir::common
