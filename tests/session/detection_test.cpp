// What begins an HTTP connection and what does not, in either direction and in any pieces.
#include <gtest/gtest.h>

#include "session/http/probe.hpp"
#include "tests/session/harness.hpp"

namespace weir::session::test {
namespace {

using http::guess;
using http::probe;

TEST(probe, knows_messages) {
    for (const std::string_view t :
         {"GET / HTTP/1.1\r\n", "POST /x HTTP/1.0\r\nA: b\r\n", "GET http://a/ HTTP/1.1\r\n",
          "OPTIONS * HTTP/1.1\r\n", "CONNECT a:443 HTTP/1.1\r\n", "BREW /pot HTTP/1.1\n", "GET /old\r\n",
          "\r\n\r\nGET / HTTP/1.1\r\n", "GET HTTP/1.1\r\n"})
        EXPECT_EQ(probe(t), guess::request) << t;
    for (const std::string_view t :
         {"HTTP/1.1 200 OK\r\n", "HTTP/1.0 404", "HTTP/0.9 200 OK", "\r\nHTTP/1.1 200"})
        EXPECT_EQ(probe(t), guess::response) << t;
    EXPECT_EQ(probe("GET /" + std::string(200, 'a')), guess::request) << "a long target";
}

TEST(probe, leaves_other_protocols_alone) {
    for (const std::string_view t :
         {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "OPTIONS * RTSP/1.0\r\n", "REGISTER sip:a SIP/2.0\r\n",
          "SIP/2.0 200 OK\r\n", "GET key\r\n", "get key\r\n", "220 mail ESMTP\r\n", "EHLO x\r\n",
          "USER anonymous\r\n", "SSH-2.0-OpenSSH\r\n", "*1\r\n$4\r\nPING\r\n", "HTTP is a protocol\r\n",
          "The quick brown fox\r\n", "\x16\x03\x01\x02", "{\"a\": 1}\n", "NICK a\r\n",
          "\r\n\r\n\r\n\r\n\r\n\r\n"})
        EXPECT_EQ(probe(t), guess::no) << t;
    EXPECT_EQ(probe(std::string(100, 'A')), guess::no);
    EXPECT_EQ(probe("LIST " + std::string(100, 'x')), guess::no);
}

TEST(probe, waits_for_a_few_bytes_and_no_more) {
    for (const std::string_view t :
         {"G", "GET", "GET ", "GET /a", "H", "HTTP/1.1 20", "\r\n", "BREW /p HTTP/1."})
        EXPECT_EQ(probe(t), guess::unsure) << t;
    for (std::size_t n = http::enough; n < 200; ++n)
        for (const char c : {'G', ' ', '/', '1'}) EXPECT_NE(probe(std::string(n, c)), guess::unsure);
}

TEST(detection, does_not_need_a_port_or_a_direction) {
    wire w;
    w.server("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(w.exchanges().size(), 1U);
}

TEST(detection, goes_on_after_another_protocol_has_begun) {
    wire w;
    w.client("PROXY TCP4 10.0.0.1 10.0.0.2 40000 80\r\n");
    w.client("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    w.server("HTTP/1.1 204 No Content\r\n\r\n");
    EXPECT_EQ(w.exchanges().size(), 1U);
}

TEST(detection, gives_up_after_its_limit) {
    limits most;
    most.probes = 3;
    wire w({}, most);
    for (int i = 0; i < 3; ++i) w.client(std::string_view("\0\2\3", 3));
    w.client("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    w.end_and_close();
    EXPECT_TRUE(w.events().empty());
}

TEST(detection, a_server_that_connects_out_is_still_the_one_that_answers) {
    wire w;
    w.server("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    w.client("HTTP/1.1 204 No Content\r\n\r\n");
    ASSERT_EQ(w.exchanges().size(), 1U);
    EXPECT_EQ(w.exchanges()[0]["request"]["target"], "/a");
    EXPECT_EQ(w.exchanges()[0]["response"]["status"], 204);
}

TEST(detection, tells_the_sender_of_a_first_payload) {
    wire w;
    const auto sender = [&](std::string_view t) { return w.source().sender_of(common::as_bytes(t)); };
    EXPECT_EQ(sender("GET / HTTP/1.1\r\n"), side::client);
    EXPECT_EQ(sender("HTTP/1.1 200 OK\r\n"), side::server);
    EXPECT_EQ(sender("hello"), std::nullopt);
    EXPECT_EQ(sender("GE"), std::nullopt);
}

TEST(detection, bytes_between_messages_are_told_once) {
    wire w;
    w.client("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    w.server("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nAjunk behind the body\r\n");
    w.server("and more junk\r\n");
    w.client("GET /b HTTP/1.1\r\nHost: h\r\n\r\n");
    w.server("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nB");
    ASSERT_EQ(w.exchanges().size(), 2U);
    ASSERT_EQ(w.events("anomaly").size(), 1U);
    const json a = w.events("anomaly")[0];
    EXPECT_EQ(a["code"], "http.junk_before_message");
    EXPECT_EQ(a["layer"], "http");
    EXPECT_EQ(a["side"], "server");
    EXPECT_EQ(a["offset"], 39);
    EXPECT_EQ(a["exchange"], 2);
    EXPECT_EQ(a["detail"], "37 bytes before the message belong to none; they were skipped");
    EXPECT_EQ(w.exchanges()[1]["response"]["skipped"], 37);
}

TEST(detection, bytes_behind_the_last_message_are_told_at_the_end) {
    wire w;
    w.client("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    w.server("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nAjunk");
    w.end_and_close();
    ASSERT_EQ(w.exchanges().size(), 1U);
    ASSERT_EQ(w.events("anomaly").size(), 1U);
    EXPECT_EQ(w.events("anomaly")[0]["code"], "http.unexpected_data");
    EXPECT_EQ(w.events("anomaly")[0]["detail"], "bytes where a message should begin belong to none: 4 bytes");
}

TEST(detection, a_request_without_version_or_line_end_is_one_where_it_is_answered) {
    wire w({.bodies = true});
    w.client("GET /");
    w.server("<html>hi</html>");
    w.close(event::close_reason::reset);
    const json e = w.exchanges().at(0);
    EXPECT_EQ(e["request"]["target"], "/");
    EXPECT_EQ(e["request"]["version"], "0.9");
    EXPECT_EQ(e["response"]["body"]["data"], "<html>hi</html>");
}

TEST(detection, a_word_that_is_answered_is_no_request) {
    for (const char* said : {"GET", "GET x", "USER /a", "HELO h"}) {
        wire w;
        w.client(said);
        w.server("<html>hi</html>");
        w.close();
        EXPECT_TRUE(w.exchanges().empty()) << said;
    }
}

} // namespace
} // namespace weir::session::test
