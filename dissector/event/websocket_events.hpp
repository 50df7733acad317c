// Events about WebSocket connections and their messages (RFC 6455, RFC 7692).
#pragma once

#include "event/connection.hpp"
#include "event/loss.hpp"

namespace weir::event {

/// What permessage-deflate was agreed on (RFC 7692 section 7.1).
struct websocket_deflate {
    std::uint8_t client_window_bits = 15;
    std::uint8_t server_window_bits = 15;
    bool client_no_context_takeover = false;
    bool server_no_context_takeover = false;

    static constexpr auto fields() {
        return std::tuple{
            field{"client_window_bits", &websocket_deflate::client_window_bits,
                  "base-2 logarithm of the window of what the client compresses, 8 to 15"},
            field{"server_window_bits", &websocket_deflate::server_window_bits,
                  "the same of what the server compresses"},
            field{"client_no_context_takeover", &websocket_deflate::client_no_context_takeover,
                  "the client compresses each message alone", leave_out::when_empty},
            field{"server_no_context_takeover", &websocket_deflate::server_no_context_takeover,
                  "the server compresses each message alone", leave_out::when_empty},
        };
    }
};

struct websocket_open {
    static constexpr std::string_view name = "websocket.open";
    static constexpr std::string_view when =
        "An HTTP exchange led to WebSocket, or a connection was found in the middle of it.";
    static constexpr audience seen = audience::everybody;

    common::timestamp ts;
    connection_ref connection;
    std::optional<std::uint64_t> exchange;
    std::optional<wire> url;
    std::optional<wire> version;
    std::optional<wire> protocol;
    std::optional<wire> extensions;
    std::optional<websocket_deflate> deflate;
    bool midstream = false;
    std::span<const std::string_view> anomalies;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &websocket_open::ts,
                  "packet that completed the handshake, or showed the first frame"},
            field{"", &websocket_open::connection, ""},
            field{"exchange", &websocket_open::exchange,
                  "number of the http.exchange that led to it; absent where it was not seen"},
            field{"url", &websocket_open::url, "target URI, ws: or wss:, where a host is known"},
            field{"version", &websocket_open::version,
                  "Sec-WebSocket-Version as sent, or \"hixie-76\" for the draft that has none"},
            field{"protocol", &websocket_open::protocol, "the subprotocol that the server chose"},
            field{"extensions", &websocket_open::extensions, "the extensions that the server chose, as sent"},
            field{"deflate", &websocket_open::deflate, "what permessage-deflate was agreed on"},
            field{"midstream", &websocket_open::midstream, "the handshake was not seen",
                  leave_out::when_empty},
            field{"anomalies", &websocket_open::anomalies, "codes of what was wrong with the handshake",
                  leave_out::when_empty},
        };
    }
};

enum class websocket_opcode : std::uint8_t { continuation, text, binary, ping, pong };
template <>
struct words<websocket_opcode> {
    static constexpr std::array<std::string_view, 5> names{"continuation", "text", "binary", "ping", "pong"};
};

struct websocket_timing {
    std::optional<common::nanoseconds> receive;
    std::optional<common::nanoseconds> latency;

    static constexpr auto fields() {
        return std::tuple{
            field{"receive", &websocket_timing::receive,
                  "first to last byte, where the message came in several packets"},
            field{"latency", &websocket_timing::latency, "of a pong: since the ping that it answers"},
        };
    }
};

struct websocket_missing {
    std::optional<std::uint64_t> bytes;
    missing_cause cause = missing_cause::not_captured;

    static constexpr auto fields() {
        return std::tuple{
            field{"bytes", &websocket_missing::bytes,
                  "bytes that were not seen: of the message, and of what follows it where nobody can tell"},
            field{"cause", &websocket_missing::cause, "as in http.exchange"},
        };
    }
};

struct websocket_message {
    static constexpr std::string_view name = "websocket.message";
    static constexpr std::string_view when =
        "A message, ping or pong is whole, or its end will never be seen.";
    static constexpr audience seen = audience::everybody;

