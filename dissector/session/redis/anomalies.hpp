// The closed list of what Redis calls malformed. docs/anomalies.md holds the same rows; a test compares them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "session/anomaly.hpp"

namespace weir::session::redis {

enum class anomaly : std::uint8_t {
    bare_lf,           ///< an inline command that ends without CR
    unbalanced_quotes, ///< an inline command whose quotes do not close
    type_unknown,      ///< no reply begins with this byte
    length_invalid,    ///< of a bulk string, or the count of a list
    argument_invalid,  ///< of a command, but no bulk string
    number_invalid,    ///< an integer, double or boolean that is none
    bulk_end_invalid,  ///< no CRLF behind a bulk string
    end_unexpected,    ///< the end of a streamed list, where none is open
    line_limit,        ///< limits::line_bytes
    depth_limit,       ///< limits::depth
    waiting_limit,     ///< limits::waiting, limits::waiting_bytes
    reply_without_command,
    command_cut_short,
    reply_cut_short,
    last_ = reply_cut_short,
};

inline constexpr std::size_t anomaly_count = static_cast<std::size_t>(anomaly::last_) + 1;

/// In the order of the enumerators.
inline constexpr std::array<anomaly_row, anomaly_count> anomaly_table{{
    {"redis.bare_lf", "an inline command ends in LF without CR"},
    {"redis.unbalanced_quotes",
     "the quotes of an inline command do not close; it was read to the line's end"},
    {"redis.type_unknown", "bytes where a reply should begin begin none"},
    {"redis.length_invalid",
     "the length of a bulk string, or the count of a list, is no decimal number within the limits"},
    {"redis.argument_invalid", "an argument of a command is no bulk string"},
    {"redis.number_invalid", "a number or boolean is none; its text stands for it"},
    {"redis.bulk_end_invalid", "no CRLF follows a bulk string; its length was followed"},
    {"redis.end_unexpected", "a streamed list ends where none is open"},
    {"redis.line_limit", "a line is longer than the limit; the rest was left out"},
    {"redis.depth_limit", "lists are nested more deeply than the limit; the next reply was looked for"},
    {"redis.waiting_limit", "more commands waited for a reply than the limit; the oldest was given up"},
    {"redis.reply_without_command", "a reply came while no command waited for one"},
    {"redis.command_cut_short", "the connection ended inside a command"},
    {"redis.reply_cut_short", "the connection ended inside a reply, or an RDB payload"},
}};

[[nodiscard]] constexpr const anomaly_row& row(anomaly a) noexcept {
    return anomaly_table[static_cast<std::size_t>(a)];
}

using anomaly_set = session::anomaly_set<anomaly, anomaly_count>;

using findings = session::findings<anomaly, anomaly_count>;

} // namespace weir::session::redis
