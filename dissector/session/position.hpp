// Where in the capture the bytes at hand are; every note says so.
#pragma once

#include <cstdint>
#include <optional>

#include "flow/stream.hpp"

namespace weir::session {

struct position {
    std::uint64_t offset = 0; ///< in the side's stream
    common::timestamp ts;
    std::optional<std::uint64_t> packet = {}; ///< nothing where no packet brought it: a hole, an end
    /// Bytes of the other side's stream that the sender had acknowledged, where that is known.
    std::optional<std::uint64_t> acked = {};
};

/// The place `skipped` bytes into a chunk.
[[nodiscard]] inline position place_in(const flow::chunk& c, std::size_t skipped = 0) noexcept {
    return {c.offset + skipped, c.ts, c.packet, c.acked};
}

} // namespace weir::session
