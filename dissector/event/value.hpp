// Values whose shape only the wire knows: a reply in a protocol that nests, the fields of a packet's layers.
// A value points to what it holds and is nested as deep as its maker made it; who writes it goes no deeper
// than most_nested.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "event/wire.hpp"

namespace weir::event {

/// Lists in lists. What is deeper is written as {"truncated":true}.
inline constexpr std::size_t most_nested = 8;

struct value;
struct value_pair;
struct value_member;

/// [a, b, ...]
struct value_list {
    const value* first = nullptr;
    std::size_t size = 0;
};

/// [[key, value], ...]: a map whose keys are of the wire.
struct value_pairs {
    const value_pair* first = nullptr;
    std::size_t size = 0;
};

/// {"name": value, ...}: the names are ours.
struct value_object {
    const value_member* first = nullptr;
    std::size_t size = 0;
};

/// No value: null.
struct nothing {};

struct value {
    std::variant<nothing, bool, std::int64_t, std::uint64_t, double, std::string_view, wire,
                 common::ip_address, value_list, value_pairs, value_object>
        of;
};

struct value_pair {
    value key;
    value of;
};

struct value_member {
    std::string_view name;
    value of;
};

[[nodiscard]] inline std::span<const value> elements(value_list l) noexcept { return {l.first, l.size}; }
[[nodiscard]] inline std::span<const value_pair> elements(value_pairs p) noexcept {
    return {p.first, p.size};
}
[[nodiscard]] inline std::span<const value_member> elements(value_object o) noexcept {
    return {o.first, o.size};
}

/// One function of several, by the type of what a value holds: std::visit(overloaded{...}, v.of).
template <class... F>
struct overloaded : F... {
    using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;

} // namespace weir::event
