// JSON of the wire for a person: a line for each element, behind a gutter that only weir writes. Must never
// change a token: numbers and strings stand as they were sent.
#pragma once

#include <string_view>

#include "output/text_writer.hpp"

namespace weir::output {

/// Whether `text` is a JSON object or array with something in it (RFC 8259).
[[nodiscard]] bool is_json_structure(std::string_view text);

/// Such a text, indented, each line behind `gutter`; at most `most_lines` of them, then how many are left
/// out.
void put_indented_json(text_writer& out, std::string_view text, std::string_view gutter,
                       std::size_t most_lines);

} // namespace weir::output
