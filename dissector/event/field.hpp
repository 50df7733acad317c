// Field tables: every event is a plain struct with a static `fields()`, one row per member. JSON, the JSON
// Schema, docs/events.md and the terminal's fallback come from these rows and from nothing else; what a
// member may be stands in form.hpp.
//
// A member that does not apply is left out of the output, never null: std::optional without a value, and the
// members whose row says `leave_out::when_empty`.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "common/ip_address.hpp"
#include "common/timestamp.hpp"
#include "event/wire.hpp"

namespace weir::event {

enum class leave_out : std::uint8_t { never, when_empty };

template <class Struct, class Member>
struct field {
    std::string_view name;
    Member Struct::*member;
    std::string_view description;
    leave_out policy = leave_out::never;

    constexpr field(std::string_view n, Member Struct::*m, std::string_view d,
                    leave_out p = leave_out::never) noexcept
        : name(n)
        , member(m)
        , description(d)
        , policy(p) {}
};

template <class T>
concept has_fields = requires {
    T::fields();
};

/// Who sees an event that was not asked for: readers of lines (a pipe, a file), a person at a terminal.
enum class audience : std::uint8_t { nobody = 0, lines = 1, terminal = 2, everybody = 3 };

[[nodiscard]] constexpr bool includes(audience all, audience who) noexcept {
    return (static_cast<unsigned>(all) & static_cast<unsigned>(who)) != 0;
}

/// An event has, besides its fields, a name, a sentence that says when it is written, and an audience.
template <class T>
concept is_event = has_fields<T> && requires {
    { T::name } -> std::convertible_to<std::string_view>;
    { T::when } -> std::convertible_to<std::string_view>;
    { T::seen } -> std::convertible_to<audience>;
};

/// Enumerations are written as words: specialise with `static constexpr std::array<std::string_view, N>
/// names` in the order of the enumerators.
template <class Enum>
struct words;

template <class Enum>
[[nodiscard]] constexpr std::string_view word(Enum e) noexcept {
    return words<Enum>::names[static_cast<std::size_t>(e)];
}

} // namespace weir::event
