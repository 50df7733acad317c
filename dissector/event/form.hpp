// What a member of a field table may be. Each writer (JSON, schema, reference, the terminal's fallback)
// decides by the form and by nothing else, so a type that one of them cannot write compiles in none.
#pragma once

#include "event/code.hpp"
#include "event/field.hpp"
#include "event/value.hpp"

namespace weir::event {

enum class form : std::uint8_t {
    boolean,
    unsigned_number,
    signed_number,
    real,        ///< double; infinities and NaN are words
    seconds,     ///< common::nanoseconds
    time,        ///< common::timestamp
    text,        ///< std::string_view: characters of ours
    wire,        ///< wire: bytes of the wire
    address,     ///< common::ip_address
    word,        ///< a closed enumeration
    code,        ///< code<Names>: an open enumeration
    headers,     ///< header_object
    header_list, ///< header_list
    tallies,     ///< tally_object
    value,       ///< value: shaped by the wire, recursive
    members,     ///< value_object: names of ours, values shaped by the wire
    list,        ///< std::span of any form; an element that is an empty std::optional is null
    object,      ///< a struct with a field table
};

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_span = false;
template <class T, std::size_t N>
inline constexpr bool is_span<std::span<T, N>> = true;

template <class T>
struct without_optional {
    using type = T;
};
template <class T>
struct without_optional<std::optional<T>> {
    using type = T;
};

/// The type of a member's value, whether the member is optional or not.
template <class T>
using bare = typename without_optional<std::remove_cv_t<T>>::type;

template <class Span>
using element = std::remove_cv_t<typename Span::element_type>;

template <class T>
[[nodiscard]] consteval form form_of() {
    if constexpr (std::is_same_v<T, bool>)
        return form::boolean;
    else if constexpr (std::is_floating_point_v<T>)
        return form::real;
    else if constexpr (std::is_integral_v<T>)
        return std::is_unsigned_v<T> ? form::unsigned_number : form::signed_number;
    else if constexpr (std::is_same_v<T, common::nanoseconds>)
        return form::seconds;
    else if constexpr (std::is_same_v<T, common::timestamp>)
        return form::time;
    else if constexpr (std::is_same_v<T, std::string_view>)
        return form::text;
    else if constexpr (std::is_same_v<T, wire>)
        return form::wire;
    else if constexpr (std::is_same_v<T, common::ip_address>)
        return form::address;
    else if constexpr (std::is_enum_v<T>)
        return form::word;
    else if constexpr (is_code<T>)
        return form::code;
    else if constexpr (std::is_same_v<T, header_object>)
        return form::headers;
    else if constexpr (std::is_same_v<T, header_list>)
        return form::header_list;
    else if constexpr (std::is_same_v<T, tally_object>)
        return form::tallies;
    else if constexpr (std::is_same_v<T, value>)
        return form::value;
    else if constexpr (std::is_same_v<T, value_object>)
        return form::members;
    else if constexpr (is_span<T>)
        return form::list;
    else {
        static_assert(has_fields<T>, "no event can hold this type");
        return form::object;
    }
}

/// Which forms have an empty value, so that a row may leave it out; a member of another one is made optional.
template <class T>
inline constexpr bool may_be_empty = [] {
    constexpr form f = form_of<T>();
    return f == form::boolean || f == form::text || f == form::wire || f == form::list || f == form::members;
}();

template <class T>
[[nodiscard]] constexpr bool is_empty(const T& v) noexcept {
    constexpr form f = form_of<T>();
    if constexpr (f == form::boolean)
        return !v;
    else if constexpr (f == form::text || f == form::list)
        return v.empty();
    else if constexpr (f == form::wire)
        return v.bytes.empty();
    else if constexpr (f == form::members)
        return v.size == 0;
    else
        return false;
}

template <class T>
inline constexpr std::size_t field_count = std::tuple_size_v<decltype(T::fields())>;

/// Calls f(row) for each row of T's table, in order.
template <has_fields T, class F>
constexpr void for_each_row(F&& f) {
    std::apply([&](const auto&... row) { (f(row), ...); }, T::fields());
}

/// The type of the member that a row of T's table stands for.
template <class T, class Row>
using member_type = std::remove_cvref_t<decltype(std::declval<const T&>().*std::declval<Row>().member)>;

/// False where a struct holds itself, however deep: its schema would never end. A value nests instead.
template <class T, class... Around>
[[nodiscard]] consteval bool is_finite() {
    if constexpr (form_of<T>() == form::list)
        return is_finite<bare<element<T>>, Around...>();
    else if constexpr (form_of<T>() != form::object)
        return true;
    else if constexpr ((std::is_same_v<T, Around> || ...))
        return false;
    else
        return std::apply(
            [](const auto&... row) {
                return (is_finite<bare<member_type<T, decltype(row)>>, T, Around...>() && ...);
            },
            T::fields());
}

/// Calls f(row, value) for each member that applies.
template <has_fields T, class F>
constexpr void for_each_member(const T& object, F&& f) {
    for_each_row<T>([&](const auto& row) {
        const auto& member = object.*row.member;
        if constexpr (is_optional<std::remove_cvref_t<decltype(member)>>) {
            if (member) f(row, *member);
        } else {
            if (row.policy == leave_out::never || !is_empty(member)) f(row, member);
        }
    });
}

} // namespace weir::event
