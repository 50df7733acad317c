// Reads one side of WebSocket as it was before RFC 6455 (draft-hixie-thewebsocketprotocol-75 and -76): text
// between 0x00 and 0xff, and in -76 a challenge behind the heads. Behind a hole the next 0xff ends a text,
// for UTF-8 has no such byte.
#pragma once

#include <string>

#include "session/websocket/assembler.hpp"
#include "session/websocket/side_reader.hpp"

namespace weir::session::websocket {

class hixie_reader final : public side_reader {
public:
    explicit hixie_reader(assembler& to) noexcept
        : to_(to) {}

    /// `challenge_bytes`: what stands before the first frame.
    void open(std::size_t challenge_bytes) noexcept;

    void on_data(const flow::chunk& c) override;
    void on_gap(const flow::gap& g) override;
    void finish(event::ending why, const position& where) override;

    /// What stood before the first frame, once all of it was seen; else empty.
    [[nodiscard]] std::string_view challenge() const noexcept {
        return challenge_.size() == challenge_bytes_ ? std::string_view(challenge_) : std::string_view();
    }

private:
    enum class state : std::uint8_t {
        challenge,
        frame,     ///< its first byte
        text,      ///< up to 0xff
        length,    ///< of a frame that has one
        counted,   ///< the bytes of such a frame
        searching, ///< for the end of a text
        closed,
    };

    void read(common::bytes_view& data, const position& where);
    void begin_frame(std::uint8_t type, const position& where);
    void read_length(std::uint8_t digit, const position& where);
    void begin_message(bool is_text, const position& where);

    assembler& to_;
    state state_ = state::frame;
    std::size_t challenge_bytes_ = 0;
    std::string challenge_;
    std::uint8_t type_ = 0;
    std::uint64_t remaining_ = 0;
};

} // namespace weir::session::websocket
