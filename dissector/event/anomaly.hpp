// Malformed or ambiguous input is data: this is its event.
#pragma once

#include "event/connection.hpp"

namespace weir::event {

struct anomaly {
    static constexpr std::string_view name = "anomaly";
    static constexpr std::string_view when = "Malformed or ambiguous input, or a limit was reached.";
    static constexpr audience seen = audience::everybody;

    std::optional<common::timestamp> ts;
    std::optional<connection_ref> connection;
    std::string_view code;
    std::string_view layer;
    std::optional<std::uint64_t> packet;
    std::optional<std::uint64_t> exchange;
    std::optional<event::side> side;
    std::uint64_t offset = 0;
    wire detail;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &anomaly::ts, "packet that showed it"},
            field{"", &anomaly::connection, ""},
            field{"code", &anomaly::code, "layer.what, a closed list (docs/anomalies.md)"},
            field{"layer", &anomaly::layer, "where it was found"},
            field{"packet", &anomaly::packet, "number of the packet in the capture, from 1"},
            field{"exchange", &anomaly::exchange, "number of the exchange in its connection"},
            field{"side", &anomaly::side, "who sent it"},
            field{"offset", &anomaly::offset,
                  "byte offset in the packet or, for a session, in the side's stream"},
            field{"detail", &anomaly::detail, "one sentence with the figures"},
        };
    }
};

} // namespace weir::event
