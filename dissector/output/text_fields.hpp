// The form at the terminal of an event that has none of its own: one line of its field table, "name=value".
// Values of the wire stand in quotes where they could be taken for ours, and are cut, with what was left out.
#pragma once

#include "event/form.hpp"
#include "output/text_writer.hpp"

namespace weir::output {

/// Longest text and longest list of a line that nobody designed.
inline constexpr std::size_t most_text = 256;
inline constexpr std::size_t most_elements = 16;

/// At most `most` bytes, and no character of UTF-8 cut in two.
[[nodiscard]] std::string_view cut_at_character(std::string_view bytes, std::size_t most) noexcept;
/// "+4 more"
void put_left_out(text_writer& out, std::size_t count);
/// Bytes of the wire, quoted where they hold what separates values.
void put_quoted(text_writer& out, std::string_view bytes);
/// Bytes of the wire, quoted whatever they are.
void put_in_quotes(text_writer& out, std::string_view bytes);
void put_text_value(text_writer& out, const event::value& v, std::size_t depth = 0);

/// `put` writes one element; at most most_elements of them.
template <class List, class Put>
void put_text_list(text_writer& out, const List& list, Put&& put) {
    std::size_t n = 0;
    out.put('[');
    for (const auto& e : list) {
        if (n > 0) out.put(' ');
        if (n == most_elements) {
            put_left_out(out, list.size() - n);
            break;
        }
        put(e);
        ++n;
    }
    out.put(']');
}

inline void put_key(text_writer& out, std::string_view name) {
    out.begin(colour::dim);
    out.put(name);
    out.put('=');
    out.end();
}

template <class T>
void put_text_members(text_writer& out, const T& object, bool& is_first);

template <class T>
void put_text_form(text_writer& out, const T& v) {
    using event::form;
    constexpr form f = event::form_of<event::bare<T>>();
    if constexpr (event::is_optional<T>) {
        if (v)
            put_text_form(out, *v);
        else
            out.put("null");
    } else if constexpr (f == form::boolean)
        out.put(v ? std::string_view("true") : std::string_view("false"));
    else if constexpr (f == form::unsigned_number)
        out.put_number(v);
    else if constexpr (f == form::signed_number)
        out.put_signed(v);
    else if constexpr (f == form::real)
        out.put_real(v);
    else if constexpr (f == form::seconds)
        out.took(v);
    else if constexpr (f == form::time)
        out.put_date(v);
    else if constexpr (f == form::text)
        out.put(v);
    else if constexpr (f == form::word)
        out.put(event::word(v));
    else if constexpr (f == form::wire)
        put_quoted(out, v.bytes);
    else if constexpr (f == form::address)
        out.put(common::to_string(v));
    else if constexpr (f == form::code) {
        if (v.name().empty()) {
            out.put(T::names::unknown);
            out.put_number(v.number);
        } else {
            out.put(v.name());
        }
    } else if constexpr (f == form::headers || f == form::header_list)
        put_text_list(out, v.list, [&](const event::header& h) {
            put_quoted(out, h.name);
            out.put('=');
            put_quoted(out, h.value);
        });
    else if constexpr (f == form::tallies)
        put_text_list(out, v.list, [&](const event::tally& t) {
            put_key(out, t.name);
            out.put_number(t.count);
        });
    else if constexpr (f == form::value)
        put_text_value(out, v);
    else if constexpr (f == form::members)
        put_text_value(out, {v});
    else if constexpr (f == form::list)
        put_text_list(out, v, [&](const auto& e) { put_text_form(out, e); });
    else {
        static_assert(f == form::object, "this form has no text");
        bool is_first = true;
        out.put('{');
        put_text_members(out, v, is_first);
        out.put('}');
    }
}

/// "name=value", a blank before it where it is not the first; the members of a nameless one stand here.
template <class Row, class T>
void put_text_member(text_writer& out, const Row& row, const T& v, bool& is_first) {
    if constexpr (event::form_of<T>() == event::form::object) {
        if (row.name.empty()) return put_text_members(out, v, is_first);
    }
    if (!is_first) out.put(' ');
    is_first = false;
    if (!row.name.empty()) put_key(out, row.name);
    put_text_form(out, v);
}

template <class T>
void put_text_members(text_writer& out, const T& object, bool& is_first) {
    event::for_each_member(object,
                           [&](const auto& row, const auto& v) { put_text_member(out, row, v, is_first); });
}

/// One line: time, connection, name, then the other members.
template <event::is_event E>
void put_text_event(text_writer& out, const E& e) {
    const auto is_time = [](const auto& row) { return row.name == "ts"; };
    event::for_each_member(e, [&](const auto& row, const auto& v) {
        using member = std::remove_cvref_t<decltype(v)>;
        if constexpr (std::is_same_v<member, common::timestamp>) {
            if (is_time(row)) out.time(v);
        } else if constexpr (std::is_same_v<member, event::connection_ref>) {
            out.ends(v, " - ");
        }
    });
    out.coloured(colour::bold, E::name);
    bool is_first = false;
    event::for_each_member(e, [&](const auto& row, const auto& v) {
        if constexpr (!std::is_same_v<std::remove_cvref_t<decltype(v)>, event::connection_ref>) {
            if (!is_time(row)) put_text_member(out, row, v, is_first);
        }
    });
    out.put('\n');
}

} // namespace weir::output
