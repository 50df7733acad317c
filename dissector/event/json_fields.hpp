// Walks a field table and writes JSON. Every member is written with a comma before it; the comma of the first
// becomes the brace, so that nothing has to remember whether a member was left out.
#pragma once

#include "event/form.hpp"
#include "event/json_value.hpp"

namespace weir::event {

template <class Struct, std::size_t I>
inline constexpr auto key_text = [] {
    constexpr std::string_view name = std::get<I>(Struct::fields()).name;
    std::array<char, name.size() + 4> text{};
    text[0] = ',';
    text[1] = '"';
    for (std::size_t i = 0; i < name.size(); ++i) text[i + 2] = name[i];
    text[name.size() + 2] = '"';
    text[name.size() + 3] = ':';
    return text;
}();

template <class T>
void put_members(line_buffer& out, const T& object);
template <class T>
void put_object(line_buffer& out, const T& object);

template <class T>
void put_json(line_buffer& out, const T& v) {
    constexpr form f = form_of<bare<T>>();
    if constexpr (is_optional<T>) {
        if (v)
            put_json(out, *v);
        else
            out.put("null");
    } else if constexpr (f == form::boolean)
        out.put(v ? std::string_view("true") : std::string_view("false"));
    else if constexpr (f == form::unsigned_number)
        out.put_number(v);
    else if constexpr (f == form::signed_number)
        out.put_signed(v);
    else if constexpr (f == form::real)
        put_real(out, v);
    else if constexpr (f == form::seconds)
        out.put_seconds(v);
    else if constexpr (f == form::time) {
        out.put('"');
        out.put_time(v);
        out.put('"');
    } else if constexpr (f == form::text)
        put_text(out, v);
    else if constexpr (f == form::word)
        put_text(out, word(v));
    else if constexpr (f == form::wire)
        put_wire(out, v.bytes);
    else if constexpr (f == form::address)
        put_ip(out, v);
    else if constexpr (f == form::code)
        put_code(out, v.name(), T::names::unknown, v.number);
    else if constexpr (f == form::headers)
        put_header_object(out, v.list);
    else if constexpr (f == form::header_list)
        put_header_list(out, v.list);
    else if constexpr (f == form::tallies)
        put_tallies(out, v.list);
    else if constexpr (f == form::value || f == form::members)
        put_value(out, v);
    else if constexpr (f == form::list) {
        const std::size_t start = out.size();
        for (const auto& e : v) {
            out.put(',');
            put_json(out, e);
        }
        out.close_from(start, '[', ']');
    } else {
        static_assert(f == form::object, "this form has no JSON");
        put_object(out, v);
    }
}

template <class Struct, std::size_t I>
void put_member(line_buffer& out, const Struct& object) {
    constexpr auto row = std::get<I>(Struct::fields());
    const auto& member = object.*row.member;
    using member_t = std::remove_cvref_t<decltype(member)>;
    if constexpr (row.policy == leave_out::when_empty) {
        static_assert(may_be_empty<member_t>, "this form has no empty value");
        if (is_empty(member)) return;
    }
    const auto put = [&](const auto& v) {
        if constexpr (row.name.empty()) {
            put_members(out, v);
        } else {
            out.put(std::string_view(key_text<Struct, I>.data(), key_text<Struct, I>.size()));
            put_json(out, v);
        }
    };
    if constexpr (is_optional<member_t>) {
        if (member) put(*member);
    } else {
        put(member);
    }
}

template <class Struct, std::size_t From, std::size_t... I>
void put_members_from(line_buffer& out, const Struct& object, std::index_sequence<I...>) {
    (put_member<Struct, From + I>(out, object), ...);
}

/// The members of `object`, each with a comma before it: they stand in the object around them.
template <class T>
void put_members(line_buffer& out, const T& object) {
    if constexpr (form_of<T>() == form::members)
        put_value_members(out, object, 0);
    else
        put_members_from<T, 0>(out, object, std::make_index_sequence<field_count<T>>{});
}

template <class T>
void put_object(line_buffer& out, const T& object) {
    const std::size_t start = out.size();
    put_members(out, object);
    out.close_from(start, '{', '}');
}

/// One line: ts, event, then the other members.
template <is_event E>
void put_event(line_buffer& out, const E& e) {
    static_assert(std::get<0>(E::fields()).name == "ts", "an event begins with ts");
    const std::size_t start = out.size();
    put_members_from<E, 0>(out, e, std::index_sequence<0>{});
    out.put(",\"event\":\"");
    out.put(E::name);
    out.put('"');
    put_members_from<E, 1>(out, e, std::make_index_sequence<field_count<E> - 1>{});
    out.overwrite(start, '{');
    out.put("}\n");
}

} // namespace weir::event
