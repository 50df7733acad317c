// The closed list of what WebSocket calls malformed. docs/anomalies.md holds the same rows; a test compares
// them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "session/anomaly.hpp"

namespace weir::session::websocket {

enum class anomaly : std::uint8_t {
    key_invalid,             ///< Sec-WebSocket-Key
    accept_invalid,          ///< Sec-WebSocket-Accept, or the answer to the challenge of hixie-76
    version_unknown,         ///< Sec-WebSocket-Version
    protocol_not_offered,    ///< Sec-WebSocket-Protocol of the server
    extension_not_offered,   ///< Sec-WebSocket-Extensions of the server
    extension_unknown,       ///< one that is not permessage-deflate
    extension_invalid,       ///< a parameter of permessage-deflate
    reserved_bits,           ///< RSV1 to RSV3
    opcode_unknown,          ///< 3 to 7 and 11 to 15
    mask_missing,            ///< of a frame of the client
    mask_unexpected,         ///< of a frame of the server
    length_not_minimal,      ///< in 16 or 64 bits
    length_invalid,          ///< above 2^63
    control_fragmented,      ///< a control frame without FIN
    control_too_long,        ///< above 125 bytes
    continuation_unexpected, ///< of nothing
    message_interrupted,     ///< by another that begins
    text_not_utf8,
    deflate_invalid, ///< what is compressed is no raw deflate
    close_invalid,   ///< one byte, or a code that may not be sent
    reason_not_utf8, ///< of a close frame
    data_after_close,
    message_cut_short, ///< by the end of the connection
    framing_lost,      ///< and not found again so far
    frame_limit,       ///< limits::frame_bytes
    illegal_limit,     ///< limits::illegal_frames
    decoded_limit,     ///< limits::decoded_bytes
    ping_limit,        ///< limits::pings
    last_ = ping_limit,
};

inline constexpr std::size_t anomaly_count = static_cast<std::size_t>(anomaly::last_) + 1;

/// In the order of the enumerators.
inline constexpr std::array<anomaly_row, anomaly_count> anomaly_table{{
    {"websocket.key_invalid", "Sec-WebSocket-Key is missing or not 16 bytes in Base64"},
    {"websocket.accept_invalid", "the server's answer to the client's key is missing or wrong; the streams "
                                 "were read as WebSocket all the "
                                 "same"},
    {"websocket.version_unknown",
     "the version is not 13, 8 or 7; frames of those below 7 differ and were not read"},
    {"websocket.protocol_not_offered", "the server chose a subprotocol that the client did not offer"},
    {"websocket.extension_not_offered", "the server chose an extension that the client did not offer"},
    {"websocket.extension_unknown",
     "the server chose an extension that is not permessage-deflate; payloads are shown as they are"},
    {"websocket.extension_invalid", "a parameter of permessage-deflate is unknown, repeated or out of range"},
    {"websocket.reserved_bits", "a frame has reserved bits set that mean nothing here"},
    {"websocket.opcode_unknown", "a frame has a reserved opcode; it was passed over"},
    {"websocket.mask_missing", "a frame of the client is not masked"},
    {"websocket.mask_unexpected", "a frame of the server is masked"},
    {"websocket.length_not_minimal", "the length of a frame takes more bytes than it needs"},
    {"websocket.length_invalid", "the length of a frame is above 2^63; the next frame was looked for"},
    {"websocket.control_fragmented", "a control frame is not final; it was taken as whole"},
    {"websocket.control_too_long", "a control frame is longer than 125 bytes"},
    {"websocket.continuation_unexpected", "a frame continues a message where none is open"},
    {"websocket.message_interrupted", "a message begins before the one before it has ended"},
    {"websocket.text_not_utf8", "a text message is not UTF-8"},
    {"websocket.deflate_invalid", "a compressed message cannot be decompressed"},
    {"websocket.close_invalid", "a close frame holds one byte, or a code that may not be sent"},
    {"websocket.reason_not_utf8", "the reason in a close frame is not UTF-8"},
    {"websocket.data_after_close", "bytes follow the close frame of their side; they were not read"},
    {"websocket.message_cut_short", "the connection ended inside a message or frame"},
    {"websocket.framing_lost",
     "behind a hole, or a frame that is none, the next frame was not found so far; it is looked for"},
    {"websocket.frame_limit", "a frame says it is longer than the limit; the next frame was looked for"},
    {"websocket.illegal_limit",
     "more frames in a row mean nothing than the limit; the next frame was looked for"},
    {"websocket.decoded_limit", "decompressing a message stopped at the limit"},
    {"websocket.ping_limit", "more pings wait for their pong than the limit; the oldest was forgotten"},
}};

[[nodiscard]] constexpr const anomaly_row& row(anomaly a) noexcept {
    return anomaly_table[static_cast<std::size_t>(a)];
}

using anomaly_set = session::anomaly_set<anomaly, anomaly_count>;

using findings = session::findings<anomaly, anomaly_count>;

} // namespace weir::session::websocket
