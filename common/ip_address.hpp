// An IPv4 or IPv6 address as a value.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string>

#include "common/bytes.hpp"

namespace weir::common {

struct ip_address {
    /// Network byte order; IPv4 uses the first four bytes and leaves the others zero.
    std::array<std::uint8_t, 16> bytes{};
    std::uint8_t version = 4;

    [[nodiscard]] static ip_address v4(bytes_view four) noexcept;
    [[nodiscard]] static ip_address v6(bytes_view sixteen) noexcept;
    [[nodiscard]] bytes_view view() const noexcept { return bytes_view(bytes).first(version == 4 ? 4 : 16); }

    friend constexpr auto operator<=>(const ip_address&, const ip_address&) = default;
};

inline constexpr std::size_t ip_text_size = 46;

/// Writes dotted quad or RFC 5952 text; returns how many characters (at most ip_text_size).
std::size_t write_ip(const ip_address& a, std::span<char, ip_text_size> out) noexcept;

[[nodiscard]] std::string to_string(const ip_address& a);

} // namespace weir::common
