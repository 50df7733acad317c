// Events about Redis commands and what the server says unasked (RESP2, RESP3, inline commands).
#pragma once

#include "event/connection.hpp"
#include "event/loss.hpp"
#include "event/value.hpp"

namespace weir::event {

/// What a reply is, whatever the version of RESP.
enum class redis_type : std::uint8_t {
    simple_string,
    error,
    integer,
    bulk_string,
    array,
    null,
    map,
    set,
    real,
    boolean,
    big_number,
    verbatim_string,
    bulk_error,
};
template <>
struct words<redis_type> {
    static constexpr std::array<std::string_view, 13> names{
        "simple_string", "error",  "integer", "bulk_string", "array",           "null",      "map",
        "set",           "double", "boolean", "big_number",  "verbatim_string", "bulk_error"};
};

struct redis_reply {
    redis_type type = redis_type::null;
    std::optional<event::value> value;
    std::optional<event::value> attributes;
    std::uint64_t size = 0;
    bool truncated = false;

    static constexpr auto fields() {
        return std::tuple{
            field{"type", &redis_reply::type, "as on the wire; the null forms of RESP2 are null"},
            field{"value", &redis_reply::value,
                  "a string, number, boolean, array, or list of [key, value]; an error's text; secrets, and "
                  "behind a hole what may be one, are \"<redacted>\""},
            field{"attributes", &redis_reply::attributes, "list of [name, value] that RESP3 sent before it"},
            field{"size", &redis_reply::size, "bytes on the wire that were seen"},
            field{"truncated", &redis_reply::truncated,
                  "something of value was cut or left out: --bodies keeps more", leave_out::when_empty},
        };
    }
};

struct redis_timing {
    std::optional<common::nanoseconds> wait;
    std::optional<common::nanoseconds> unanswered;
    std::optional<common::nanoseconds> receive;

    static constexpr auto fields() {
        return std::tuple{
            field{"wait", &redis_timing::wait, "last byte of the command to first byte of its reply"},
            field{"unanswered", &redis_timing::unanswered,
                  "without a reply where one is due: last byte of the command to when it was given up"},
            field{"receive", &redis_timing::receive,
                  "first to last byte of its replies, where they came in several packets"},
        };
    }
};

enum class redis_part : std::uint8_t { command, reply };
template <>
struct words<redis_part> {
    static constexpr std::array<std::string_view, 2> names{"command", "reply"};
};

struct redis_missing {
    std::optional<std::uint64_t> command;
    std::optional<std::uint64_t> reply;
    std::optional<redis_part> lost;
    missing_cause cause = missing_cause::not_captured;

    static constexpr auto fields() {
        return std::tuple{
            field{"command", &redis_missing::command, "bytes of the command that were not seen"},
            field{"reply", &redis_missing::reply, "bytes of the reply that were not seen"},
            field{"lost", &redis_missing::lost, "this was sent, but not one line of it was seen"},
            field{"cause", &redis_missing::cause, "as in http.exchange"},
        };
    }
};

struct redis_command {
    static constexpr std::string_view name = "redis.command";
    static constexpr std::string_view when =
        "A command has its reply, or will have none; also a reply whose command was not seen.";
    static constexpr audience seen = audience::everybody;

    common::timestamp ts;
    connection_ref connection;
    std::uint64_t command = 0;
    std::optional<wire> command_name;
    std::optional<std::span<const wire>> args;
    std::optional<std::uint64_t> size;
    bool truncated = false;
    bool pipelined = false;
    bool blocking = false;
    std::optional<redis_reply> reply;
    std::optional<std::uint64_t> replies;
    std::optional<std::uint64_t> rdb;
    redis_timing timing;
    std::optional<bool> complete;
    std::optional<ending> ended;
    std::optional<redis_missing> missing;
    std::span<const std::string_view> anomalies;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &redis_command::ts,
                  "first byte of the command, or of the reply where only that was seen"},
            field{"", &redis_command::connection, ""},
            field{"command", &redis_command::command,
                  "number of the command in its connection, from 1, in the sequence of exchanges"},
            field{"name", &redis_command::command_name, "in capitals; absent where it was not seen"},
            field{
                "args", &redis_command::args,
                "without the name, each cut at 256 bytes, and the first 16: --bodies keeps more; secrets are "
                "\"<redacted>\""},
            field{"size", &redis_command::size, "bytes of the command on the wire that were seen"},
            field{"truncated", &redis_command::truncated, "args were cut or left out", leave_out::when_empty},
            field{"pipelined", &redis_command::pipelined, "sent while an earlier one waited for its reply",
                  leave_out::when_empty},
            field{"blocking", &redis_command::blocking,
                  "it waits on purpose: its wait says nothing about the server's speed",
                  leave_out::when_empty},
            field{"reply", &redis_command::reply, "the last one, where a command has several (SUBSCRIBE)"},
            field{"replies", &redis_command::replies, "how many, where a command has several"},
            field{"rdb", &redis_command::rdb, "bytes of the RDB payload behind the reply (PSYNC, SYNC)"},
            field{"timing", &redis_command::timing, "durations in seconds"},
            field{"complete", &redis_command::complete,
                  "false where bytes are missing or a reply that was due did not come"},
            field{"ended", &redis_command::ended, ending_description},
            field{"missing", &redis_command::missing, "bytes that were not seen, and why"},
            field{"anomalies", &redis_command::anomalies, "codes of what was malformed",
                  leave_out::when_empty},
        };
    }
};

struct redis_push {
    static constexpr std::string_view name = "redis.push";
    static constexpr std::string_view when =
        "The server says something that is no reply: a message, an invalidation, a line of MONITOR, a "
        "replicated command.";
    static constexpr audience seen = audience::nobody;

    common::timestamp ts;
    connection_ref connection;
    wire kind;
    std::span<const value> args;
    std::uint64_t size = 0;
    bool truncated = false;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &redis_push::ts, "its first byte"},
            field{"", &redis_push::connection, ""},
            field{"kind", &redis_push::kind,
                  "the wire's own word (message, pmessage, invalidate ...); monitor: a line of MONITOR; "
                  "replication: a command for a replica"},
            field{"args", &redis_push::args, "what follows the word; secrets are \"<redacted>\""},
            field{"size", &redis_push::size, "bytes on the wire that were seen"},
            field{"truncated", &redis_push::truncated, "args were cut or left out", leave_out::when_empty},
        };
    }
};

} // namespace weir::event
