// Events about UDP conversations, and the ICMP errors that quote a packet of a conversation or connection.
#pragma once

#include "event/tcp_events.hpp"

namespace weir::event {

struct udp_side {
    std::uint64_t packets = 0;
    std::uint64_t payload = 0;

    static constexpr auto fields() {
        return std::tuple{
            field{"packets", &udp_side::packets, "datagrams from this side"},
            field{"payload", &udp_side::payload, "UDP payload bytes on the wire"},
        };
    }
};

struct udp_close {
    static constexpr std::string_view name = "udp.close";
    static constexpr std::string_view when =
        "The conversation is over: it was idle for long, or the capture has ended.";
    static constexpr audience seen = audience::nobody;

    common::timestamp ts;
    connection_ref connection;
    common::timestamp start;
    common::nanoseconds duration;
    close_reason reason = close_reason::timeout;
    std::string_view service;
    std::span<const wire> interfaces;
    udp_side from_client;
    udp_side from_server;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &udp_close::ts, "last datagram plus the patience, or what else ended it"},
            field{"", &udp_close::connection, ""},
            field{"start", &udp_close::start, "first datagram"},
            field{"duration", &udp_close::duration, "first to last datagram, seconds"},
            field{"reason", &udp_close::reason, "what ended it"},
            field{"service", &udp_close::service, "the application protocol, where it is known",
                  leave_out::when_empty},
            field{"interfaces", &udp_close::interfaces,
                  "where its packets were seen, where that was at several (#N: which a Linux cooked capture "
                  "numbers); "
                  "the first eight",
                  leave_out::when_empty},
            field{"from_client", &udp_close::from_client, "what the client sent"},
            field{"from_server", &udp_close::from_server, "what the server sent"},
        };
    }
};

struct icmp_error {
    static constexpr std::string_view name = "icmp.error";
    static constexpr std::string_view when =
        "An ICMP or ICMPv6 error quotes a packet of a known connection or conversation.";
    static constexpr audience seen = audience::everybody;

    common::timestamp ts;
    connection_ref connection;
    std::string_view kind;
    std::uint32_t type = 0;
    std::uint32_t code = 0;
    std::optional<std::uint32_t> mtu;
    common::ip_address from;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &icmp_error::ts, "packet of the error"},
            field{"", &icmp_error::connection, ""},
            field{"kind", &icmp_error::kind, "type and code as a word: port_unreachable, ttl_exceeded …"},
            field{"type", &icmp_error::type, "of RFC 792 or, for ICMPv6, RFC 4443"},
            field{"code", &icmp_error::code, "depends on the type"},
            field{"mtu", &icmp_error::mtu, "bytes that would fit, where the error says so"},
            field{"from", &icmp_error::from, "who sent the error"},
        };
    }
};

} // namespace weir::event
