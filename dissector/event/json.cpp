// Walks the field tables. Every member is written with a comma before it; the comma of the first becomes the
// brace, so that nothing has to remember whether a member was left out.
#include "event/json.hpp"

#include "event/json_value.hpp"
#include "event/registry.hpp"

namespace weir::event {

namespace {

template <class Struct, std::size_t I>
constexpr auto key_text = [] {
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
bool is_empty(const T& v) {
    if constexpr (is_optional<T>)
        return !v.has_value();
    else if constexpr (is_span<T> || std::is_same_v<T, std::string_view>)
        return v.empty();
    else if constexpr (std::is_same_v<T, wire>)
        return v.bytes.empty();
    else if constexpr (std::is_same_v<T, bool>)
        return !v;
    else
        return false;
}

template <class T>
void put_members(line_buffer& out, const T& object);
template <class T>
void put_object(line_buffer& out, const T& object);

template <class T>
void put_value(line_buffer& out, const T& v) {
    if constexpr (std::is_same_v<T, bool>)
        out.put(v ? std::string_view("true") : std::string_view("false"));
    else if constexpr (std::is_unsigned_v<T>)
        out.put_number(v);
    else if constexpr (std::is_same_v<T, common::nanoseconds>)
        out.put_seconds(v);
    else if constexpr (std::is_same_v<T, common::timestamp>) {
        out.put('"');
        out.put_time(v);
        out.put('"');
    } else if constexpr (std::is_same_v<T, std::string_view>) {
        out.put('"');
        out.put(v);
        out.put('"');
    } else if constexpr (std::is_enum_v<T>) {
        put_value(out, word(v));
    } else if constexpr (std::is_same_v<T, wire>)
        put_wire(out, v.bytes);
    else if constexpr (std::is_same_v<T, common::ip_address>)
        put_ip(out, v);
    else if constexpr (std::is_same_v<T, header_object>)
        put_header_object(out, v.list);
    else if constexpr (std::is_same_v<T, header_list>)
        put_header_list(out, v.list);
    else if constexpr (std::is_same_v<T, tally_object>) {
        const std::size_t start = out.size();
        for (const tally& t : v.list) {
            if (t.count == 0) continue;
            out.put(",\"");
            out.put(t.name);
            out.put("\":");
            out.put_number(t.count);
        }
        if (out.size() == start)
            out.put('{');
        else
            out.overwrite(start, '{');
        out.put('}');
    } else if constexpr (is_span<T>) {
        const std::size_t start = out.size();
        for (const auto& element : v) {
            out.put(',');
            put_value(out, element);
        }
        if (out.size() == start)
            out.put('[');
        else
            out.overwrite(start, '[');
        out.put(']');
    } else {
        static_assert(has_fields<T>, "this type has no JSON form");
        put_object(out, v);
    }
}

template <class Struct, std::size_t I>
void put_member(line_buffer& out, const Struct& object) {
    constexpr auto row = std::get<I>(Struct::fields());
    const auto& value = object.*row.member;
    using value_type = std::remove_cvref_t<decltype(value)>;
    if constexpr (row.policy == leave_out::when_empty) {
        if (is_empty(value)) return;
    }
    if constexpr (is_optional<value_type>) {
        if (!value) return;
        if constexpr (row.name.empty()) {
            put_members(out, *value);
        } else {
            out.put(std::string_view(key_text<Struct, I>.data(), key_text<Struct, I>.size()));
            put_value(out, *value);
        }
    } else if constexpr (row.name.empty()) {
        put_members(out, value);
    } else {
        out.put(std::string_view(key_text<Struct, I>.data(), key_text<Struct, I>.size()));
        put_value(out, value);
    }
}

template <class Struct, std::size_t From, std::size_t... I>
void put_members_from(line_buffer& out, const Struct& object, std::index_sequence<I...>) {
    (put_member<Struct, From + I>(out, object), ...);
}

template <class T>
constexpr std::size_t field_count = std::tuple_size_v<decltype(T::fields())>;

template <class T>
void put_members(line_buffer& out, const T& object) {
    put_members_from<T, 0>(out, object, std::make_index_sequence<field_count<T>>{});
}

template <class T>
void put_object(line_buffer& out, const T& object) {
    const std::size_t start = out.size();
    put_members(out, object);
    if (out.size() == start)
        out.put('{');
    else
        out.overwrite(start, '{');
    out.put('}');
}

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

} // namespace

void json_writer::append(const any_event& e) {
    const auto put = [this](const auto& event) { put_event(out_, event); };
    registry::visit(e, put);
}

} // namespace weir::event
