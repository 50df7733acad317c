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
    status_line_missing,
    version_unknown,
    target_invalid,
    target_not_ascii,
    obs_fold,
    space_before_colon,
    field_name_invalid,
    field_value_invalid,
    field_without_colon,
    head_end_invalid,
    framing_in_fold,
    host_missing,
    host_differ,
    content_length_and_chunked,
    smuggling_cl_te,
    smuggling_te_cl,
    smuggling_cl_0,
    h2c_upgrade,
    content_length_differ,
    content_length_repeated,
    content_length_invalid,
    transfer_encoding_unknown,
    transfer_encoding_not_final,
    transfer_encoding_repeated,
    smuggling_te_te,
    transfer_encoding_in_http10,
    framing_not_allowed,
    body_not_allowed,
    framing_in_trailer,
    chunk_size_invalid,
    chunk_size_padded,
    chunk_extension_invalid,
    chunked_by_content,
    chunk_end_invalid,
    head_cut_short,
    body_cut_short,
    unexpected_data,
    junk_before_message,
    data_after_close,
    response_without_request,
    head_limit,
    field_limit,
    chunk_line_limit,
    waiting_limit,
    informational_limit,
    content_coding_unknown,
    content_coding_misspelt,
    content_coding_odd,
    content_coding_invalid,
    content_coding_cut_short,
    content_coding_trailing_data,
    coding_limit,
    decoded_limit,
    kept_limit,
    form_invalid,
    form_limit,
    last_ = form_limit,
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
    {"http.status_line_missing",
     "the response begins with no status line; it was read as a body without a head (HTTP/0.9)"},
    {"http.version_unknown", "the version is not HTTP/1.1 or HTTP/1.0"},
    {"http.target_invalid",
     "the request target holds white space or control characters, or has none of the forms "
     "of RFC 9112 section 3.2"},
    {"http.target_not_ascii", "the request target holds bytes above 0x7f"},
    {"http.obs_fold", "a field value goes on in the next line"},
    {"http.space_before_colon", "white space stands between a field name and its colon"},
    {"http.field_name_invalid", "a field name holds bytes that are no token characters"},
    {"http.field_value_invalid", "a field value holds control characters"},
    {"http.field_without_colon", "a line of the head has no colon; it was left out"},
    {"http.head_end_invalid", "a line of nothing but white space or CRs stands in the head; it was taken for "
                              "its end, unless another field follows"},
    {"http.framing_in_fold",
     "a line that continues a field names Transfer-Encoding or Content-Length, which some take for a field; "
     "it was not, except that a response whose body begins in chunks was read so"},
    {"http.host_missing", "an HTTP/1.1 request has no Host field"},
    {"http.host_differ",
     "several Host fields, or target and Host field, name different hosts; the target, then the "
     "first field was followed"},
    {"http.content_length_and_chunked",
     "both Content-Length and Transfer-Encoding: chunked; chunked was followed"},
    {"http.smuggling_cl_te", "this request stands within the bytes that Content-Length announced for the one "
                             "before, which was read by its chunks (CL.TE)"},
    {"http.smuggling_te_cl", "a request stands in the chunks behind the bytes that Content-Length announced; "
                             "the chunks were followed (TE.CL)"},
    {"http.smuggling_cl_0",
     "the body of a request begins like a request (CL.0, tunnelled requests); it was read as the body"},
    {"http.h2c_upgrade", "the request asks to go on in HTTP/2 in clear text, where a proxy on the way may "
                         "see no further requests"},
    {"http.content_length_differ", "Content-Length values differ; the first was followed"},
    {"http.content_length_repeated", "Content-Length stands there more than once with the same value"},
    {"http.content_length_invalid", "Content-Length is not a decimal number below 2^63; it was ignored"},
    {"http.transfer_encoding_unknown", "Transfer-Encoding names a coding that is not registered"},
    {"http.transfer_encoding_not_final", "Transfer-Encoding is there but does not end in chunked"},
    {"http.transfer_encoding_repeated", "Transfer-Encoding names chunked more than once; it was undone once"},
    {"http.smuggling_te_te", "Transfer-Encoding is spelled so that not everybody reads the same (TE.TE); the "
                             "tokens in it were followed"},
    {"http.transfer_encoding_in_http10", "Transfer-Encoding in an HTTP/1.0 message; it was followed"},
    {"http.framing_not_allowed",
     "Content-Length or Transfer-Encoding in a response that has no body by its status; "
     "they were ignored"},
    {"http.body_not_allowed", "a body follows a response that has none by its status; it was read by its "
                              "Content-Length or Transfer-Encoding"},
    {"http.framing_in_trailer",
     "Content-Length, Transfer-Encoding or Host in a trailer section; it was ignored"},
    {"http.chunk_size_invalid",
     "a chunk size is not a hexadecimal number below 2^63; what follows was taken as the "
     "body as it is"},
    {"http.chunk_size_padded", "white space or other bytes stand around a chunk size; they were left out"},
    {"http.chunk_extension_invalid",
     "a chunk extension is not a name, or a name and a value; it was left out"},
    {"http.chunked_by_content",
     "Transfer-Encoding does not end in chunked, but the body begins so and was read so"},
    {"http.chunk_end_invalid",
     "no line end follows the data of a chunk; what follows was taken as the body as it is"},
    {"http.head_cut_short", "the connection ended inside a head"},
    {"http.body_cut_short", "the connection ended before the end of the body that the framing announced"},
    {"http.unexpected_data", "bytes where a message should begin belong to none"},
    {"http.junk_before_message", "bytes before the message belong to none; they were skipped"},
    {"http.data_after_close", "a request follows one that said Connection: close"},
    {"http.response_without_request", "a response came while no request waited for one"},
    {"http.head_limit", "a head or a trailer section is longer than the limit; the rest was given up"},
    {"http.field_limit", "more fields than the limit; those above it were left out"},
    {"http.chunk_line_limit", "a chunk size line is longer than the limit; the rest was given up"},
    {"http.waiting_limit", "more exchanges waited for a response than the limit; the oldest was closed"},
    {"http.informational_limit", "more interim responses than the limit; those above it were left out"},
    {"http.content_coding_unknown", "a content coding is not supported; the body was kept as it was"},
    {"http.content_coding_misspelt",
     "a content coding is oddly spelled; it was undone as the one that it resembles"},
    {"http.content_coding_odd", "the content coding's head holds reserved flags or a wrong checksum, or it "
                                "is gzip under the name of deflate; it was undone all the same"},
    {"http.content_coding_invalid", "the body is not in the content coding that was named"},
    {"http.content_coding_cut_short", "the body ended before the content coding did"},
    {"http.content_coding_trailing_data", "bytes follow the end of the content coding; they were left out"},
    {"http.coding_limit", "more content codings than the limit; the body was kept as it was"},
    {"http.decoded_limit",
     "decoding stopped at the limit on decoded bytes or on their ratio to the encoded ones"},
    {"http.kept_limit", "the bytes kept of all bodies at once reached the limit; less is kept of this one"},
    {"http.form_invalid", "a form is not written as its type says: a % before no hexadecimal digits, a part "
                          "without a name, no last boundary; it was read as far as it goes"},
    {"http.form_limit", "a form has more fields, or longer ones, than the limits; the rest was left out"},
}};

[[nodiscard]] constexpr const anomaly_row& row(anomaly a) noexcept {
    return anomaly_table[static_cast<std::size_t>(a)];
}

using anomaly_set = session::anomaly_set<anomaly, anomaly_count>;

using findings = session::findings<anomaly, anomaly_count>;

} // namespace weir::session::http
