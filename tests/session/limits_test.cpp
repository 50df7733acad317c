// Every limit is reached here with small numbers: an anomaly is told, memory stays bounded, and reading goes
// on.
#include <gtest/gtest.h>

#include "tests/session/harness.hpp"

namespace weir::session::test {
namespace {

constexpr std::string_view get = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

std::vector<std::string> anomaly_codes(const wire& w) {
    std::vector<std::string> all;
    for (const json& a : w.events("anomaly")) all.push_back(a["code"]);
    return all;
}

TEST(limits, a_head_that_is_too_long_is_given_up) {
    limits most;
    most.of<http::application>().head_bytes = 100;
    wire w({}, most);
    w.client("GET /a HTTP/1.1\r\nHost: h\r\nX: ");
    for (int i = 0; i < 50; ++i) w.client("aaaaaaaaaa");
    w.client(get);
    w.server(ok);
    w.end_and_close();
    const std::vector<json> e = w.exchanges();
    ASSERT_EQ(e.size(), 2U);
    EXPECT_EQ(e[0]["request"]["target"], "/a");
    EXPECT_EQ(e[0]["request"]["complete"], false);
    EXPECT_EQ(codes(e[0]), std::vector<std::string>{"http.head_limit"});
    EXPECT_EQ(e[1]["request"]["target"], "/next");
}

TEST(limits, a_head_is_not_longer_because_it_came_in_one_piece) {
    limits most;
    most.of<http::application>().head_bytes = 100;
    for (const std::size_t size : {std::size_t{40}, std::size_t{200}}) {
        wire w({}, most);
        w.client("GET /a HTTP/1.1\r\nHost: h\r\nX: " + std::string(size, 'a') + "\r\n\r\n");
        w.end_and_close();
        EXPECT_EQ(w.exchanges().at(0)["request"]["complete"], size == 40);
    }
}

TEST(limits, fields_above_the_limit_are_left_out_but_framing_is_followed) {
    limits most;
    most.of<http::application>().fields = 2;
    wire w({}, most);
    w.client("POST /a HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\n folded\r\nC: 3\r\nContent-Length: 2\r\n\r\nhi");
    w.client(get);
    w.server(ok);
    w.server(ok);
    const std::vector<json> e = w.exchanges();
    ASSERT_EQ(e.size(), 2U);
    EXPECT_EQ(e[0]["request"]["headers"].dump(), R"({"a":"1","content-length":"2","host":"h"})");
    EXPECT_EQ(e[0]["request"]["body"]["size"], 2);
    EXPECT_EQ(codes(e[0]), std::vector<std::string>{"http.field_limit"});
}

TEST(limits, a_chunk_line_that_is_too_long_is_given_up) {
    limits most;
    most.of<http::application>().chunk_line_bytes = 20;
    wire w({}, most);
    w.client(get);
    w.server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=" + std::string(30, 'x'));
    w.client(get);
    w.server(ok);
    const std::vector<json> e = w.exchanges();
    ASSERT_EQ(e.size(), 2U);
    EXPECT_EQ(codes(e[0]), std::vector<std::string>{"http.chunk_line_limit"});
    EXPECT_EQ(e[0]["response"]["complete"], false);
    EXPECT_EQ(e[1]["response"]["complete"], true);
}

TEST(limits, trailers_that_are_too_long_are_given_up) {
    limits most;
    most.of<http::application>().head_bytes = 100;
    wire w({}, most);
    w.client(get);
    w.server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " + std::string(200, 'x'));
    EXPECT_EQ(codes(w.exchanges().at(0)), std::vector<std::string>{"http.head_limit"});
}

TEST(limits, waiting_requests_are_bounded) {
    limits most;
    most.of<http::application>().waiting = 3;
    wire w({}, most);
    for (int i = 0; i < 10; ++i) w.client(get);
    EXPECT_EQ(w.exchanges().size(), 7U);
    EXPECT_EQ(anomaly_codes(w), std::vector<std::string>(7, "http.waiting_limit"));
    w.end_and_close();
    EXPECT_EQ(w.exchanges().size(), 10U);
}

TEST(limits, interim_responses_are_bounded) {
    limits most;
    most.of<http::application>().informational = 2;
    wire w({}, most);
    w.client(get);
    for (int i = 0; i < 5; ++i) w.server("HTTP/1.1 102 Processing\r\n\r\n");
    w.server(ok);
    const json e = w.exchanges().at(0);
    EXPECT_EQ(e["informational"].size(), 2U);
    EXPECT_EQ(codes(e), std::vector<std::string>{"http.informational_limit"});
}

TEST(limits, a_body_of_2_to_the_63_is_not_believed_but_one_less_is) {
    for (const char* size : {"9223372036854775807", "9223372036854775808"}) {
        wire w;
        w.client(get);
        w.server(std::string("HTTP/1.1 200 OK\r\nContent-Length: ") + size + "\r\n\r\nabc");
        w.lose(side::server, 1'000'000);
        w.server("abc");
        w.close(event::close_reason::end_of_capture);
        const json e = w.exchanges().at(0);
        EXPECT_EQ(e["response"]["body"]["size"], 6);
        EXPECT_EQ(e["response"]["complete"], false);
    }
}

} // namespace
} // namespace weir::session::test
