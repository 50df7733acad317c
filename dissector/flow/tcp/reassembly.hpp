// One direction of a connection as a stream of bytes: in-order bytes pass through without a copy, what comes
// before its time is held, and what never comes becomes a gap. Offsets are 64 bits and start at 0 with the
// first byte after the SYN, or with the first byte seen.
//
// Must never hold more than its limits say, and never hand out a byte twice: the first copy wins.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "flow/environment.hpp"

namespace weir::flow::tcp {

/// Where in a stream a segment lies, and what of it was captured.
struct placed {
    std::uint64_t offset = 0;
    std::uint64_t length = 0; ///< on the wire
    common::bytes_view data;  ///< a prefix of it
    common::timestamp ts;
    std::uint64_t packet = 0;
    std::optional<std::uint64_t> acked;
};

/// What a segment brought.
struct arrival {
    std::uint64_t fresh = 0;    ///< bytes not seen before
    bool repeated = false;      ///< it had payload, and none of it was new
    bool early = false;         ///< bytes before it are missing so far
    bool differs = false;       ///< it repeats held bytes with another content
    bool limit_reached = false; ///< part of it found no room: give up the first hole and take it again
};

class reassembly {
public:
    /// Receives what becomes deliverable, in order. An implementation must not call back into this object.
    class reader {
    public:
        virtual void deliver(const placed& piece) = 0;
        virtual void missing(std::uint64_t offset, std::uint64_t length, event::missing_cause cause,
                             common::timestamp ts) = 0;
        /// Bytes from `offset` on came twice: `first` is kept, `second` is another content.
        virtual void differing(std::uint64_t offset, common::bytes_view first, common::bytes_view second) = 0;

    protected:
        ~reader() = default;
    };

    /// Offset of the next byte to deliver.
    [[nodiscard]] std::uint64_t next() const noexcept { return next_; }
    [[nodiscard]] bool holds_anything() const noexcept { return held_ != nullptr; }
    [[nodiscard]] std::size_t held_bytes() const noexcept { return held_ ? held_->bytes : 0; }
    /// End of the last byte that was seen or given up.
    [[nodiscard]] std::uint64_t end() const noexcept { return held_ ? held_->pieces.back().end() : next_; }
    /// First offset that is held; precondition: holds_anything().
    [[nodiscard]] std::uint64_t first_held() const noexcept { return held_->pieces.front().offset; }
    /// When it was captured; precondition: holds_anything().
    [[nodiscard]] common::timestamp first_held_at() const noexcept { return held_->pieces.front().ts; }

    /// Takes a segment, delivers what is in order now. `beside` is what the other direction holds.
    arrival take(const placed& segment, const limits& l, held_budget& budget, reader& to,
                 std::size_t beside = 0);

    /// Gives up the bytes up to `offset`, then delivers what is in order behind them.
    void give_up(std::uint64_t offset, event::missing_cause cause, common::timestamp ts, held_budget& budget,
                 reader& to);

    /// Lets go of what is held from `offset` on, where the stream ends: it is not delivered. Returns how many
    /// bytes that is.
    std::uint64_t cut(std::uint64_t offset, held_budget& budget) noexcept;

private:
    struct held {
        std::uint64_t offset;
        std::uint64_t length;
        std::vector<std::uint8_t> data;
        common::timestamp ts;
        std::uint64_t packet;
        std::optional<std::uint64_t> acked;
        [[nodiscard]] std::uint64_t end() const noexcept { return offset + length; }
    };

    /// While there is a hole; few streams have one.
    struct store {
        std::vector<held> pieces; ///< by offset, not overlapping
        std::size_t bytes = 0;    ///< of all of them
    };

    void pass(const placed& piece, reader& to);
    void drain(held_budget& budget, reader& to);
    arrival hold(const placed& segment, const limits& l, held_budget& budget, reader& to, std::size_t beside);
    /// The first held piece that ends after `offset`; precondition: holds_anything().
    [[nodiscard]] std::vector<held>::iterator ending_after(std::uint64_t offset) noexcept;
    [[nodiscard]] static bool differs(const held& h, const placed& again, std::uint64_t from,
                                      std::uint64_t to, reader& told);
    void release(const held& h, held_budget& budget) noexcept;

    std::uint64_t next_ = 0;
    std::unique_ptr<store> held_; ///< never empty
};

} // namespace weir::flow::tcp
