// One message, ping, pong or close frame while it is read, and as it is reported. Pooled with its
// conversation: clear() keeps the memory.
#pragma once

#include <string>

#include "event/websocket_events.hpp"
#include "session/coding/utf8.hpp"
#include "session/loss.hpp"
#include "session/position.hpp"
#include "session/websocket/anomalies.hpp"

namespace weir::session::websocket {

struct message {
    std::uint64_t number = 0; ///< from 1, over both sides; a close frame has none
    event::websocket_opcode kind = event::websocket_opcode::text;
    bool is_close = false;
    std::uint64_t frames = 0;
    bool is_compressed = false;
    bool is_decoded = true;      ///< size and data are known
    std::uint64_t wire_size = 0; ///< payload bytes that were seen
    std::uint64_t size = 0;      ///< the same, decompressed
    std::string data;
    bool is_cut = false; ///< data is
    utf8_check text;
    common::timestamp first, last; ///< packets of its first and last byte
    loss missing;
    bool is_whole = false;
    std::optional<event::ending> ended;
    findings notes;

    void clear(std::size_t buffer_kept) noexcept {
        if (data.capacity() > buffer_kept) data = {};
        data.clear();
        number = frames = wire_size = size = 0;
        is_close = is_compressed = is_cut = is_whole = false;
        is_decoded = true;
        text.clear();
        missing.clear();
        ended.reset();
        notes.clear();
    }
};

/// Hears of messages when they are over, whole or not.
class message_listener {
public:
    virtual void on_message(flow::side from, message& m, const position& where) = 0;

protected:
    ~message_listener() = default;
};

} // namespace weir::session::websocket
