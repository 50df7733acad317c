// Tokens, lists and parameters of HTTP fields (RFC 9110 section 5.6).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "common/ascii.hpp"

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
using common::equals_ignoring_case;
using common::hex_digit;
using common::is_blank;
using common::is_control;
using common::is_digit;
using common::starts_ignoring_case;
using common::to_lower;
using common::trimmed;
using common::without_leading_blanks;
using common::without_trailing_blanks;

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
