// Single JSON values: strings from the wire, header objects, addresses. What a value may hold decides its
// form here; json.cpp walks the field tables.
#pragma once

#include "event/field.hpp"
#include "event/line_buffer.hpp"

namespace weir::event {

/// A JSON string where the bytes are valid UTF-8, {"base64":"..."} where not.
void put_wire(line_buffer& out, std::string_view bytes);

/// {"name":"value","repeated":["a","b"]}: lower-case names, bytes that are no token characters as %XX.
void put_header_object(line_buffer& out, std::span<const header> list);

/// [["Name","value"],...] as sent.
void put_header_list(line_buffer& out, std::span<const header> list);

void put_ip(line_buffer& out, const common::ip_address& a);

/// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

} // namespace weir::event
