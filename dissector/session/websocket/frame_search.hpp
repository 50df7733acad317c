// Where frames go on behind a hole: a chain of headers each of which stands where the one before it ends.
// What speaks for a chain is counted in bits, by how rarely other bytes look so; only what cannot well be
// chance is believed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/bytes.hpp"

namespace weir::session::websocket {

/// What frames of this side look like.
struct frame_likeness {
    bool is_masked = false;
    std::uint8_t allowed_reserved = 0; ///< bits that an extension may set
    std::uint64_t most_bytes = 0;      ///< limits::frame_bytes
};

/// A packet's share of the bytes that are searched.
struct packet_span {
    std::size_t begin = 0;
    std::size_t size = 0;
};

/// One in a million positions looks so by chance.
inline constexpr unsigned enough_evidence = 20;

/// How sure it is that a frame begins at `at`, in bits, where it need not be known above `enough`; nothing
/// where none does. `packets` cover `bytes`.
[[nodiscard]] std::optional<unsigned> evidence(common::bytes_view bytes, std::span<const packet_span> packets,
                                               std::size_t at, const frame_likeness& like,
                                               unsigned enough = enough_evidence) noexcept;

/// Looks for a frame in bytes that become more.
class frame_search {
public:
    void clear() noexcept {
        looked_ = 0;
        open_.clear();
    }
    /// Where a frame begins in `bytes`, which begin as they did when they were looked at last.
    [[nodiscard]] std::optional<std::size_t>
    look(common::bytes_view bytes, std::span<const packet_span> packets, const frame_likeness& like);

private:
    std::size_t looked_ = 0;
    std::vector<std::size_t> open_; ///< places below it where more bytes may tell
};

} // namespace weir::session::websocket
