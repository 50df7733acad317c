// Events about TCP connections.
#pragma once

#include "event/connection.hpp"

namespace weir::event {

struct tcp_open {
    static constexpr std::string_view name = "tcp.open";
    static constexpr std::string_view when = "Third ACK of the handshake, or pick-up in mid-stream.";
    static constexpr audience seen = audience::nobody;

    common::timestamp ts;
    connection_ref connection;
    std::optional<common::nanoseconds> handshake;
    bool midstream = false;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &tcp_open::ts, "packet that opened it"},
            field{"", &tcp_open::connection, ""},
            field{"handshake", &tcp_open::handshake, "from SYN to the third ACK, seconds"},
            field{"midstream", &tcp_open::midstream, "true where the SYN was not seen",
                  leave_out::when_empty},
        };
    }
};

enum class close_reason : std::uint8_t { fin, reset, timeout, evicted, end_of_capture };
template <>
struct words<close_reason> {
    static constexpr std::array<std::string_view, 5> names{"fin", "reset", "timeout", "evicted",
                                                           "end_of_capture"};
};

struct tcp_side {
    std::uint64_t packets = 0;
    std::uint64_t payload = 0;
    std::uint64_t bytes = 0;
    std::uint64_t missing = 0;
    std::uint32_t retransmits = 0;
    std::uint32_t out_of_order = 0;
    std::uint32_t overlaps = 0;
    std::uint32_t zero_windows = 0;

    static constexpr auto fields() {
        return std::tuple{
            field{"packets", &tcp_side::packets, "TCP packets from this side"},
            field{"payload", &tcp_side::payload, "TCP payload bytes on the wire, repeats included"},
            field{"bytes", &tcp_side::bytes, "distinct stream bytes seen"},
            field{"missing", &tcp_side::missing, "stream bytes never seen"},
            field{"retransmits", &tcp_side::retransmits, "packets with only bytes that were seen before"},
            field{"out_of_order", &tcp_side::out_of_order,
                  "packets that came before bytes that precede them"},
            field{"overlaps", &tcp_side::overlaps, "packets that repeat bytes with a different content"},
            field{"zero_windows", &tcp_side::zero_windows, "times the receive window of this side closed"},
        };
    }
};

/// Who said that a SYN leads nowhere.
struct refusal {
    common::ip_address by;
    std::string_view how;

    static constexpr auto fields() {
        return std::tuple{
            field{"by", &refusal::by, "address of the end or router that said so"},
            field{"how", &refusal::how, "reset, or the kind of the ICMP error"},
        };
    }
};

struct tcp_close {
    static constexpr std::string_view name = "tcp.close";
    static constexpr std::string_view when = "The connection is over.";
    static constexpr audience seen = audience::everybody;

    common::timestamp ts;
    connection_ref connection;
    common::timestamp start;
    common::nanoseconds duration;
    std::optional<common::nanoseconds> handshake;
    close_reason reason = close_reason::fin;
    std::optional<side> by;
    std::string_view service;
    std::string_view state;
    std::string_view history;
    std::optional<std::uint32_t> tries;
    std::optional<refusal> refused;
    bool midstream = false;
    std::span<const wire> interfaces;
    tcp_side from_client;
    tcp_side from_server;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &tcp_close::ts,
                  "FIN or RST that ended it, last packet plus the patience, or what else ended it"},
            field{"", &tcp_close::connection, ""},
            field{"start", &tcp_close::start, "first packet of the connection"},
            field{"duration", &tcp_close::duration, "first to last packet of the connection, seconds"},
            field{"handshake", &tcp_close::handshake, "from SYN to the third ACK, seconds"},
            field{"reason", &tcp_close::reason, "what ended it"},
            field{"by", &tcp_close::by, "who sent the first FIN, or the RST"},
            field{"service", &tcp_close::service, "the protocol that was recognised: http",
                  leave_out::when_empty},
            field{"state", &tcp_close::state, "summary in Zeek's conn_state codes (S0, SF, RSTO, OTH, …)"},
            field{"history", &tcp_close::history,
                  "packets in Zeek's history letters; upper case is the client", leave_out::when_empty},
            field{"tries", &tcp_close::tries, "SYNs of the client, where none was answered by a SYN"},
            field{"refused", &tcp_close::refused, "who said that such a SYN leads nowhere"},
            field{"midstream", &tcp_close::midstream, "true where the SYN was not seen",
                  leave_out::when_empty},
            field{"interfaces", &tcp_close::interfaces,
                  "where its packets were seen, where that was at several (#N: which a Linux cooked capture "
                  "numbers); "
                  "the first eight",
                  leave_out::when_empty},
            field{"from_client", &tcp_close::from_client, "what the client sent"},
            field{"from_server", &tcp_close::from_server, "what the server sent"},
        };
    }
};

} // namespace weir::event
