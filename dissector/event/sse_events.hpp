// Events about server-sent events (WHATWG HTML, section 9.2).
#pragma once

#include "event/connection.hpp"

namespace weir::event {

struct http_sse {
    static constexpr std::string_view name = "http.sse";
    static constexpr std::string_view when = "A server-sent event is whole, or its end will never be seen.";
    static constexpr audience seen = audience::everybody;

    common::timestamp ts;
    connection_ref connection;
    std::uint64_t exchange = 0;
    std::uint64_t number = 0;
    wire type;
    std::optional<wire> id;
    std::optional<std::uint64_t> retry;
    std::uint64_t size = 0;
    std::optional<wire> data;
    bool truncated = false;
    std::optional<std::uint64_t> comments;
    std::optional<bool> complete;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &http_sse::ts, "packet that carried its last byte"},
            field{"", &http_sse::connection, ""},
            field{"exchange", &http_sse::exchange, "number of the exchange in whose response it came"},
            field{"number", &http_sse::number, "number of the event in that response, from 1"},
            field{"type", &http_sse::type, "the field event, or \"message\""},
            field{"id", &http_sse::id, "the field id, where this event has one"},
            field{"retry", &http_sse::retry, "the field retry: milliseconds before the client asks again"},
            field{"size", &http_sse::size, "bytes of data"},
            field{
                "data", &http_sse::data,
                "the lines of the field data, up to 4096 bytes (--bodies keeps more); absent where there is "
                "none: then a browser dispatches no event"},
            field{"truncated", &http_sse::truncated, "something was cut at the limit", leave_out::when_empty},
            field{"comments", &http_sse::comments,
                  "comment lines since the event before, where there were any"},
            field{"complete", &http_sse::complete,
                  "false where its end did not come, or was lost: a browser dispatches no such event"},
        };
    }
};

} // namespace weir::event
