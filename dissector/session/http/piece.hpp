// Places in a text, by offset and size: they stay true when the text moves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::session::http {

struct piece {
    std::uint32_t at = 0;
    std::uint32_t size = 0;
};

[[nodiscard]] inline piece make_piece(std::size_t at, std::size_t size) noexcept {
    return {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(size)};
}

/// The place of `part`, which is a view into `whole`, where `whole` begins at `base`.
[[nodiscard]] inline piece piece_of(std::string_view whole, std::string_view part,
                                    std::size_t base) noexcept {
    return make_piece(base + static_cast<std::size_t>(part.data() - whole.data()), part.size());
}

/// What a start line holds, as places in it.
struct start_pieces {
    piece method, target, reason, version;
    std::optional<std::uint16_t> status;
};

} // namespace weir::session::http
