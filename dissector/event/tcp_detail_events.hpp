// Events of what happens on a TCP connection between its opening and its close, all on request. Sequence
// numbers are those of the wire, offsets count the bytes of one side's stream from 0.
#pragma once

#include "event/code.hpp"
#include "event/loss.hpp"
#include "event/stalls.hpp"
#include "event/tcp_events.hpp"

namespace weir::event {

struct tcp_syn_retry {
    static constexpr std::string_view name = "tcp.syn_retry";
    static constexpr std::string_view when = "A SYN, or a SYN+ACK, was sent again.";
    static constexpr audience seen = audience::nobody;

    common::timestamp ts;
    connection_ref connection;
    event::side side = event::side::client;
    std::uint32_t seq = 0;
    std::uint32_t tries = 0;
    common::nanoseconds after;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &tcp_syn_retry::ts, "packet that repeats it"},
            field{"", &tcp_syn_retry::connection, ""},
            field{"side", &tcp_syn_retry::side, "who sent it"},
            field{"seq", &tcp_syn_retry::seq, "sequence number"},
            field{"tries", &tcp_syn_retry::tries, "how many times it was sent by now"},
            field{"after", &tcp_syn_retry::after, "since the last try, seconds"},
        };
    }
};

/// Why bytes are sent again, as far as the capture shows.
enum class retransmission : std::uint8_t { fast, timeout, spurious, unseen };
template <>
struct words<retransmission> {
    static constexpr std::array<std::string_view, 4> names{"fast", "timeout", "spurious", "unseen"};
};

struct tcp_retransmit {
    static constexpr std::string_view name = "tcp.retransmit";
    static constexpr std::string_view when = "Bytes, or a FIN, were sent again.";
    static constexpr audience seen = audience::nobody;

    common::timestamp ts;
    connection_ref connection;
    event::side side = event::side::client;
    std::uint32_t seq = 0;
    std::uint32_t length = 0;
    retransmission kind = retransmission::timeout;
    std::optional<common::nanoseconds> after;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &tcp_retransmit::ts, "packet that repeats them"},
            field{"", &tcp_retransmit::connection, ""},
            field{"side", &tcp_retransmit::side, "who sent it"},
            field{"seq", &tcp_retransmit::seq, "sequence number of the first byte"},
            field{"length", &tcp_retransmit::length, "bytes of payload; 0: a FIN alone"},
            field{"kind", &tcp_retransmit::kind,
                  "fast: the receiver had shown a loss by repeated or selective acknowledgements; timeout: "
                  "it had not; "
                  "spurious: all of it was acknowledged before; unseen: it was sent before too, but the "
                  "capture did not "
                  "see that"},
            field{"after", &tcp_retransmit::after, "since it was sent first, where that is known, seconds"},
        };
    }
};

struct tcp_out_of_order {
    static constexpr std::string_view name = "tcp.out_of_order";
    static constexpr std::string_view when = "A packet came before bytes that precede it.";
    static constexpr audience seen = audience::nobody;

    common::timestamp ts;
    connection_ref connection;
    event::side side = event::side::client;
    std::uint32_t seq = 0;
    std::uint32_t length = 0;
    std::uint64_t ahead = 0;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &tcp_out_of_order::ts, "the packet"},
            field{"", &tcp_out_of_order::connection, ""},
            field{"side", &tcp_out_of_order::side, "who sent it"},
            field{"seq", &tcp_out_of_order::seq, "sequence number of its first byte"},
            field{"length", &tcp_out_of_order::length, "bytes of payload"},
            field{"ahead", &tcp_out_of_order::ahead,
                  "how far behind the last byte in order it begins, bytes"},
        };
    }
};

struct tcp_gap {
    static constexpr std::string_view name = "tcp.gap";
    static constexpr std::string_view when = "Bytes are missing and will not be waited for any longer.";
    static constexpr audience seen = audience::nobody;

    common::timestamp ts;
    connection_ref connection;
    event::side side = event::side::client;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    missing_cause cause = missing_cause::upstream;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &tcp_gap::ts, "when they were given up"},
            field{"", &tcp_gap::connection, ""},
            field{"side", &tcp_gap::side, "who sent them"},
            field{"offset", &tcp_gap::offset, "of the first one in its stream"},
            field{"length", &tcp_gap::length, "how many"},
            field{"cause", &tcp_gap::cause, "why they are missing"},
        };
    }
};

struct tcp_overlap {
    static constexpr std::string_view name = "tcp.overlap";
    static constexpr std::string_view when =
        "Bytes came again with another content; the first copy was followed.";
    static constexpr audience seen = audience::nobody;

    common::timestamp ts;
    connection_ref connection;
    event::side side = event::side::client;
    std::uint64_t offset = 0;
    wire first;
    wire second;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &tcp_overlap::ts, "packet that brought them again"},
            field{"", &tcp_overlap::connection, ""},
            field{"side", &tcp_overlap::side, "who sent them"},
            field{"offset", &tcp_overlap::offset, "in its stream, of the first byte below"},
            field{"first", &tcp_overlap::first, "as they were followed, at most 64 bytes"},
            field{"second", &tcp_overlap::second, "as they came again"},
        };
    }
};

struct tcp_zero_window {
    static constexpr std::string_view name = "tcp.zero_window";
    static constexpr std::string_view when = "A receiver has no room left, or has room again.";
    static constexpr audience seen = audience::nobody;

    common::timestamp ts;
    connection_ref connection;
    event::side side = event::side::client;
    std::optional<common::nanoseconds> opened_after;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &tcp_zero_window::ts, "packet that said so"},
            field{"", &tcp_zero_window::connection, ""},
            field{"side", &tcp_zero_window::side, "whose receive window it is"},
            field{"opened_after", &tcp_zero_window::opened_after,
                  "it was closed that long and is open again, seconds"},
        };
    }
};

