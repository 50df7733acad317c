// Events about HTTP/1 messages and exchanges (RFC 9110, RFC 9112).
#pragma once

#include "event/connection.hpp"
#include "event/loss.hpp"
#include "event/stalls.hpp"

namespace weir::event {

/// Why --save-bodies made no file of a body.
enum class not_saved : std::uint8_t { incomplete, too_large, limit, failed };
template <>
struct words<not_saved> {
    static constexpr std::array<std::string_view, 4> names{"incomplete", "too_large", "limit", "failed"};
};

struct http_body {
    std::uint64_t size = 0;
    std::optional<std::uint64_t> unframed;
    std::optional<std::uint64_t> decoded_size;
    std::optional<wire> data;
    std::optional<std::string_view> charset;
    bool truncated = false;
    std::string_view sha256;
    std::string_view saved;
    std::optional<event::not_saved> not_saved;

    // For outputs that write bodies themselves; in no line.
    std::string_view content;    ///< the decoded bytes that were kept, from the first
    bool is_content_cut = false; ///< there were more

    static constexpr auto fields() {
        return std::tuple{
            field{"size", &http_body::size, "bytes after removing the transfer coding"},
            field{
                "unframed", &http_body::unframed,
                "bytes seen after a hole that are body or chunked framing: which of the two cannot be known"},
            field{"decoded_size", &http_body::decoded_size,
                  "with --bodies: bytes after removing the content coding too, where there is one"},
            field{"data", &http_body::data,
                  "with --bodies: the decoded bytes, up to the limit or the first byte that is missing"},
            field{"charset", &http_body::charset,
                  "data was decoded to UTF-8 from this charset, which the message declares"},
            field{"truncated", &http_body::truncated, "data was cut at the limit, or decoding stopped at one",
                  leave_out::when_empty},
            field{"sha256", &http_body::sha256,
                  "with --body-hash: of the decoded bytes, where all of them were seen",
                  leave_out::when_empty},
            field{"saved", &http_body::saved,
                  "with --save-bodies: the file that holds the decoded bytes, in the folder of --save",
                  leave_out::when_empty},
            field{
                "not_saved", &http_body::not_saved,
                "with --save-bodies: why there is no such file; incomplete: bytes are missing or could not "
                "be decoded; too_large: above the size of --save-bodies; limit: --save-files, --save-bytes, "
                "or bytes kept of all bodies; failed: the file could not be written"},
        };
    }
};

struct http_form_field {
    wire name;
    std::uint64_t size = 0;
    std::optional<wire> value;
    std::optional<wire> file_name;
    std::optional<wire> content_type;
    bool truncated = false;

    static constexpr auto fields() {
        return std::tuple{
            field{"name", &http_form_field::name, "after percent-decoding, or as the part's head has it"},
            field{"size", &http_form_field::size, "of the value or file, bytes"},
            field{"value", &http_form_field::value, "absent where it is a file"},
            field{"file_name", &http_form_field::file_name, "of a file, as sent"},
            field{"content_type", &http_form_field::content_type, "of a part that names one"},
            field{"truncated", &http_form_field::truncated,
                  "name, value or file name was cut at a limit, or the field at a missing byte",
                  leave_out::when_empty},
        };
    }
};

struct http_form {
    std::span<const http_form_field> list;
    bool truncated = false;

    static constexpr auto fields() {
        return std::tuple{
            field{"fields", &http_form::list, "in order"},
            field{"truncated", &http_form::truncated,
                  "fields are left out, at a limit or because bytes are missing", leave_out::when_empty},
        };
    }
};

struct http_request_message {
    wire method;
    wire target;
    std::string_view version;
    std::optional<wire> host;
    std::optional<wire> url;
    header_object headers;
    std::optional<header_list> raw_headers;
    std::optional<header_object> trailers;
    std::optional<std::uint64_t> skipped;
    std::optional<http_body> body;
    std::optional<http_form> form;
    std::optional<bool> complete;
    std::optional<ending> ended;

    // For outputs that write messages in a form of their own; in no line.
    std::uint64_t head_size = 0;     ///< bytes; 0: not known
    std::optional<http_form> params; ///< the form, whether it is reported or not

