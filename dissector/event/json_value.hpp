// Single JSON values: strings from the wire, header objects, addresses, values that nest. json_fields.hpp
// walks the field tables.
#pragma once

#include "event/field.hpp"
#include "event/line_buffer.hpp"
#include "event/value.hpp"

namespace weir::event {

/// A JSON string where the bytes are valid UTF-8, {"base64":"..."} where not.
void put_wire(line_buffer& out, std::string_view bytes);

/// {"name":"value","repeated":["a","b"]}: lower-case names, bytes that are no token characters as %XX.
void put_header_object(line_buffer& out, std::span<const header> list);

/// [["Name","value"],...] as sent.
void put_header_list(line_buffer& out, std::span<const header> list);

void put_ip(line_buffer& out, const common::ip_address& a);

/// Characters of ours, which need no escape.
inline void put_text(line_buffer& out, std::string_view text) {
    out.put('"');
    out.put(text);
    out.put('"');
}

/// The name; where it has none, the number behind `unknown`, or alone where that is empty.
void put_code(line_buffer& out, std::string_view name, std::string_view unknown, std::uint32_t number);

/// {"name":1}: those that are zero are left out.
void put_tallies(line_buffer& out, std::span<const tally> list);

/// A number; "inf", "-inf" and "nan", which JSON lacks, are strings.
void put_real(line_buffer& out, double v);

/// `depth` lists stand around it.
void put_value(line_buffer& out, const value& v, std::size_t depth = 0);
void put_value(line_buffer& out, const value_object& v, std::size_t depth = 0);

/// The members of `v`, each with a comma before it.
void put_value_members(line_buffer& out, const value_object& v, std::size_t depth);

/// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

} // namespace weir::event
