// The closed list of what DNS calls malformed or ambiguous. docs/anomalies.md holds the same rows; a test
// compares them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "session/anomaly.hpp"

namespace weir::session::dns {

enum class anomaly : std::uint8_t {
    header_cut,
    name_cut,
    name_too_long,
    label_type_unknown,
    pointer_not_backward,
    question_cut,
    record_cut,
    record_data_invalid,
    trailing_bytes,
    opt_repeated,
    opt_invalid,
    option_cut,
    question_differs,
    responses_differ,
    length_too_small,
    message_cut_short,
    question_limit,
    record_limit,
    option_limit,
    text_limit,
    waiting_limit,
    names_limit,
    last_ = names_limit,
};

inline constexpr std::size_t anomaly_count = static_cast<std::size_t>(anomaly::last_) + 1;

/// In the order of the enumerators.
inline constexpr std::array<anomaly_row, anomaly_count> anomaly_table{{
    {"dns.header_cut", "a message is shorter than its header of 12 bytes"},
    {"dns.name_cut", "the message ends within a name; what follows was left out"},
    {"dns.name_too_long", "a name is longer than 255 bytes; what follows was left out"},
    {"dns.label_type_unknown", "a label is neither text nor a pointer; what follows was left out"},
    {"dns.pointer_not_backward",
     "a compression pointer does not point to what stands before its name; what follows was left out"},
    {"dns.question_cut", "the message ends within a question"},
    {"dns.record_cut", "the message ends before the number of records that its header names"},
    {"dns.record_data_invalid",
     "the data of a record is not what its type says; it was written in the form of RFC 3597"},
    {"dns.trailing_bytes", "bytes follow the last record; they were left out"},
    {"dns.opt_repeated", "a message has more than one OPT record; the first was followed"},
    {"dns.opt_invalid", "an OPT record is not among the additional records or has an owner"},
    {"dns.option_cut", "an OPT record ends within an option; it was left out"},
    {"dns.question_differs",
     "a response has the id of a query that waits, and another question; it was not paired"},
    {"dns.responses_differ", "more responses came than queries, and not the same ones"},
    {"dns.length_too_small", "the length before a message over TCP is below 12; it was skipped"},
    {"dns.message_cut_short", "the connection ended within a message"},
    {"dns.question_limit", "more questions than the limit; those above it were left out"},
    {"dns.record_limit", "more records than the limit; those above it were left out"},
    {"dns.option_limit", "more EDNS options than the limit; those above it were left out"},
    {"dns.text_limit", "the names and data of a message are longer than the limit; the rest was left out"},
    {"dns.waiting_limit", "more queries waited for a response than the limit; the oldest was given up"},
    {"dns.names_limit", "more addresses have names than the limit; the oldest is forgotten, from now on"},
}};

[[nodiscard]] constexpr const anomaly_row& row(anomaly a) noexcept {
    return anomaly_table[static_cast<std::size_t>(a)];
}

using anomaly_set = session::anomaly_set<anomaly, anomaly_count>;

} // namespace weir::session::dns
