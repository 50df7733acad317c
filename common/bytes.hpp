// The only way to touch capture bytes: a view, a checked load and a cursor. Nothing else in the project may
// use reinterpret_cast or pointer arithmetic on input; a test greps for it.
//
// Must never read outside the view it was given.
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "common/check.hpp"

namespace weir::common {

using bytes_view = std::span<const std::uint8_t>;

/// The same bytes as text, without a claim about their encoding.
[[nodiscard]] inline std::string_view as_text(bytes_view b) noexcept {
    return {reinterpret_cast<const char*>(b.data()), b.size()};
}

[[nodiscard]] inline bytes_view as_bytes(std::string_view t) noexcept {
    return {reinterpret_cast<const std::uint8_t*>(t.data()), t.size()};
}

/// At most `size` bytes from `offset`, clamped to the view; never fails.
[[nodiscard]] constexpr bytes_view slice(bytes_view b, std::size_t offset,
                                         std::size_t size = static_cast<std::size_t>(-1)) noexcept {
    const std::size_t from = std::min(offset, b.size());
    return b.subspan(from, std::min(size, b.size() - from));
}

/// An unsigned integer of N bytes (1 to 8) at `offset`. Precondition, checked: offset + N <= b.size().
template <std::unsigned_integral T, std::endian E = std::endian::big, std::size_t N = sizeof(T)>
[[nodiscard]] inline T load(bytes_view b, std::size_t offset) noexcept {
    static_assert(N >= 1 && N <= sizeof(T));
    check(offset <= b.size() && b.size() - offset >= N, "load outside the view");
    if constexpr (N == sizeof(T)) {
        T value;
        std::memcpy(&value, b.data() + offset, N);
        if constexpr (E != std::endian::native && N > 1) {
            if constexpr (N == 2)
                value = __builtin_bswap16(value);
            else if constexpr (N == 4)
                value = __builtin_bswap32(value);
            else
                value = __builtin_bswap64(value);
        }
        return value;
    } else {
        T value = 0;
        for (std::size_t i = 0; i < N; ++i) {
            const std::size_t at = E == std::endian::big ? i : N - 1 - i;
            value = static_cast<T>((value << 8) | b[offset + at]);
        }
        return value;
    }
}

/// Reads forward through a view; a read past the end answers false and moves nothing.
class cursor {
public:
    constexpr explicit cursor(bytes_view b) noexcept
        : rest_(b) {}

    [[nodiscard]] constexpr bytes_view rest() const noexcept { return rest_; }
    [[nodiscard]] constexpr std::size_t size() const noexcept { return rest_.size(); }
    [[nodiscard]] constexpr bool empty() const noexcept { return rest_.empty(); }

    template <std::unsigned_integral T, std::endian E = std::endian::big>
    [[nodiscard]] bool read(T& out) noexcept {
        if (rest_.size() < sizeof(T)) return false;
        out = load<T, E>(rest_, 0);
        rest_ = rest_.subspan(sizeof(T));
        return true;
    }

    [[nodiscard]] constexpr bool take(std::size_t n, bytes_view& out) noexcept {
        if (rest_.size() < n) return false;
        out = rest_.first(n);
        rest_ = rest_.subspan(n);
        return true;
    }

    [[nodiscard]] constexpr bool skip(std::size_t n) noexcept {
        bytes_view ignored;
        return take(n, ignored);
    }

private:
    bytes_view rest_;
};

} // namespace weir::common
