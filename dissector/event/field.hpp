// Field tables: every event is a plain struct with a static `fields()`, one row per member. JSON, the JSON
// Schema, docs/events.md and (later) TypeScript types all come from these rows and from nothing else.
//
// A member that does not apply is left out of the output, never null: std::optional without a value, and the
// members whose row says `leave_out::when_empty`.
#pragma once

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

namespace weir::event {

/// Bytes as they were on the wire: a JSON string where they are valid UTF-8, {"base64":"…"} where not.
struct wire {
    std::string_view bytes;
};

/// One header field as sent: name and value without the surrounding white space.
struct header {
    std::string_view name;
    std::string_view value;
};

/// An object with lower-case names in order of appearance; a repeated name holds an array.
struct header_object {
    std::span<const header> list;
};

/// The same fields as a list of [name, value], as sent.
struct header_list {
    std::span<const header> list;
};

/// A count under a name of ours, for objects whose keys are a closed set ({"not_ip":3}).
struct tally {
    std::string_view name;
    std::uint64_t count = 0;
};

/// An object of tallies; those that are zero are left out.
struct tally_object {
    std::span<const tally> list;
};

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

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_span = false;
template <class T, std::size_t N>
inline constexpr bool is_span<std::span<T, N>> = true;

} // namespace weir::event