    static constexpr auto fields() {
        return std::tuple{
            field{"method", &http_request_message::method, "as sent"},
            field{"target", &http_request_message::target, "request target as sent (RFC 9112 section 3.2)"},
            field{"version", &http_request_message::version, "\"1.1\", \"1.0\", or \"0.9\"",
                  leave_out::when_empty},
            field{"host", &http_request_message::host, "from the target or the Host field, port included"},
            field{"url", &http_request_message::url,
                  "target URI, where a host is known (RFC 9112 section 3.3)"},
            field{"headers", &http_request_message::headers, "lower-case names in order of appearance"},
            field{"raw_headers", &http_request_message::raw_headers,
                  "with --raw-headers: [name, value] as sent"},
            field{"trailers", &http_request_message::trailers, "trailer fields of a chunked body"},
            field{"skipped", &http_request_message::skipped, "bytes before this message that belong to none"},
            field{"body", &http_request_message::body, "known when the message is over"},
            field{"form", &http_request_message::form,
                  "with --bodies: the fields of a body that is application/x-www-form-urlencoded or "
                  "multipart/form-data"},
            field{"complete", &http_request_message::complete, "every byte of the message was seen"},
            field{"ended", &http_request_message::ended, ending_description},
        };
    }
};

struct http_response_message {
    std::optional<std::uint16_t> status;
    wire reason;
    std::string_view version;
    header_object headers;
    std::optional<header_list> raw_headers;
    std::optional<header_object> trailers;
    std::optional<std::uint64_t> skipped;
    std::optional<http_body> body;
    std::optional<bool> complete;
    std::optional<ending> ended;

    std::uint64_t head_size = 0; ///< bytes; 0: not known; in no line

    static constexpr auto fields() {
        return std::tuple{
            field{"status", &http_response_message::status,
                  "status code; absent in HTTP/0.9 and where it is no number of three digits"},
            field{"reason", &http_response_message::reason, "reason phrase as sent"},
            field{"version", &http_response_message::version, "\"1.1\", \"1.0\", or \"0.9\"",
                  leave_out::when_empty},
            field{"headers", &http_response_message::headers, "lower-case names in order of appearance"},
            field{"raw_headers", &http_response_message::raw_headers,
                  "with --raw-headers: [name, value] as sent"},
            field{"trailers", &http_response_message::trailers, "trailer fields of a chunked body"},
            field{"skipped", &http_response_message::skipped,
                  "bytes before this message that belong to none"},
            field{"body", &http_response_message::body, "known when the message is over"},
            field{"complete", &http_response_message::complete, "every byte of the message was seen"},
            field{"ended", &http_response_message::ended, ending_description},
        };
    }
};

struct http_informational {
    std::uint16_t status = 0;
    header_object headers;

    static constexpr auto fields() {
        return std::tuple{
            field{"status", &http_informational::status, "100 to 199"},
            field{"headers", &http_informational::headers, "lower-case names in order of appearance"},
        };
    }
};

struct http_timing {
    std::optional<common::nanoseconds> connect;
    std::optional<common::nanoseconds> send;
    std::optional<common::nanoseconds> wait;
    std::optional<common::nanoseconds> blocked;
    std::optional<common::nanoseconds> unanswered;
    std::optional<common::nanoseconds> receive;
    std::optional<common::nanoseconds> total;
    std::optional<exchange_stalls> stalled;

    static constexpr auto fields() {
        return std::tuple{
            field{"connect", &http_timing::connect,
                  "TCP handshake, first exchange of a connection only; before the request"},
            field{"send", &http_timing::send, "first to last byte of the request"},
            field{"wait", &http_timing::wait,
                  "last byte of the request to first byte of the final response; 0 where that began earlier"},
            field{"blocked", &http_timing::blocked,
                  "of wait, how long responses to earlier requests were still coming (pipelining)"},
            field{"unanswered", &http_timing::unanswered,
                  "without a response: last byte of the request to when the exchange was given up"},
            field{"receive", &http_timing::receive, "first to last byte of the response"},
            field{"total", &http_timing::total, "first byte of the request to last byte of both messages"},
            field{"stalled", &http_timing::stalled,
                  "how long its connection was held up meanwhile; where tcp.stats is selected too"},
        };
    }
};

enum class http_part : std::uint8_t { request, response };
template <>
struct words<http_part> {
    static constexpr std::array<std::string_view, 2> names{"request", "response"};
};

struct http_missing {
    std::optional<std::uint64_t> request;
    std::optional<std::uint64_t> response;
    std::optional<std::uint64_t> unframed;
    std::optional<http_part> lost;
    missing_cause cause = missing_cause::not_captured;

