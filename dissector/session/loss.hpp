// Bytes that a session will never see, and the first hole that they were in: its cause may be known better
// later.
#pragma once

#include <cstdint>

#include "flow/stream.hpp"

namespace weir::session {

struct loss {
    std::uint64_t bytes = 0;
    flow::gap first; ///< precondition of reading it: bytes > 0

    void add(std::uint64_t n, const flow::gap& g) noexcept {
        if (bytes == 0) first = g;
        bytes += n;
    }
};

} // namespace weir::session
