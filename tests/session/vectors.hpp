// Connections of one or more exchanges, each with what must be told of them. Every vector is fed whole, cut
// at every byte and truncated at every byte.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::session::test {

struct vector_case {
    std::string_view name;
    std::string client;
    std::string server;
    bool server_ends = false;              ///< the server's FIN ends the last body
    std::vector<std::string_view> targets; ///< of the requests, in order
    std::vector<int> statuses;             ///< of the final responses, in order
    std::vector<std::string_view> bodies;  ///< of the responses
    std::vector<std::string_view>
        codes; ///< of all exchanges together, without repeats, in the order of the table
};

inline std::vector<vector_case> vectors() {
    using namespace std::string_literals;
    const std::string q = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    // clang-format off
    return {
        {"content_length", q, ok + "Content-Length: 5\r\n\r\nhello", false, {"/a"}, {200}, {"hello"}, {}},
        {"empty_body", q, ok + "Content-Length: 0\r\n\r\n", false, {"/a"}, {200}, {""}, {}},
        {"chunked", q, ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=\"y\"\r\n world\r\n0\r\nX: 1\r\n\r\n", false,
         {"/a"}, {200}, {"hello world"}, {}},
        {"close_delimited", q, ok + "\r\nto the end", true, {"/a"}, {200}, {"to the end"}, {}},
        {"request_with_body", "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody",
         "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", false, {"/p"}, {201}, {""}, {}},
        {"chunked_request", "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
         "HTTP/1.1 204 No Content\r\n\r\n", false, {"/p"}, {204}, {""}, {}},
        {"pipelined", q + "GET /b HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Content-Length: 1\r\n\r\nA" + ok + "Content-Length: 1\r\n\r\nB",
         false, {"/a", "/b"}, {200, 200}, {"A", "B"}, {}},
        {"head", "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Content-Length: 500\r\n\r\n", false, {"/a"}, {200}, {""}, {}},
        {"not_modified", q, "HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n", false, {"/a"}, {304}, {""}, {}},
        {"interim", q, "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" + ok + "Content-Length: 1\r\n\r\nA", false, {"/a"}, {200}, {"A"}, {}},
        {"no_reason", q, "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", false, {"/a"}, {200}, {""}, {}},
        {"no_reason_no_space", q, "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", false, {"/a"}, {200}, {""}, {}},
        {"http10", "GET /a HTTP/1.0\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\nx", true, {"/a"}, {200}, {"x"}, {}},
        {"http12", "GET /a HTTP/1.2\r\nHost: h\r\n\r\n", ok + "Content-Length: 0\r\n\r\n", false, {"/a"}, {200}, {""}, {"http.version_unknown"}},
        {"any_method", "BREW /pot HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\n\r\n", false, {"/pot"}, {418}, {""}, {}},
        {"leading_empty_lines", "\r\n\r\n" + q, "\r\n" + ok + "Content-Length: 0\r\n\r\n", false, {"/a"}, {200}, {""}, {}},
        {"bare_lf", "GET /a HTTP/1.1\nHost: h\n\n", "HTTP/1.1 200 OK\nContent-Length: 1\n\nA", false, {"/a"}, {200}, {"A"}, {"http.bare_lf"}},
        {"bare_lf_in_chunks", q, ok + "Transfer-Encoding: chunked\r\n\r\n1\nA\n0\n\n", false, {"/a"}, {200}, {"A"}, {"http.bare_lf"}},
        {"bare_cr", q, ok + "X: a\rb\r\nContent-Length: 0\r\n\r\n", false, {"/a"}, {200}, {""}, {"http.bare_cr"}},
        {"obs_fold", q, ok + "X: a\r\n b\r\n\t c\r\nContent-Length: 1\r\n\r\nA", false, {"/a"}, {200}, {"A"}, {"http.obs_fold"}},
        {"folded_framing", q, ok + "Transfer-Encoding:\r\n chunked\r\n\r\n1\r\nA\r\n0\r\n\r\n", false, {"/a"}, {200}, {"A"}, {"http.obs_fold"}},
        {"space_before_colon", q, ok + "Content-Length : 1\r\n\r\nA", false, {"/a"}, {200}, {"A"}, {"http.space_before_colon"}},
        {"space_before_first_field", q, ok + " X: 1\r\nContent-Length: 1\r\n\r\nA", false, {"/a"}, {200}, {"A"}, {"http.field_name_invalid"}},
        {"field_name", q, ok + "X(y): 1\r\nContent-Length: 1\r\n\r\nA", false, {"/a"}, {200}, {"A"}, {"http.field_name_invalid"}},
        {"field_value", q, ok + "X: a\x01\r\nContent-Length: 1\r\n\r\nA", false, {"/a"}, {200}, {"A"}, {"http.field_value_invalid"}},
        {"no_colon", q, ok + "junk\r\nContent-Length: 1\r\n\r\nA", false, {"/a"}, {200}, {"A"}, {"http.field_without_colon"}},
        {"no_host", "GET /a HTTP/1.1\r\n\r\n", ok + "Content-Length: 0\r\n\r\n", false, {"/a"}, {200}, {""}, {"http.host_missing"}},
        {"hosts_differ", "GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", ok + "Content-Length: 0\r\n\r\n", false, {"/a"}, {200}, {""}, {"http.host_differ"}},
        {"host_differs_from_target", "GET http://x/a HTTP/1.1\r\nHost: y\r\n\r\n", ok + "Content-Length: 0\r\n\r\n", false, {"http://x/a"}, {200}, {""}, {"http.host_differ"}},
        {"spaces_in_request_line", "GET  /a  HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Content-Length: 0\r\n\r\n", false, {"/a"}, {200}, {""}, {"http.request_line_invalid"}},
        {"spaces_in_target", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Content-Length: 0\r\n\r\n", false, {"/a b"}, {200}, {""}, {"http.target_invalid"}},
        {"content_length_and_chunked", q, ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nA\r\n0\r\n\r\n", false,
         {"/a"}, {200}, {"A"}, {"http.content_length_and_chunked"}},
        {"content_length_differ", q, ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nA", false, {"/a"}, {200}, {"A"}, {"http.content_length_differ"}},
        {"content_length_list", q, ok + "Content-Length: 1, 1\r\n\r\nA", false, {"/a"}, {200}, {"A"}, {"http.content_length_repeated"}},
        {"content_length_text", q, ok + "Content-Length: one\r\n\r\nA", true, {"/a"}, {200}, {"A"}, {"http.content_length_invalid"}},
        {"content_length_huge", q, ok + "Content-Length: 99999999999999999999\r\n\r\nA", true, {"/a"}, {200}, {"A"}, {"http.content_length_invalid"}},
        {"content_length_signed", q, ok + "Content-Length: +1\r\n\r\nA", true, {"/a"}, {200}, {"A"}, {"http.content_length_invalid"}},
        {"chunked_not_last", q, ok + "Transfer-Encoding: chunked, gzip\r\n\r\nWorld", true, {"/a"}, {200}, {"World"},
         {"http.transfer_encoding_not_final", "http.content_coding_invalid"}},
        {"chunked_twice", q, ok + "Transfer-Encoding: chunked, chunked\r\n\r\n1\r\nA\r\n0\r\n\r\n", false, {"/a"}, {200}, {"A"}, {"http.transfer_encoding_repeated"}},
        {"chunked_in_http10", q, "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nA\r\n0\r\n\r\n", false, {"/a"}, {200}, {"A"}, {"http.transfer_encoding_in_http10"}},
        {"unknown_coding_but_chunked", q, ok + "Transfer-Encoding: xchunked\r\n\r\n1\r\nA\r\n0\r\n\r\n", false, {"/a"}, {200}, {"A"},
         {"http.transfer_encoding_unknown", "http.transfer_encoding_not_final", "http.smuggling_te_te", "http.chunked_by_content", "http.content_coding_unknown"}},
        {"framing_on_204", q, "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", false, {"/a"}, {204}, {""}, {"http.framing_not_allowed"}},
        {"framing_in_trailer", q, ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 9\r\n\r\n", false, {"/a"}, {200}, {""}, {"http.framing_in_trailer"}},
        {"chunk_size_invalid", q, ok + "Transfer-Encoding: chunked\r\n\r\nxyz\r\nA", true, {"/a"}, {200}, {"xyz\r\nA"}, {"http.chunk_size_invalid"}},
        {"chunk_size_2_to_the_64", q, ok + "Transfer-Encoding: chunked\r\n\r\n10000000000000001\r\nA", true, {"/a"}, {200}, {"10000000000000001\r\nA"}, {"http.chunk_size_invalid"}},
        {"not_chunked_after_all", q, ok + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello", false, {"/a"}, {200}, {"hello"},
         {"http.content_length_and_chunked", "http.chunk_size_invalid"}},
        {"chunk_size_padded", q, ok + "Transfer-Encoding: chunked\r\n\r\n 1 \r\nA\r\n0\r\n\r\n", false, {"/a"}, {200}, {"A"}, {"http.chunk_size_padded"}},
        {"chunk_end_invalid", q, ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nABC", true, {"/a"}, {200}, {"ABC"}, {"http.chunk_end_invalid"}},
        {"body_cut_short", q, ok + "Content-Length: 9\r\n\r\nA", true, {"/a"}, {200}, {"A"}, {"http.body_cut_short"}},
        {"status_no_number", q, "HTTP/1.1 2xx OK\r\nContent-Length: 1\r\n\r\nA", false, {"/a"}, {0}, {"A"}, {"http.status_line_invalid"}},
        {"http09", "GET /old\r\n\r\n", "<html>", true, {"/old"}, {0}, {"<html>"}, {"http.version_unknown"}},
        {"version_cut", "GET /a HTTP/1.\r\nHost: h\r\n\r\n", ok + "Content-Length: 0\r\n\r\n", false, {"/a"}, {200}, {""},
         {"http.request_line_invalid", "http.version_unknown"}},
        {"version_of_no_http", "GET /a JUNK/1.0\r\nHost: h\r\n\r\n", ok + "Content-Length: 0\r\n\r\n", false, {"/a"}, {200}, {""}, {"http.request_line_invalid"}},
        {"no_version", "POST /a\r\nHost: h\r\n\r\n", ok + "Content-Length: 0\r\n\r\n", false, {"/a"}, {200}, {""}, {"http.version_unknown"}},
        {"target_not_ascii", "GET /\xc3\xa4 HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Content-Length: 0\r\n\r\n", false, {"/\xc3\xa4"}, {200}, {""},
         {"http.target_not_ascii"}},
        {"target_of_no_form", "GET a:/b HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Content-Length: 0\r\n\r\n", false, {"a:/b"}, {200}, {""}, {"http.target_invalid"}},
        {"blanks_before_request", " \r\n" + q, ok + "Content-Length: 0\r\n\r\n", false, {"/a"}, {200}, {""}, {"http.junk_before_message"}},
        {"blanks_before_response", q, "  \r" + ok + "Content-Length: 0\r\n\r\n", false, {"/a"}, {200}, {""}, {"http.junk_before_message"}},
        {"junk_line_before_response", q, "foobar\r\n \r\n" + ok + "Content-Length: 1\r\n\r\nA", false, {"/a"}, {200}, {"A"}, {"http.junk_before_message"}},
        {"no_status_line", q, "Hello\r\nWorld!", true, {"/a"}, {0}, {"Hello\r\nWorld!"}, {"http.status_line_missing"}},
        {"status_000", q, "HTTP/1.1 000 Zero\r\nContent-Length: 1\r\n\r\nA", false, {"/a"}, {0}, {"A"}, {}},
        {"status_of_four_digits", q, "HTTP/1.1 2000 OK\r\nContent-Length: 1\r\n\r\nA", false, {"/a"}, {2000}, {"A"}, {"http.status_line_invalid"}},
        {"status_and_reason_together", q, "HTTP/1.1 200ok\r\nContent-Length: 1\r\n\r\nA", false, {"/a"}, {200}, {"A"}, {"http.status_line_invalid"}},
        {"bare_cr_ends_status_line", q, "HTTP/1.1 200 OK\rContent-Length: 1\r\n\r\nA", false, {"/a"}, {200}, {"A"}, {"http.bare_cr"}},
        {"bare_cr_ends_field", q, ok + "X: y\rContent-Length: 1\r\n\r\nA", false, {"/a"}, {200}, {"A"}, {"http.bare_cr"}},
        {"blank_line_of_cr", q, ok + "X: y\r\n\r\r\nContent-Length: 1\r\n\r\nA", false, {"/a"}, {200}, {"A"}, {"http.bare_cr", "http.head_end_invalid"}},
        {"blank_line_of_cr_ends_head", q, ok + "Content-Length: 1\n\r\r\n(", false, {"/a"}, {200}, {"("}, {"http.bare_lf", "http.bare_cr", "http.head_end_invalid"}},
        {"blank_line_of_sp_ends_head", q, ok + "Content-Length: 2\n \n{}", false, {"/a"}, {200}, {"{}"}, {"http.bare_lf", "http.head_end_invalid"}},
        {"blank_line_of_tab", q, ok + "X: y\r\n\t\r\nContent-Length: 1\r\n\r\nA", false, {"/a"}, {200}, {"A"}, {"http.head_end_invalid"}},
        {"blank_line_of_sp_before_the_end", q, ok + "Content-Length: 1\r\n \r\n\r\nA", false, {"/a"}, {200}, {"A"}, {"http.head_end_invalid"}},
        {"blank_line_of_sp_at_the_end", q, ok + "Content-Length: 0\n \n", true, {"/a"}, {200}, {""}, {"http.bare_lf"}},
        {"nul_continues", q, ok + "X:\n" + "\0y\r\nContent-Length: 1\r\n\r\nA"s, false, {"/a"}, {200}, {"A"}, {"http.bare_lf", "http.obs_fold", "http.field_value_invalid"}},
        {"chunked_in_fold", q, ok + "X: y\r\n Transfer-Encoding: chunked\r\n\r\n1\r\nA\r\n0\r\n\r\n", false, {"/a"}, {200}, {"A"},
         {"http.obs_fold", "http.framing_in_fold", "http.chunked_by_content"}},
        {"length_in_fold", q, ok + "X: y\r\n Content-Length: 9\r\n\r\nA", true, {"/a"}, {200}, {"A"}, {"http.obs_fold", "http.framing_in_fold"}},
        {"body_on_102", q, "HTTP/1.1 102 ok\r\nContent-Length: 1\r\n\r\nA", true, {"/a"}, {102}, {"A"}, {"http.framing_not_allowed", "http.body_not_allowed"}},
        {"body_on_204", q + "GET /b HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 204 ok\r\nContent-Length: 2\r\n\r\nAB" + ok + "Content-Length: 0\r\n\r\n", false, {"/a", "/b"}, {204, 200}, {"AB", ""},
         {"http.framing_not_allowed", "http.body_not_allowed"}},
        {"no_body_on_204", q + "GET /b HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 204 ok\r\nContent-Length: 9\r\n\r\n" + ok + "Content-Length: 0\r\n\r\n", false,
         {"/a", "/b"}, {204, 200}, {"", ""}, {"http.framing_not_allowed"}},
        {"chunk_extension_without_name", q, ok + "Transfer-Encoding: chunked\r\n\r\n1;\r\nA\r\n0;a=\"\\\"\"\r\n\r\n", false, {"/a"}, {200}, {"A"}, {"http.chunk_extension_invalid"}},
        {"te_te", "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n\r\n0\r\n\r\n", ok + "Content-Length: 0\r\n\r\n", false, {"/p"}, {200}, {""},
         {"http.transfer_encoding_unknown", "http.transfer_encoding_not_final", "http.smuggling_te_te", "http.chunked_by_content"}},
        {"te_te_by_space", "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", ok + "Content-Length: 0\r\n\r\n", false, {"/p"}, {200}, {""},
         {"http.space_before_colon", "http.smuggling_te_te"}},
        {"cl_te", "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 44\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Content-Length: 0\r\n\r\n" + ok + "Content-Length: 0\r\n\r\n",
         false, {"/p", "/smuggled"}, {200, 200}, {"", ""}, {"http.content_length_and_chunked", "http.smuggling_cl_te"}},
        {"te_cl", "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n13\r\nGET /s HTTP/1.1\r\nA:\r\n0\r\n\r\n", ok + "Content-Length: 0\r\n\r\n",
         false, {"/p"}, {200}, {""}, {"http.content_length_and_chunked", "http.smuggling_te_cl", "http.smuggling_cl_0"}},
        {"cl_0", "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 19\r\n\r\nGET /s HTTP/1.1\r\nX: ", ok + "Content-Length: 0\r\n\r\n", false, {"/p"}, {200}, {""}, {"http.smuggling_cl_0"}},
        {"h2c", "GET /a HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n", ok + "Content-Length: 0\r\n\r\n", false, {"/a"}, {200}, {""}, {"http.h2c_upgrade"}},
        {"after_close", "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n", ok + "Content-Length: 0\r\n\r\n" + ok + "Content-Length: 0\r\n\r\n", false,
         {"/a", "/b"}, {200, 200}, {"", ""}, {"http.data_after_close"}},
        {"identity_coding", q, ok + "Content-Encoding: identity\r\nContent-Length: 1\r\n\r\nA", false, {"/a"}, {200}, {"A"}, {}},
        {"unknown_coding", q, ok + "Content-Encoding: sdch\r\nContent-Length: 1\r\n\r\nA", false, {"/a"}, {200}, {"A"}, {"http.content_coding_unknown"}},
    };
    // clang-format on
}

} // namespace weir::session::test
