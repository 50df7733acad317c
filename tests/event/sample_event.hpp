// An event that Weir does not write, with a member of every form: what field tables can say, and what a
// protocol to come will say (protocols.md: lists of records, replies that nest, layers of a packet). Must not
// be in the registry.
#pragma once

#include "event/connection.hpp"
#include "event/form.hpp"

namespace weir::event::test {

enum class colour : std::uint8_t { red, green };

} // namespace weir::event::test

template <>
struct weir::event::words<weir::event::test::colour> {
    static constexpr std::array<std::string_view, 2> names{"red", "green"};
};

namespace weir::event::test {

struct record_types {
    static constexpr std::array<named_code, 3> table{{{1, "A"}, {28, "AAAA"}, {255, "ANY"}}};
    static constexpr std::string_view unknown = "TYPE";
};

struct option_codes {
    static constexpr std::array<named_code, 2> table{{{3, "NSID"}, {10, "COOKIE"}}};
    static constexpr std::string_view unknown{};
};

struct record {
    wire name;
    code<record_types> type;
    std::optional<std::uint32_t> ttl;
    std::span<const std::uint16_t> ports;

    static constexpr auto fields() {
        return std::tuple{
            field{"name", &record::name, "presentation form"},
            field{"type", &record::type, "type of the record"},
            field{"ttl", &record::ttl, "seconds"},
            field{"ports", &record::ports, "numbers in a list in a list", leave_out::when_empty},
        };
    }
};

struct layer {
    std::string_view protocol;
    value_object members;

    static constexpr auto fields() {
        return std::tuple{
            field{"layer", &layer::protocol, "name of the header"},
            field{"", &layer::members, "its fields"},
        };
    }
};

struct sample {
    static constexpr std::string_view name = "test.sample";
    static constexpr std::string_view when = "Never.";
    static constexpr audience seen = audience::nobody;

    common::timestamp ts;
    connection_ref connection;
    std::optional<bool> flag;
    std::optional<std::int32_t> offset;
    std::int64_t balance = 0;
    std::optional<double> score;
    colour paint = colour::red;
    std::optional<code<option_codes>> option;
    std::span<const record> answers;
    std::span<const std::optional<wire>> parameters;
    std::optional<std::span<const std::span<const std::int8_t>>> matrix;
    std::optional<value> reply;
    std::span<const layer> layers;
    std::optional<record> one;
    value_object extra;
    wire note;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &sample::ts, "time"},
            field{"", &sample::connection, ""},
            field{"flag", &sample::flag, "may be false"},
            field{"offset", &sample::offset, "may be negative"},
            field{"balance", &sample::balance, "64 bits, signed"},
            field{"score", &sample::score, "real"},
            field{"paint", &sample::paint, "closed enumeration"},
            field{"option", &sample::option, "open enumeration"},
            field{"answers", &sample::answers, "list of objects"},
            field{"parameters", &sample::parameters, "list with nulls", leave_out::when_empty},
            field{"matrix", &sample::matrix, "list of lists"},
            field{"reply", &sample::reply, "recursive"},
            field{"layers", &sample::layers, "objects of different shape", leave_out::when_empty},
            field{"one", &sample::one, "nested object"},
            field{"extra", &sample::extra, "members of one shape or another", leave_out::when_empty},
            field{"note", &sample::note, "bytes", leave_out::when_empty},
        };
    }
};

} // namespace weir::event::test
