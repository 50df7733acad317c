// Both sides of a stream, held for somebody who is not known yet: each piece with its time and
// acknowledgement, in the order in which it came.
//
// Must never hold more than it was allowed; what did not fit is refused whole.
#pragma once

#include <variant>
#include <vector>

#include "flow/stream.hpp"

namespace weir::session {

class held_stream {
public:
    /// `bytes` of each side, `pieces` of both.
    void open(std::size_t bytes, std::size_t pieces) noexcept {
        most_bytes_ = bytes;
        most_pieces_ = pieces;
    }

    /// False where it does not fit.
    [[nodiscard]] bool hold(const flow::chunk& c);
    [[nodiscard]] bool hold(const flow::gap& g);
    [[nodiscard]] bool hold_end(flow::side from, common::timestamp ts);

    [[nodiscard]] bool empty() const noexcept { return pieces_.empty(); }
    /// All bytes of a side; lives until the next call that changes something.
    [[nodiscard]] std::string_view said(flow::side s) const noexcept;
    /// The same, and behind them the first of `more` that fit.
    [[nodiscard]] std::string_view said_with(flow::side s, common::bytes_view more);

    /// Forgets what a side said, and its holes and end.
    void forget(flow::side s) noexcept;
    void clear() noexcept;
    /// Says it all to `to`, in order, and forgets it.
    void replay(flow::stream_consumer& to);

private:
    struct end {
        flow::side from;
        common::timestamp ts;
    };
    /// Its data is empty: the bytes are the next `size` ones of its side.
    struct data {
        flow::chunk meta;
        std::size_t size;
    };
    using piece = std::variant<data, flow::gap, end>;

    static flow::side side_of(const piece& p) noexcept;

    std::size_t most_bytes_ = 0;
    std::size_t most_pieces_ = 0;
    std::array<std::vector<std::uint8_t>, 2> bytes_;
    std::array<std::size_t, 2> size_{}; ///< held of each side; behind them stands what said_with() was given
    std::vector<piece> pieces_;
};

} // namespace weir::session
