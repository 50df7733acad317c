// Messages in one side of a stream: each has its length before it, in two bytes (RFC 1035 section 4.2.2).
// Survives missing bytes: a hole within a message cuts it and is counted; behind one that took a length with
// it, the next message is searched for.
//
// Must never believe a length that it found by searching before what follows looks like a message.
#pragma once

#include <vector>

#include "session/dns/exchange.hpp"
#include "session/dns/message.hpp"

namespace weir::session::dns {

class frame_reader {
public:
    /// Gets what was found. It must not call back.
    class receiver {
    public:
        virtual void on_message(side from, const sighting& m) = 0;
        /// Bytes that may have held whole messages will never be seen.
        virtual void on_lost(side from, const flow::gap& g) = 0;
        virtual void on_wrong(side from, anomaly what, const sighting& at) = 0;

    protected:
        ~receiver() = default;
    };

    /// `searching`: what comes first may be in the middle of a message.
    void open(side from, side asks, bool searching) noexcept;
    /// Gives back memory above `most` bytes.
    void close(std::size_t most) noexcept;

    void on_data(const flow::chunk& c, receiver& to);
    void on_gap(const flow::gap& g, receiver& to);
    /// Nothing follows: what is there of a message is all of it.
    void on_end(event::ending why, common::timestamp ts, receiver& to);

private:
    enum class state : std::uint8_t {
        reading,   ///< `held_` is the beginning of a message with its length, or empty
        skipping,  ///< `skip_` bytes belong to what was reported already
        searching, ///< `held_` may hold the beginning of a message
    };

    void read(const flow::chunk& c, receiver& to);
    void search(const flow::chunk& c, receiver& to);
    [[nodiscard]] likeness begins(common::bytes_view bytes) const noexcept;
    void begin_at(const flow::chunk& c, std::size_t skipped) noexcept;
    [[nodiscard]] std::size_t length() const noexcept { return common::load<std::uint16_t>(held_, 0); }
    /// The message that begins at the place of begin_at().
    [[nodiscard]] sighting message(common::bytes_view data, std::size_t length,
                                   common::timestamp last) const noexcept;
    void skip(std::size_t bytes) noexcept;
    void drop() noexcept { held_.clear(); }

    side from_ = side::client;
    bool is_asker_ = true;
    state state_ = state::reading;
    std::vector<std::uint8_t> held_;
    std::vector<std::uint8_t> found_; ///< by searching; kept for its memory
    std::uint64_t skip_ = 0;
    std::uint64_t begin_offset_ = 0; ///< of the first byte of `held_`, or of the message at hand
    common::timestamp begin_ts_;
    std::uint64_t begin_packet_ = 0;
    common::timestamp last_; ///< of what came last
};

} // namespace weir::session::dns
