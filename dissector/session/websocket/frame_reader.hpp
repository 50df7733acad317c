// Reads the frames of one side (RFC 6455 section 5). A hole inside a payload is counted; behind one that took
// a header, or a frame that is none, the next chain of frames is looked for.
#pragma once

#include <array>
#include <vector>

#include "session/held_stream.hpp"
#include "session/websocket/assembler.hpp"
#include "session/websocket/frame_search.hpp"
#include "session/websocket/side_reader.hpp"

namespace weir::session::websocket {

class frame_reader final : public side_reader {
public:
    frame_reader(const limits& most, assembler& to) noexcept
        : most_(most)
        , to_(to) {}

    /// `like`: the frames of this side; `searching`: what comes first may be in the middle of one.
    void open(flow::side from, const frame_likeness& like, bool searching) noexcept;
    void close() noexcept;

    void on_data(const flow::chunk& c) override;
    void on_gap(const flow::gap& g) override;
    void finish(event::ending why, const position& where) override;

private:
    /// What comes next.
    enum class state : std::uint8_t {
        header,    ///< of a frame
        payload,   ///< of a frame
        searching, ///< a frame may begin anywhere
        closed,    ///< nothing: the side has said close
        ignoring,  ///< what is not read
    };

    void read(const flow::chunk& c);
    void read_header_bytes(common::bytes_view& data, const position& where);
    void begin_frame(const frame_header& h, const position& where);
    void read_payload(common::bytes_view& data, const position& where);
    void end_frame(const position& where);
    [[nodiscard]] bool is_believed(const frame_header& h, const position& where);
    void note_oddities(const frame_header& h, const position& where);
    [[nodiscard]] std::uint8_t allowed_bits(const frame_header& h) const noexcept;
    void lose(const flow::gap* g, const position& where);
    [[nodiscard]] common::bytes_view search(const flow::chunk& c);
    [[nodiscard]] common::bytes_view search_alone(const flow::chunk& c);
    void go_on_from(std::size_t at);
    void give_up_held() noexcept;

    const limits& most_;
    assembler& to_;
    flow::side from_ = flow::side::client;
    frame_likeness like_;
    state state_ = state::header;
    std::array<std::uint8_t, header_bytes> held_header_{};
    std::size_t header_size_ = 0; ///< of held_header_
    frame_header frame_;
    std::uint64_t remaining_ = 0; ///< of the payload
    std::size_t illegal_ = 0;     ///< frames in a row that mean nothing
    bool is_passed_over_ = false; ///< the frame at hand is none that we know
    held_stream held_, replayed_; ///< while searching
    frame_search search_;
    std::vector<packet_span> packets_; ///< of held_
    bool is_replaying_ = false;
};

} // namespace weir::session::websocket
