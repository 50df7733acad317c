#include "session/http/sse_stream.hpp"

#include <limits>

#include "session/http/framing.hpp"

namespace weir::session::http {

void sse_stream::open(message& response, const limits& most, std::uint64_t keep, const position& where,
                      sse_listener& to) {
    number = 0;
    parser_.open(keep, to);
    codings_.clear();
    collect_codings(response, where, codings_);
    limits endless = most; // it goes on for days
    endless.decoded_bytes = std::numeric_limits<std::uint64_t>::max();
    decoded_.begin(codings_, response.notes, where, endless, {.keep = keep, .listener = this});
}

void sse_stream::feed(message& response, std::string_view bytes, const position& where) {
    decoded_.append(response.notes, bytes, where);
}

void sse_stream::on_decoded(std::string_view bytes, const position& where) { parser_.feed(bytes, where); }

void sse_stream::interrupt(const position& where) {
    if (!codings_.empty()) decoded_.interrupt();
    parser_.interrupt(where);
}

void sse_stream::finish(const position& where) { parser_.finish(where); }

} // namespace weir::session::http
