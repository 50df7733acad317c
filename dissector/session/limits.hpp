// What finding a session may cost one connection.
#pragma once

#include <cstddef>

#include "session/http/limits.hpp"

namespace weir::session {

struct limits {
    /// Bytes of one side held while they are too few to tell the protocol: a method, a space and a little
    /// more.
    std::size_t held_bytes = 64;
    /// Chunks of one side that are looked at before the connection is ignored. A protocol may begin after
    /// another (PROXY, SOCKS, a greeting), and a connection picked up in mid-stream may be inside a long
    /// body.
    std::size_t probes = 32;
    std::size_t probes_midstream = 65'536;
    http::limits http;
};

} // namespace weir::session
