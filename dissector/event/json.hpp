// Events as JSON lines (RFC 8259), appended to a buffer that is reused. Must never write a byte of the wire
// unescaped, nor a key that came from the wire but for header names.
#pragma once

#include <string>

#include "event/registry.hpp"

namespace weir::event {

/// Appends one object and "\n". Keys stand in the order of the field tables: ts, event, then the others.
void append_json_line(std::string& out, const any_event& e);

/// JSON Schema (draft 2020-12) of every line, from the same field tables.
[[nodiscard]] std::string json_schema();

/// docs/events.md, from the same field tables.
[[nodiscard]] std::string markdown_reference();

} // namespace weir::event
