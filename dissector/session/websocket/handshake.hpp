// What the two ends agreed on before the first frame (RFC 6455 section 4, RFC 7692 section 7.1), and the
// drafts before it that still turn up. Whatever is wrong with it is noted and followed all the same, for the
// frames show what the ends really speak.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "common/bytes.hpp"
#include "event/websocket_events.hpp"
#include "session/position.hpp"
#include "session/upgrade.hpp"
#include "session/websocket/anomalies.hpp"

namespace weir::session::websocket {

/// How frames are made.
enum class framing : std::uint8_t {
    rfc6455,
    hixie,      ///< draft-hixie-thewebsocketprotocol-75 and -76: text between 0x00 and 0xff
    unreadable, ///< of another draft
};

struct agreement {
    framing frames = framing::rfc6455;
    std::optional<std::uint64_t> exchange;
    std::string url, version, protocol, extensions; ///< empty where there is none
    std::optional<event::websocket_deflate> deflate;
    bool has_unknown_extension = false;
    /// hixie-76: the numbers of Sec-WebSocket-Key1 and -Key2, that the server signs.
    std::optional<std::array<std::uint8_t, 8>> challenge;
    findings notes;

    void clear() noexcept;
    /// Whether `answer` is what a server says to the challenge and the 8 bytes behind the client's head.
    [[nodiscard]] bool is_answered_by(common::bytes_view key3, common::bytes_view answer) const noexcept;
};

/// Reads it into `out`, which was cleared.
void read_handshake(const upgrade& by, const position& at, agreement& out);

} // namespace weir::session::websocket
