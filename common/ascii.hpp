// Characters of ASCII, as protocols use them. Must never depend on a locale.
#pragma once

#include <string_view>

namespace weir::common {

[[nodiscard]] constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }
[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
/// CTL (RFC 5234 appendix B.1) except HTAB.
[[nodiscard]] constexpr bool is_control(char c) noexcept {
    const auto u = static_cast<unsigned char>(c);
    return (u < 0x20 && u != '\t') || u == 0x7f;
}

/// The value of a hexadecimal digit, or -1.
[[nodiscard]] constexpr int hex_digit(char c) noexcept {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

[[nodiscard]] constexpr char to_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

/// `lower` is in lower case already.
[[nodiscard]] constexpr bool equals_ignoring_case(std::string_view text, std::string_view lower) noexcept {
    if (text.size() != lower.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (to_lower(text[i]) != lower[i]) return false;
    return true;
}

[[nodiscard]] constexpr bool starts_ignoring_case(std::string_view text, std::string_view lower) noexcept {
    return text.size() >= lower.size() && equals_ignoring_case(text.substr(0, lower.size()), lower);
}

/// Without white space at either end: SP, HTAB, CR, LF.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view t) noexcept {
    constexpr std::string_view blank = " \t\r\n";
    const std::size_t from = t.find_first_not_of(blank);
    if (from == std::string_view::npos) return t.substr(t.size());
    return t.substr(from, t.find_last_not_of(blank) - from + 1);
}

[[nodiscard]] constexpr std::string_view without_leading_blanks(std::string_view t) noexcept {
    while (!t.empty() && is_blank(t.front())) t.remove_prefix(1);
    return t;
}

[[nodiscard]] constexpr std::string_view without_trailing_blanks(std::string_view t) noexcept {
    while (!t.empty() && is_blank(t.back())) t.remove_suffix(1);
    return t;
}

} // namespace weir::common
