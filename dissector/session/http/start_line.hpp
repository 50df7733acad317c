// Request lines and status lines (RFC 9112 sections 3 and 4): the well-formed ones fast, the others as far as
// their meaning is clear.
#pragma once

#include <string_view>

#include "session/http/anomalies.hpp"
#include "session/http/piece.hpp"

namespace weir::session::http {

/// How a start line is read, and where it stands.
struct line_reading {
    bool is_request = true;
    bool has_odd_control = false; ///< it holds control characters that it must not
    std::uint64_t offset = 0;     ///< in the side's stream
    const position& where;
};

/// False where the line is no start line.
[[nodiscard]] bool read_start_line(std::string_view line, const line_reading& how, start_pieces& out,
                                   findings& notes);

/// A head that ends within its first line: method and target, or version and status, as far as they are
/// there. False where they say nothing.
[[nodiscard]] bool read_cut_line(std::string_view text, bool is_request, start_pieces& out) noexcept;

/// "HTTP" "/" DIGIT "." DIGIT without the name; empty where `word` is no protocol version. Other names than
/// HTTP count too (RTSP/1.0, ICY): they are heads of the same form.
[[nodiscard]] std::string_view version_digits(std::string_view word) noexcept;

} // namespace weir::session::http
