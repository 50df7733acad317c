// What every event of a TCP connection or UDP conversation says first: which one, and who its ends are.
#pragma once

#include <array>
#include <string_view>

#include "event/field.hpp"

namespace weir::event {

enum class side : std::uint8_t { client, server };
template <>
struct words<side> {
    static constexpr std::array<std::string_view, 2> names{"client", "server"};
};

[[nodiscard]] constexpr side other(side s) noexcept {
    return s == side::client ? side::server : side::client;
}
[[nodiscard]] constexpr std::size_t index(side s) noexcept { return static_cast<std::size_t>(s); }

struct endpoint {
    common::ip_address ip;
    std::uint16_t port = 0;
    wire name = {};

    static constexpr auto fields() {
        return std::tuple{
            field{"ip", &endpoint::ip, "IPv4 or IPv6 address"},
            field{"port", &endpoint::port, "TCP or UDP port"},
            field{"name", &endpoint::name,
                  "what the other end had asked DNS for when it was answered this address last; without "
                  "--no-names",
                  leave_out::when_empty},
        };
    }
};

/// Members of this struct stand directly in the event's object, not in an object of their own.
struct connection_ref {
    std::uint64_t conn = 0;
    std::string_view community_id;
    endpoint client;
    endpoint server;
    wire interface = {};

    static constexpr auto fields() {
        return std::tuple{
            field{"conn", &connection_ref::conn,
                  "number of the connection or UDP conversation, by first packet, from 1"},
            field{"community_id", &connection_ref::community_id, "Community ID v1"},
            field{"client", &connection_ref::client, "the end that opened the connection, or spoke first"},
            field{"server", &connection_ref::server, "the other end"},
            field{"interface", &connection_ref::interface,
                  "where its first packet was captured; in a capture on several interfaces",
                  leave_out::when_empty},
        };
    }
};

} // namespace weir::event