    common::timestamp ts;
    connection_ref connection;
    std::optional<std::uint64_t> exchange;
    std::uint64_t message = 0;
    event::side side = side::client;
    websocket_opcode opcode = websocket_opcode::text;
    std::uint64_t frames = 0;
    bool compressed = false;
    std::optional<std::uint64_t> size;
    std::optional<std::uint64_t> compressed_size;
    std::optional<wire> data;
    bool truncated = false;
    std::optional<websocket_timing> timing;
    std::optional<bool> complete;
    std::optional<ending> ended;
    std::optional<websocket_missing> missing;
    std::span<const std::string_view> anomalies;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &websocket_message::ts, "packet that completed it"},
            field{"", &websocket_message::connection, ""},
            field{"exchange", &websocket_message::exchange, "as in websocket.open"},
            field{"message", &websocket_message::message,
                  "number of the message, by first byte, from 1, over both sides"},
            field{"side", &websocket_message::side, "who sent it"},
            field{"opcode", &websocket_message::opcode,
                  "continuation: the rest of a message whose beginning was not seen"},
            field{"frames", &websocket_message::frames, "frames that it came in"},
            field{"compressed", &websocket_message::compressed, "it came compressed (permessage-deflate)",
                  leave_out::when_empty},
            field{"size", &websocket_message::size,
                  "payload bytes, decompressed; absent where they cannot be decompressed"},
            field{"compressed_size", &websocket_message::compressed_size,
                  "payload bytes on the wire, where they came compressed"},
            field{
                "data", &websocket_message::data,
                "the payload, decompressed, up to 4096 bytes (--bodies keeps more) or the first byte that is "
                "missing"},
            field{"truncated", &websocket_message::truncated, "data was cut at the limit",
                  leave_out::when_empty},
            field{"timing", &websocket_message::timing, "durations in seconds"},
            field{"complete", &websocket_message::complete,
                  "false where bytes are missing or the end did not come"},
            field{"ended", &websocket_message::ended, ending_description},
            field{"missing", &websocket_message::missing, "bytes that were not seen, and why"},
            field{"anomalies", &websocket_message::anomalies, "codes of what was malformed",
                  leave_out::when_empty},
        };
    }
};

struct websocket_close_frame {
    std::optional<std::uint16_t> code;
    std::optional<wire> reason;

    static constexpr auto fields() {
        return std::tuple{
            field{"code", &websocket_close_frame::code, "status code (RFC 6455 section 7.4)"},
            field{"reason", &websocket_close_frame::reason, "text behind the code"},
        };
    }
};

/// What one side said on the whole.
struct websocket_totals {
    std::uint64_t messages = 0;
    std::uint64_t pings = 0;
    std::uint64_t pongs = 0;
    std::uint64_t bytes = 0;
    std::uint64_t missing = 0;
    std::uint64_t unframed = 0;
    bool lost = false;

    static constexpr auto fields() {
        return std::tuple{
            field{"messages", &websocket_totals::messages, "data messages"},
            field{"pings", &websocket_totals::pings, "ping frames"},
            field{"pongs", &websocket_totals::pongs, "pong frames"},
            field{"bytes", &websocket_totals::bytes, "stream bytes that were seen, framing included"},
            field{"missing", &websocket_totals::missing, "stream bytes that were not seen"},
            field{"unframed", &websocket_totals::unframed,
                  "of bytes, those whose frames could not be told apart"},
            field{"lost", &websocket_totals::lost, "where the next frame begins was not found again",
                  leave_out::when_empty},
        };
    }
};

struct websocket_close {
    static constexpr std::string_view name = "websocket.close";
    static constexpr std::string_view when =
        "A WebSocket connection is over: both sides have said close, or its connection ended.";
    static constexpr audience seen = audience::everybody;

    common::timestamp ts;
    connection_ref connection;
    std::optional<std::uint64_t> exchange;
    std::optional<event::side> side;
    std::optional<std::uint16_t> code;
    std::optional<wire> reason;
    std::optional<websocket_close_frame> reply;
    bool clean = false;
    std::optional<ending> ended;
    common::nanoseconds duration;
    websocket_totals from_client;
    websocket_totals from_server;
    std::span<const std::string_view> anomalies;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &websocket_close::ts, "packet that ended it"},
            field{"", &websocket_close::connection, ""},
            field{"exchange", &websocket_close::exchange, "as in websocket.open"},
            field{"side", &websocket_close::side, "who sent the first close frame; absent where nobody did"},
            field{"code", &websocket_close::code,
                  "its status code (RFC 6455 section 7.4); absent where it has none"},
            field{"reason", &websocket_close::reason, "the text behind its code"},
            field{"reply", &websocket_close::reply, "the other side's close frame"},
            field{"clean", &websocket_close::clean, "both sides sent a close frame"},
            field{"ended", &websocket_close::ended,
                  "where it is not clean: why. closed: by a FIN; others as in "
                  "http.exchange"},
            field{"duration", &websocket_close::duration, "since websocket.open, seconds"},
            field{"from_client", &websocket_close::from_client, "what the client said"},
            field{"from_server", &websocket_close::from_server, "what the server said"},
            field{"anomalies", &websocket_close::anomalies, "codes of what was malformed outside messages",
                  leave_out::when_empty},
        };
    }
};

} // namespace weir::event
