// Where the body of a message ends (RFC 9112 section 6.3). Ambiguity is noted together with the reading
// followed.
#pragma once

#include <cstdint>
#include <vector>

#include "session/coding/coding.hpp"
#include "session/http/message.hpp"

namespace weir::session::http {

enum class body_end : std::uint8_t {
    none, ///< there is no body
    length,
    chunked,
    connection, ///< the end of the connection ends it
    unclear,    ///< Transfer-Encoding does not end in chunked: the first line of the body tells whether it is
};

struct framing {
    body_end ends = body_end::none;
    std::uint64_t length = 0; ///< with `length`; with `chunked` what Content-Length said, if `has_length`
    bool has_length = false;
    bool denied = false; ///< the status says that there is no body: what follows tells whether there is
    bool may_answer_head = false; ///< what it answers was not seen
};

struct answered_request {
    bool is_head = false;
    bool is_connect = false;
};

[[nodiscard]] framing frame_request(message& m, const position& where);
/// `to` is what the response answers; a response whose request was not seen is taken for that of a GET.
[[nodiscard]] framing frame_response(message& m, answered_request to, const position& where);

/// Appends the content codings, then the transfer codings except chunked; "identity" is none. A name that is
/// oddly spelled counts as the one that it holds, and is noted.
void collect_codings(message& m, const position& where, std::vector<coding>& out);

} // namespace weir::session::http
