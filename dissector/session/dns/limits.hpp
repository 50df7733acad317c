// What DNS may hold. Each limit is reachable in a test; reaching one is an anomaly event, and what is above
// it is left out.
#pragma once

#include <cstddef>

#include "common/timestamp.hpp"

namespace weir::session::dns {

struct limits {
    /// Queries of one conversation that wait for their response; above it the oldest is given up. Load
    /// generators keep 100 to 1,000 on a port, resolvers ask each from a port of its own.
    std::size_t waiting = 1024;
    /// Queries of one conversation that are remembered when they are over, so that a late or second response
    /// is known as such.
    std::size_t remembered = 64;
    /// A query that is not answered for this long is reported; a response after it is late. Resolvers give up
    /// after 5 to 10 s.
    common::nanoseconds patience{10 * common::nanoseconds_per_second};
    /// Questions kept of one message. Unicast has one, mDNS some ten.
    std::size_t questions = 256;
    /// Records kept of one message: as many as its 64 KiB can hold with addresses in them.
    std::size_t records = 4096;
    /// EDNS options kept of one message.
    std::size_t options = 64;
    /// Characters made of one message: compression makes 12 bytes 2,000, which is of use to nobody.
    std::size_t text = 1024 * 1024;
    /// A pooled buffer that has grown above this is freed when what it held is over.
    std::size_t buffer_kept = 32 * 1024;
};

} // namespace weir::session::dns
