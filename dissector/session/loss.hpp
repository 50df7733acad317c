// Bytes that a session will never see, and the first hole that they were in: its cause may be known better
// later.
#pragma once

#include <cstdint>

#include "flow/stream.hpp"

namespace weir::session {

struct loss {
    std::uint64_t bytes = 0;
    std::uint64_t unframed = 0; ///< bytes behind it that were seen and cannot be told apart
    bool any = false;           ///< there was a hole, perhaps of unknown length
    flow::gap first;            ///< the first, where there was any

    void add(std::uint64_t n, const flow::gap& g) noexcept {
        if (!any) first = g;
        any = true;
        bytes += n;
    }
    /// Leaves `first` as it is: nobody reads it then, and it is cleared for every message.
    void clear() noexcept {
        bytes = unframed = 0;
        any = false;
    }
    /// The whole hole; where nobody knows its length, it is there and counts nothing.
    void add(const flow::gap& g) noexcept { add(g.length.value_or(0), g); }
};

} // namespace weir::session
