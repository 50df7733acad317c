// What HTTP may hold and do for one connection. Each limit is reachable in a test; reaching one is an anomaly
// event and degrades that message only.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::session::http {

struct limits {
    /// Bytes of one head, start line and fields (RFC 9112 section 2.1), and of one trailer section. Servers
    /// stop at 8 to 64 KiB; proxies that collect cookies send more.
    std::size_t head_bytes = 256 * 1024;
    /// Field lines kept of one message; those above are read for framing but not reported. Apache stops at
    /// 100.
    std::size_t fields = 1024;
    /// Bytes of one chunk size line with its extensions (RFC 9112 section 7.1.1).
    std::size_t chunk_line_bytes = 4096;
    /// Bytes where a response should begin that are kept, for they may be a body without a head (HTTP/0.9);
    /// whoever sends junk before a status line sends less.
    std::size_t junk_bytes = 64 * 1024;
    /// Exchanges of one connection that wait for their response. Browsers that pipelined sent 8, load
    /// generators 64.
    std::size_t waiting = 1024;
    /// Bytes, and pieces, held behind a request that may end HTTP (CONNECT, Upgrade) until it is answered. A
    /// TLS hello that does not wait for the answer to CONNECT has some 2 KiB.
    std::size_t held_before_switch = 64 * 1024;
    std::size_t held_pieces = 128;
    /// Interim responses kept of one exchange; a 102 or 103 may be repeated, RFC 9110 section 15.2 sets no
    /// bound.
    std::size_t informational = 64;
    /// Content and transfer codings undone one after the other; more than one is rare, more than three
    /// unheard of.
    std::size_t codings = 5;
    /// Decoded bytes of one body, of which session::options say how many are kept: bounds the time one body
    /// may take.
    std::uint64_t decoded_bytes = 256 * 1024 * 1024;
    /// Decoded bytes for each encoded byte, once `decode_ratio_from` bytes came out. Deflate cannot exceed
    /// 1032.
    std::uint64_t decode_ratio = 1100;
    std::uint64_t decode_ratio_from = 1024 * 1024;
    /// Bytes kept of each field of a server-sent event without --bodies: what a line of output can hold.
    std::size_t sse_field_bytes = 4096;
    /// Bytes kept of all bodies at once, whatever is kept of each.
    std::uint64_t kept_bytes = 256 * 1024 * 1024;
    /// Fields of one form, as many as PHP takes; bytes of a name or value, and of all of them; bytes of the
    /// head of a part.
    std::size_t form_fields = 1000;
    std::size_t form_value_bytes = 4096;
    std::size_t form_bytes = 64 * 1024;
    std::size_t form_head_bytes = 8192;
    /// A pooled buffer that has grown above this is freed when its message is over.
    std::size_t buffer_kept = 32 * 1024;
};

} // namespace weir::session::http
