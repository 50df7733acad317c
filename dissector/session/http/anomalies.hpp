// The closed list of what HTTP/1 calls malformed or ambiguous. docs/anomalies.md holds the same rows; a test
// compares them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "session/anomaly.hpp"
#include "session/position.hpp"

namespace weir::session::http {

enum class anomaly : std::uint8_t {
    bare_lf,
    bare_cr,
    request_line_invalid,
    status_line_invalid,
    version_unknown,
    target_invalid,
    obs_fold,
    space_before_colon,
    field_name_invalid,
    field_value_invalid,
    field_without_colon,
    host_missing,
    host_differ,
    content_length_and_chunked,
    content_length_differ,
    content_length_repeated,
    content_length_invalid,
    transfer_encoding_unknown,
    transfer_encoding_not_final,
    transfer_encoding_repeated,
    transfer_encoding_in_http10,
    framing_not_allowed,
    framing_in_trailer,
    chunk_size_invalid,
    chunk_size_padded,
    chunked_by_content,
    chunk_end_invalid,
    head_cut_short,
    body_cut_short,
    unexpected_data,
    response_without_request,
    head_limit,
    field_limit,
    chunk_line_limit,
    waiting_limit,
    informational_limit,
    content_coding_unknown,
    content_coding_invalid,
    content_coding_cut_short,
    content_coding_trailing_data,
    coding_limit,
    decoded_limit,
    last_ = decoded_limit,
};

inline constexpr std::size_t anomaly_count = static_cast<std::size_t>(anomaly::last_) + 1;

/// In the order of the enumerators.
inline constexpr std::array<anomaly_row, anomaly_count> anomaly_table{{
    {"http.bare_lf", "a line of the head or of the chunked framing ends in LF without CR"},
    {"http.bare_cr", "a CR that no LF follows stands in a line of the head"},
    {"http.request_line_invalid",
     "the request line is not method, target and version with one space between"},
    {"http.status_line_invalid",
     "the status line is not version, three digits and reason with one space between"},
    {"http.version_unknown", "the version is not HTTP/1.1 or HTTP/1.0"},
    {"http.target_invalid", "the request target holds white space or control characters"},
    {"http.obs_fold", "a field value goes on in the next line"},
    {"http.space_before_colon", "white space stands between a field name and its colon"},
    {"http.field_name_invalid", "a field name holds bytes that are no token characters"},
    {"http.field_value_invalid", "a field value holds control characters"},
    {"http.field_without_colon", "a line of the head has no colon; it was left out"},
    {"http.host_missing", "an HTTP/1.1 request has no Host field"},
    {"http.host_differ",
     "several Host fields, or target and Host field, name different hosts; the target, then the "
     "first field was followed"},
    {"http.content_length_and_chunked",
     "both Content-Length and Transfer-Encoding: chunked; chunked was followed"},
    {"http.content_length_differ", "Content-Length values differ; the first was followed"},
    {"http.content_length_repeated", "Content-Length stands there more than once with the same value"},
    {"http.content_length_invalid", "Content-Length is not a decimal number below 2^63; it was ignored"},
    {"http.transfer_encoding_unknown", "Transfer-Encoding names a coding that is not registered"},
    {"http.transfer_encoding_not_final", "Transfer-Encoding is there but does not end in chunked"},
    {"http.transfer_encoding_repeated", "Transfer-Encoding names chunked more than once; it was undone once"},
    {"http.transfer_encoding_in_http10", "Transfer-Encoding in an HTTP/1.0 message; it was followed"},
    {"http.framing_not_allowed",
     "Content-Length or Transfer-Encoding in a response that has no body by its status; "
     "they were ignored"},
    {"http.framing_in_trailer",
     "Content-Length, Transfer-Encoding or Host in a trailer section; it was ignored"},
    {"http.chunk_size_invalid",
     "a chunk size is not a hexadecimal number below 2^63; what follows was taken as the "
     "body as it is"},
    {"http.chunk_size_padded", "white space or other bytes stand around a chunk size; they were left out"},
    {"http.chunked_by_content",
     "Transfer-Encoding does not end in chunked, but the body begins so and was read so"},
    {"http.chunk_end_invalid",
     "no line end follows the data of a chunk; what follows was taken as the body as it is"},
    {"http.head_cut_short", "the connection ended inside a head"},
    {"http.body_cut_short", "the connection ended before the end of the body that the framing announced"},
    {"http.unexpected_data", "bytes where a message should begin belong to none"},
    {"http.response_without_request", "a response came while no request waited for one"},
    {"http.head_limit", "a head or a trailer section is longer than the limit; the rest was given up"},
    {"http.field_limit", "more fields than the limit; those above it were left out"},
    {"http.chunk_line_limit", "a chunk size line is longer than the limit; the rest was given up"},
    {"http.waiting_limit", "more exchanges waited for a response than the limit; the oldest was closed"},
    {"http.informational_limit", "more interim responses than the limit; those above it were left out"},
    {"http.content_coding_unknown", "a content coding is not supported; the body was kept as it was"},
    {"http.content_coding_invalid", "the body is not in the content coding that was named"},
    {"http.content_coding_cut_short", "the body ended before the content coding did"},
    {"http.content_coding_trailing_data", "bytes follow the end of the content coding; they were left out"},
    {"http.coding_limit", "more content codings than the limit; the body was kept as it was"},
    {"http.decoded_limit",
     "decoding stopped at the limit on decoded bytes or on their ratio to the encoded ones"},
}};

[[nodiscard]] constexpr const anomaly_row& row(anomaly a) noexcept {
    return anomaly_table[static_cast<std::size_t>(a)];
}

using anomaly_set = session::anomaly_set<anomaly, anomaly_count>;

using findings = session::findings<anomaly, anomaly_count>;

} // namespace weir::session::http
