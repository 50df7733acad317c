// What finding a session may cost one connection. What a protocol may hold stands in its own folder.
#pragma once

#include <cstddef>

namespace weir::session {

struct detection_limits {
    /// Bytes held of the beginning of one side while they do not say what is spoken: a TLS hello says it in
    /// 11, a DNS message in 300, a greeting and its answer in less.
    std::size_t held_bytes = 1024;
    /// Packets, holes and ends held of both sides together.
    std::size_t held_pieces = 128;
    /// Connections of which something is held at once; above it, bytes that do not say at once what they are
    /// say nothing. About 12 KiB each at most.
    std::size_t holding = 1024;
    /// Chunks of one side that are looked at before that side says nothing more about the protocol. It may
    /// begin after another (PROXY, SOCKS, a greeting), and a connection picked up in mid-stream may be inside
    /// a long body: then the other side has the next word.
    std::size_t probes = 32;
    std::size_t probes_midstream = 256;
    /// Sessions inside sessions: a proxy through a proxy through a proxy is rare, more is an attack.
    unsigned depth = 8;
};

} // namespace weir::session
