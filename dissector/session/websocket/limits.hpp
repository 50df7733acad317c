// What WebSocket may hold and do for one connection. Each limit is reachable in a test; reaching one is an
// anomaly event or `"truncated":true`.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::session::websocket {

struct limits {
    /// Bytes kept of one message without --bodies: what a line of output can hold.
    std::size_t message_bytes = 4096;
    /// A frame that says it is longer is taken for something else. Servers stop at 1 to 64 MiB, browsers send
    /// files in frames of any size.
    std::uint64_t frame_bytes = std::uint64_t{4} * 1024 * 1024 * 1024;
    /// Frames in a row whose reserved bits or opcode mean nothing, before their lengths are no longer
    /// believed.
    std::size_t illegal_frames = 4;
    /// Decompressed bytes of one message: bounds the time that it may take. Deflate cannot exceed 1032 for
    /// one.
    std::uint64_t decoded_bytes = 256 * 1024 * 1024;
    /// Bytes, and packets, held of one side while the next frame is looked for; then they are given up, and
    /// it is looked for anew.
    std::size_t held_bytes = 16 * 1024;
    std::size_t held_pieces = 256;
    /// Pings of one side that wait for their pong. Programs send one at a time.
    std::size_t pings = 64;
    /// A pooled buffer that has grown above this is freed when its message is over.
    std::size_t buffer_kept = 32 * 1024;
};

} // namespace weir::session::websocket
