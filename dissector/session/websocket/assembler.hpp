// The messages of one side from the payloads of its frames: unmasked, put together, decompressed, cut at the
// limit (RFC 6455 section 5.4, RFC 7692 section 7.2). Must never hold more of a message than it reports.
#pragma once

#include <optional>
#include <vector>

#include "session/coding/raw_inflater.hpp"
#include "session/websocket/frame.hpp"
#include "session/websocket/limits.hpp"
#include "session/websocket/message.hpp"

namespace weir::session::websocket {

/// What is done with the payloads of a side.
struct assembly {
    bool is_wanted = true;    ///< somebody asked for messages
    bool is_deflated = false; ///< RSV1 says so of a message
    bool takes_over = false;  ///< a compressed message may refer to those before
    std::uint64_t keep = 0;   ///< bytes of each message
};

class assembler {
public:
    /// `scratch` is shared by those that work one after the other.
    assembler(const limits& most, std::vector<std::uint8_t>& scratch, message_listener& to) noexcept
        : most_(most)
        , scratch_(scratch)
        , to_(to) {}

    /// `numbers`: of the last message of either side.
    void open(flow::side from, const assembly& how, std::uint64_t& numbers) noexcept;
    void close() noexcept;

    /// A frame with a known opcode; what is wrong with it goes to notes().
    void begin_frame(const frame_header& h, const position& where);
    /// The next bytes of its payload, as they are on the wire.
    void payload(common::bytes_view bytes, const position& where);
    /// The next `n` bytes of it are missing.
    void skip(std::uint64_t n, const flow::gap& g) noexcept;
    void end_frame(const position& where);

    /// Of the message at hand.
    [[nodiscard]] findings& notes() noexcept { return now_->notes; }
    [[nodiscard]] bool is_inside() const noexcept { return is_open_ || now_ == &control_; }
    /// Where frames go on is not known: what is open is over, and the next message may be the rest of one.
    void lose(const flow::gap* g, const position& where);
    /// The side ends here.
    void finish(event::ending why, const position& where);

private:
    void begin_data(const frame_header& h, const position& where);
    void take(common::bytes_view plain, const position& where);
    void inflate(common::bytes_view in, const position& where);
    void give_up_inflating() noexcept;
    void end_inflating(const position& where);
    void keep(common::bytes_view plain);
    void end_message(message& m, bool is_whole, const position& where);

    const limits& most_;
    std::vector<std::uint8_t>& scratch_;
    message_listener& to_;
    flow::side from_ = flow::side::client;
    assembly how_;
    std::uint64_t* numbers_ = nullptr;
    raw_inflater inflater_;
    message data_, control_;
    message* now_ = nullptr; ///< whose frame is being read
    frame_header frame_;
    std::uint64_t at_ = 0;        ///< in the payload of the frame
    bool is_open_ = false;        ///< data_ is
    bool is_behind_loss_ = false; ///< the next data frame may continue what was lost
    bool needs_restart_ = false;  ///< of the inflater, before the next compressed message
    std::uint64_t history_ = 0;   ///< bytes that a message may refer to, where some were lost
    bool is_history_partial_ = false;
};

} // namespace weir::session::websocket