struct tcp_reset {
    static constexpr std::string_view name = "tcp.reset";
    static constexpr std::string_view when = "A RST was sent.";
    static constexpr audience seen = audience::nobody;

    common::timestamp ts;
    connection_ref connection;
    event::side side = event::side::client;
    std::uint32_t seq = 0;
    std::string_view state;
    bool ignored = false;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &tcp_reset::ts, "the packet"},
            field{"", &tcp_reset::connection, ""},
            field{"side", &tcp_reset::side, "from whose address and port it came"},
            field{"seq", &tcp_reset::seq, "sequence number"},
            field{"state", &tcp_reset::state,
                  "of the connection when it came: opening, picked_up (no SYN was seen), established, "
                  "closing (both "
                  "FINs were sent), over"},
            field{"ignored", &tcp_reset::ignored,
                  "it ended nothing: outside of the window, or the connection was over",
                  leave_out::when_empty},
        };
    }
};

struct tcp_data {
    static constexpr std::string_view name = "tcp.data";
    static constexpr std::string_view when = "Bytes of one side are in order, or will never be seen.";
    static constexpr audience seen = audience::nobody;

    common::timestamp ts;
    connection_ref connection;
    event::side side = event::side::client;
    std::uint64_t offset = 0;
    wire data;
    std::optional<std::uint64_t> missing;
    std::optional<missing_cause> cause;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &tcp_data::ts, "packet that carried them, or when they were given up"},
            field{"", &tcp_data::connection, ""},
            field{"side", &tcp_data::side, "who sent them"},
            field{"offset", &tcp_data::offset, "of the first one in its stream"},
            field{"data", &tcp_data::data, "the bytes", leave_out::when_empty},
            field{"missing", &tcp_data::missing, "how many are missing here, instead of data"},
            field{"cause", &tcp_data::cause, "why they are missing"},
        };
    }
};

struct round_trips {
    std::uint64_t samples = 0;
    common::nanoseconds min;
    common::nanoseconds mean;
    common::nanoseconds max;

    static constexpr auto fields() {
        return std::tuple{
            field{"samples", &round_trips::samples, "how many were measured"},
            field{"min", &round_trips::min, "seconds"},
            field{"mean", &round_trips::mean, "seconds"},
            field{"max", &round_trips::max, "seconds"},
        };
    }
};

struct retransmission_counts {
    std::uint64_t fast = 0, timeout = 0, spurious = 0, unseen = 0;

    static constexpr auto fields() {
        return std::tuple{
            field{"fast", &retransmission_counts::fast, "as in tcp.retransmit"},
            field{"timeout", &retransmission_counts::timeout, "as in tcp.retransmit"},
            field{"spurious", &retransmission_counts::spurious, "as in tcp.retransmit"},
            field{"unseen", &retransmission_counts::unseen, "as in tcp.retransmit"},
        };
    }
};

/// Option kinds (IANA, "TCP Option Kind Numbers").
struct tcp_option_kinds {
    static constexpr std::array<named_code, 9> table{{{2, "mss"},
                                                      {3, "window_scale"},
                                                      {4, "sack_permitted"},
                                                      {8, "timestamps"},
                                                      {19, "md5"},
                                                      {28, "user_timeout"},
                                                      {29, "authentication"},
                                                      {30, "mptcp"},
                                                      {34, "fast_open"}}};
    static constexpr std::string_view unknown = "option_";
};

struct tcp_sender {
    std::span<const code<tcp_option_kinds>> options;
    std::optional<std::uint16_t> mss;
    std::optional<std::uint8_t> window_scale;
    std::optional<round_trips> by_acknowledgement;
    std::optional<round_trips> by_timestamps;
    std::uint64_t in_flight = 0;
    retransmission_counts retransmits;
    std::uint64_t reordered = 0;
    tcp_stalls stalled;

    static constexpr auto fields() {
        return std::tuple{
            field{"options", &tcp_sender::options, "offered in its SYN, in their order",
                  leave_out::when_empty},
            field{"mss", &tcp_sender::mss, "largest segment that it takes, from its SYN"},
            field{"window_scale", &tcp_sender::window_scale,
                  "bits by which its window is shifted where both offer it, from its SYN"},
            field{"rtt_ack", &tcp_sender::by_acknowledgement,
                  "from its bytes to their acknowledgement, at the place of the capture; bytes that were "
                  "sent twice are "
                  "left out (Karn)"},
            field{"rtt_timestamps", &tcp_sender::by_timestamps,
                  "the same by time stamps and their echoes (RFC 7323)"},
            field{"in_flight", &tcp_sender::in_flight, "most bytes that were sent and not acknowledged"},
            field{"retransmits", &tcp_sender::retransmits, "by kind"},
            field{"reordered", &tcp_sender::reordered, "packets that were overtaken, rather than sent again"},
            field{"stalled", &tcp_sender::stalled, "how long it did not send, by what held it up"},
        };
    }
};

struct tcp_stats {
    static constexpr std::string_view name = "tcp.stats";
    static constexpr std::string_view when = "The connection is over; just before its tcp.close.";
    static constexpr audience seen = audience::nobody;

    common::timestamp ts;
    connection_ref connection;
    tcp_sender client;
    tcp_sender server;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &tcp_stats::ts, "as in tcp.close"},
            field{"", &tcp_stats::connection, ""},
            field{"from_client", &tcp_stats::client, "the client as a sender"},
            field{"from_server", &tcp_stats::server, "the server as a sender"},
        };
    }
};

} // namespace weir::event
