// What Redis may hold and do for one connection. Each limit is reachable in a test; reaching one is an
// anomaly event or `"truncated":true`.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::session::redis {

struct limits {
    /// Arguments kept of a command and elements of each list of a reply, and bytes of each: what a line of
    /// output can hold. --bodies keeps as many bytes of each, and of all together, as it asks for.
    std::size_t elements = 16;
    std::size_t element_bytes = 256;
    /// With --bodies: above this an element costs more to keep than its bytes do.
    std::size_t elements_with_bodies = 65536;
    /// Values kept of one reply, all lists together: sixteen in sixteen, eight deep, would be 4 billion.
    std::size_t values = 1024;
    /// Lists in lists that are followed. Redis makes 9 at most (COMMAND DOCS), scripts may make more.
    std::size_t depth = 128;
    /// Bytes kept of one line: Redis stops at 64 KiB for an inline command (PROTO_INLINE_MAX_SIZE). A longer
    /// one is read to its end.
    std::size_t line_bytes = 64 * 1024;
    /// A bulk string that says it is longer is taken for something else. Redis stops at 512 MiB unless
    /// proto-max-bulk-len allows more.
    std::uint64_t bulk_bytes = std::uint64_t{4} * 1024 * 1024 * 1024;
    /// Elements that a list may say it has, as Redis and its clients (INT_MAX).
    std::uint64_t list_elements = 2'147'483'647;
    /// Commands of one connection that wait for their reply, of some 600 bytes each; above it the oldest is
    /// given up, as when `redis-cli --pipe` fills the sockets. And bytes kept of them, and of replies that
    /// wait for what asked for them.
    std::size_t waiting = 16'384;
    std::size_t waiting_bytes = 32 * 1024 * 1024;
    /// Strings in a row that are taken for the rest of a reply whose beginning was lost, and so not written:
    /// CONFIG GET * of Redis 7.4 has 472.
    std::size_t remnants = 1024;
    /// A pooled buffer that has grown above this is freed when its command is over.
    std::size_t buffer_kept = 4096;
};

} // namespace weir::session::redis