    static constexpr auto fields() {
        return std::tuple{
            field{"request", &http_missing::request, "bytes of the request that were not seen"},
            field{"response", &http_missing::response, "bytes of the response that were not seen"},
            field{"unframed", &http_missing::unframed,
                  "bytes seen after the hole that belong to a message whose head is lost"},
            field{"lost", &http_missing::lost,
                  "this message was sent but not one line of it was seen: it is lost, not absent"},
            field{"cause", &http_missing::cause,
                  "kernel_drop: the capture lost them; upstream: acknowledged, but never seen; snaplen: cut "
                  "by the "
                  "capture; limit: dropped at one of ours; not_captured: the capture began or ended in "
                  "between"},
        };
    }
};

struct http_request {
    static constexpr std::string_view name = "http.request";
    static constexpr std::string_view when = "The head of a request is complete.";
    static constexpr audience seen = audience::terminal;

    common::timestamp ts;
    connection_ref connection;
    std::uint64_t exchange = 0;
    http_request_message request;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &http_request::ts, "packet that completed the head"},
            field{"", &http_request::connection, ""},
            field{"exchange", &http_request::exchange, "number of the exchange in its connection, from 1"},
            field{"request", &http_request::request, "as in the exchange, without what is not known yet"},
        };
    }
};

struct http_response {
    static constexpr std::string_view name = "http.response";
    static constexpr std::string_view when = "The head of a final or interim response is complete.";
    static constexpr audience seen = audience::terminal;

    common::timestamp ts;
    connection_ref connection;
    std::uint64_t exchange = 0;
    http_response_message response;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &http_response::ts, "packet that completed the head"},
            field{"", &http_response::connection, ""},
            field{"exchange", &http_response::exchange, "number of the exchange in its connection, from 1"},
            field{"response", &http_response::response, "as in the exchange, without what is not known yet"},
        };
    }
};

struct http_body_piece {
    static constexpr std::string_view name = "http.body";
    static constexpr std::string_view when = "Bytes of a body came.";
    static constexpr audience seen = audience::nobody;

    common::timestamp ts;
    connection_ref connection;
    std::uint64_t exchange = 0;
    event::side side = side::client;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    wire data;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &http_body_piece::ts, "packet that carried them"},
            field{"", &http_body_piece::connection, ""},
            field{"exchange", &http_body_piece::exchange, "number of the exchange in its connection, from 1"},
            field{"side", &http_body_piece::side, "who sent them"},
            field{"offset", &http_body_piece::offset,
                  "in the body, after removing the transfer coding; bytes that are missing are not counted"},
            field{"size", &http_body_piece::size, "bytes"},
            field{"data", &http_body_piece::data, "the bytes, in the content coding in which they were sent"},
        };
    }
};

struct http_exchange {
    static constexpr std::string_view name = "http.exchange";
    static constexpr std::string_view when = "A request and its response are over, or will never be.";
    static constexpr audience seen = audience::everybody;

    common::timestamp ts;
    connection_ref connection;
    std::uint64_t exchange = 0;
    std::optional<http_request_message> request;
    std::optional<http_response_message> response;
    std::span<const http_informational> informational;
    http_timing timing;
    std::optional<ending> ended;
    std::optional<http_missing> missing;
    std::span<const std::string_view> anomalies;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &http_exchange::ts,
                  "first byte of the request, or of the response where only that was seen"},
            field{"", &http_exchange::connection, ""},
            field{"exchange", &http_exchange::exchange, "number of the exchange in its connection, from 1"},
            field{"request", &http_exchange::request, "absent when it was never seen"},
            field{"response", &http_exchange::response, "absent when it was never seen"},
            field{"informational", &http_exchange::informational, "interim (1xx) responses",
                  leave_out::when_empty},
            field{"timing", &http_exchange::timing, "durations in seconds"},
            field{"ended", &http_exchange::ended,
                  "why a message of the exchange is not complete, or never came"},
            field{"missing", &http_exchange::missing, "bytes that were not seen, and why"},
            field{"anomalies", &http_exchange::anomalies, "codes of what was malformed or ambiguous",
                  leave_out::when_empty},
        };
    }
};

} // namespace weir::event
