// Characters and lists of HTTP fields (RFC 9110 section 5.6). Must never depend on a locale.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace weir::session::http {

namespace detail {
constexpr std::array<bool, 256> make_token_table() {
    std::array<bool, 256> table{};
    for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = true;
    for (char c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] = true;
    for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned char>(c)] = true;
    for (char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
    return table;
}
inline constexpr std::array<bool, 256> token_table = make_token_table();
} // namespace detail

/// tchar of RFC 9110 section 5.6.2.
[[nodiscard]] constexpr bool is_token(char c) noexcept {
    return detail::token_table[static_cast<unsigned char>(c)];
}
[[nodiscard]] constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }
[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
/// CTL but for HTAB.
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

/// Without white space at either end: SP, HTAB, and what is left of an obs-fold.
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

/// Calls f with each element of a comma-separated list, trimmed; empty elements are skipped (RFC 9110
/// section 5.6.1).
template <class F>
constexpr void for_each_element(std::string_view list, F&& f) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        const std::string_view element = trimmed(list.substr(0, comma));
        if (!element.empty()) f(element);
        if (comma == std::string_view::npos) return;
        list.remove_prefix(comma + 1);
    }
}

/// The value of a parameter of a field value, quotes removed (RFC 9110 section 5.6.6); `name` is in lower
/// case. Empty where there is none. A quoted value that holds a semicolon or a quote is not read.
[[nodiscard]] constexpr std::string_view parameter(std::string_view value, std::string_view name) noexcept {
    for (std::size_t at = value.find(';'); at != std::string_view::npos; at = value.find(';')) {
        value.remove_prefix(at + 1);
        const std::string_view one = trimmed(value.substr(0, value.find(';')));
        const std::size_t equals = one.find('=');
        if (equals == std::string_view::npos || !equals_ignoring_case(trimmed(one.substr(0, equals)), name))
            continue;
        std::string_view found = trimmed(one.substr(equals + 1));
        if (found.size() >= 2 && found.front() == '"' && found.back() == '"')
            found = found.substr(1, found.size() - 2);
        return found;
    }
    return {};
}

} // namespace weir::session::http
