// Events as JSON lines (RFC 8259) in one reused buffer. Must never write a byte of the wire unescaped, nor a
// key that came from the wire, except header names.
#pragma once

#include <string>
#include <string_view>

#include "event/any_event.hpp"
#include "event/line_buffer.hpp"

namespace weir::event {

class json_writer {
public:
    /// Appends one object and "\n". Keys stand in the order of the field tables: ts, event, then the others.
    void append(const any_event& e);

    /// Appends whole lines that another writer made of the same events.
    void append(std::string_view lines) { out_.put(lines); }

    /// The whole lines appended since the last clear().
    [[nodiscard]] std::string_view lines() const noexcept { return out_.view(); }
    void clear() noexcept { out_.clear(); }

private:
    line_buffer out_;
};

/// JSON Schema (draft 2020-12) of every line, from the same field tables.
[[nodiscard]] std::string json_schema();

/// docs/events.md, from the same field tables.
[[nodiscard]] std::string markdown_reference();

} // namespace weir::event
