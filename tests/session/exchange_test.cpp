// What an exchange says of whole connections: fields, bodies, order, timing.
#include <gtest/gtest.h>

#include "tests/session/harness.hpp"

namespace weir::session::test {
namespace {

constexpr std::string_view get =
    "GET /a?b=c HTTP/1.1\r\nHost: example.com\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n";
constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

TEST(exchange, tells_request_and_response) {
    wire w;
    w.client(get);
    w.server(ok);
    ASSERT_EQ(w.exchanges().size(), 1U);
    const json e = w.exchanges()[0];
    EXPECT_EQ(e["exchange"], 1);
    const json& q = e["request"];
    EXPECT_EQ(q["method"], "GET");
    EXPECT_EQ(q["target"], "/a?b=c");
    EXPECT_EQ(q["version"], "1.1");
    EXPECT_EQ(q["host"], "example.com");
    EXPECT_EQ(q["url"], "http://example.com/a?b=c");
    EXPECT_EQ(q["headers"].dump(), R"({"cookie":["a=1","b=2"],"host":"example.com"})");
    EXPECT_EQ(q["body"].dump(), R"({"size":0})");
    EXPECT_EQ(q["complete"], true);
    const json& r = e["response"];
    EXPECT_EQ(r["status"], 200);
    EXPECT_EQ(r["reason"], "OK");
    EXPECT_EQ(r["version"], "1.1");
    EXPECT_EQ(r["body"].dump(), R"({"size":5})");
    EXPECT_EQ(r["complete"], true);
    EXPECT_FALSE(e.contains("anomalies"));
    EXPECT_FALSE(e.contains("missing"));
}

TEST(exchange, is_told_when_the_last_byte_of_the_response_came) {
    wire w;
    w.client(get);
    w.server(ok.substr(0, ok.size() - 1));
    EXPECT_TRUE(w.exchanges().empty());
    w.server("o");
    EXPECT_EQ(w.exchanges().size(), 1U);
}

TEST(exchange, without_a_response_says_how_long_it_waited) {
    wire w;
    w.client(get.substr(0, 10));         // 1 ms
    w.client(get.substr(10));            // 2 ms
    w.close(event::close_reason::reset); // 3 ms
    EXPECT_EQ(w.exchanges().at(0)["timing"].dump(), R"({"connect":0.001,"send":0.001,"unanswered":0.001})");
}

TEST(exchange, whose_response_was_lost_did_not_wait) {
    wire w;
    w.client(get);
    w.lose(side::server, ok.size());
    w.end_and_close();
    const json e = w.exchanges().at(0);
    EXPECT_FALSE(e.contains("response"));
    EXPECT_EQ(e["missing"]["response"], ok.size());
    EXPECT_FALSE(e["timing"].contains("unanswered")) << e["timing"];
}

TEST(exchange, measures_from_first_and_last_bytes) {
    wire w;
    w.client(get.substr(0, 10)); // 1 ms
    w.client(get.substr(10));    // 2 ms
    w.server(ok.substr(0, 20));  // 3 ms
    w.server(ok.substr(20, 5));  // 4 ms
    w.server(ok.substr(25));     // 5 ms
    const json e = w.exchanges().at(0);
    EXPECT_EQ(e["ts"], "1970-01-01T00:00:00.001000000Z");
    EXPECT_EQ(e["timing"].dump(),
              R"({"connect":0.001,"receive":0.002,"send":0.001,"total":0.004,"wait":0.001})");
    w.client(get);
    w.server(ok);
    EXPECT_FALSE(w.exchanges().at(1)["timing"].contains("connect"));
}

TEST(exchange, heads_are_told_as_soon_as_they_are_complete) {
    wire w;
    w.client("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
    ASSERT_EQ(w.events("http.request").size(), 1U);
    EXPECT_FALSE(w.events("http.request")[0]["request"].contains("body"));
    EXPECT_FALSE(w.events("http.request")[0]["request"].contains("complete"));
    w.server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    EXPECT_EQ(w.events("http.response").size(), 1U);
    EXPECT_EQ(w.events("http.response")[0]["exchange"], 1);
}

TEST(exchange, waits_for_a_request_that_is_answered_early) {
    wire w;
    w.client("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab");
    w.server("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
    EXPECT_TRUE(w.exchanges().empty());
    w.client("c");
    ASSERT_EQ(w.exchanges().size(), 1U);
    EXPECT_EQ(w.exchanges()[0]["request"]["complete"], true);
}

TEST(exchange, pipelined_requests_are_answered_in_order) {
    wire w;
    w.client("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nHEAD /3 HTTP/1.1\r\nHost: "
             "a\r\n\r\n");
    w.server(
        "HTTP/1.1 201 A\r\nContent-Length: 1\r\n\r\naHTTP/1.1 202 B\r\nTransfer-Encoding: chunked\r\n\r\n"
        "1\r\nb\r\n0\r\n\r\nHTTP/1.1 203 C\r\nContent-Length: 100\r\n\r\n");
    const std::vector<json> e = w.exchanges();
    ASSERT_EQ(e.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(e[i]["exchange"], i + 1);
        EXPECT_EQ(e[i]["request"]["target"], "/" + std::to_string(i + 1));
        EXPECT_EQ(e[i]["response"]["status"], 201 + i);
        EXPECT_EQ(e[i]["response"]["complete"], true);
    }
    EXPECT_EQ(e[2]["response"]["body"]["size"], 0);
}

TEST(exchange, responses_without_a_body_by_their_status_have_none) {
    wire w;
    for (const char* status : {"204", "304"}) {
        w.client(get);
        w.server(std::string("HTTP/1.1 ") + status + " X\r\nContent-Length: 10\r\n\r\n");
    }
    ASSERT_EQ(w.exchanges().size(), 2U);
    EXPECT_EQ(codes(w.exchanges()[0]), std::vector<std::string>{"http.framing_not_allowed"});
    EXPECT_TRUE(codes(w.exchanges()[1]).empty());
}

TEST(exchange, interim_responses_stand_beside_the_final_one) {
    wire w;
    w.client("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    w.server("HTTP/1.1 100 Continue\r\n\r\n");
    w.client("hi");
    w.server(
        "HTTP/1.1 103 Early Hints\r\nLink: </s.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    const json e = w.exchanges().at(0);
    EXPECT_EQ(e["informational"].dump(),
              R"([{"headers":{},"status":100},{"headers":{"link":"</s.css>"},"status":103}])");
    EXPECT_EQ(e["response"]["status"], 200);
    EXPECT_EQ(e["request"]["body"]["size"], 2);
}

TEST(exchange, a_refused_body_is_not_waited_for) {
    wire w;
    w.client("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 200\r\n\r\n");
    w.server("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
    w.client(get);
    w.server(ok);
    ASSERT_EQ(w.exchanges().size(), 2U);
    EXPECT_EQ(w.exchanges()[0]["request"]["complete"], false);
    EXPECT_EQ(w.exchanges()[1]["request"]["target"], "/a?b=c");
}

TEST(exchange, the_end_of_the_connection_ends_a_body_without_a_length) {
    wire w;
    w.client(get);
    w.server("HTTP/1.0 200 OK\r\n\r\nall that ");
    w.server("follows");
    EXPECT_TRUE(w.exchanges().empty());
    w.end(side::server);
    ASSERT_EQ(w.exchanges().size(), 1U);
    EXPECT_EQ(w.exchanges()[0]["response"]["body"]["size"], 16);
    EXPECT_EQ(w.exchanges()[0]["response"]["complete"], true);
}

TEST(exchange, a_body_without_a_length_is_incomplete_where_no_fin_ends_it) {
    for (const auto why :
         {event::close_reason::reset, event::close_reason::end_of_capture, event::close_reason::timeout}) {
        wire w;
        w.client(get);
        w.server("HTTP/1.0 200 OK\r\n\r\nall");
        w.close(why);
        EXPECT_EQ(w.exchanges().at(0)["response"]["complete"], false);
    }
}

TEST(exchange, chunked_bodies_are_joined_and_trailers_told) {
    wire w(options{.bodies = true});
    w.client(get);
    w.server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b;c=\"d\"\r\nhello\r\n00006\r\n "
             "world\r\n0\r\n"
             "X-Sum: 1\r\nX-Sum: 2\r\n\r\n");
    const json r = w.exchanges().at(0)["response"];
    EXPECT_EQ(r["body"].dump(), R"({"data":"hello world","size":11})");
    EXPECT_EQ(r["trailers"].dump(), R"({"x-sum":["1","2"]})");
    EXPECT_EQ(r["complete"], true);
}

TEST(exchange, a_request_without_response_is_told_at_the_close) {
    wire w;
    w.client(get);
    w.end_and_close();
    const json e = w.exchanges().at(0);
    EXPECT_TRUE(e.contains("request"));
    EXPECT_FALSE(e.contains("response"));
}

TEST(exchange, a_message_cut_off_says_so) {
    wire w;
    w.client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    w.end_and_close();
    EXPECT_EQ(w.exchanges().at(0)["request"]["complete"], false);
    EXPECT_EQ(codes(w.exchanges()[0]), std::vector<std::string>{"http.body_cut_short"});
}

TEST(exchange, what_the_capture_did_not_see_is_counted) {
    wire w;
    w.client(get);
    w.server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    w.close(event::close_reason::end_of_capture);
    EXPECT_EQ(w.exchanges().at(0)["missing"].dump(), R"({"cause":"not_captured","response":7})");
    EXPECT_FALSE(w.exchanges()[0].contains("anomalies"));
}

TEST(exchange, other_protocols_after_101_are_left_alone) {
    wire w;
    w.client("GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    w.server("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02hi");
    w.client("\x81\x82\x01\x02\x03\x04\x69\x6b");
    w.end_and_close();
    ASSERT_EQ(w.exchanges().size(), 1U);
    EXPECT_EQ(w.exchanges()[0]["response"]["status"], 101);
}

TEST(exchange, an_upgrade_inside_the_request_body_ends_both) {
    wire w;
    w.client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab");
    w.server("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    ASSERT_EQ(w.exchanges().size(), 1U);
    EXPECT_EQ(w.exchanges()[0]["request"]["complete"], false);
    w.client("more");
    w.end_and_close();
    EXPECT_EQ(w.exchanges().size(), 1U);
}

TEST(exchange, http_inside_a_tunnel_is_found) {
    wire w;
    w.client("CONNECT example.com:80 HTTP/1.1\r\nHost: example.com:80\r\n\r\n");
    w.server("HTTP/1.1 200 Connection established\r\n\r\n");
    w.client(get);
    w.server(ok);
    ASSERT_EQ(w.exchanges().size(), 2U);
    EXPECT_EQ(w.exchanges()[0]["request"]["host"], "example.com:80");
    EXPECT_FALSE(w.exchanges()[0]["request"].contains("url"));
    EXPECT_EQ(w.exchanges()[1]["exchange"], 2);
    EXPECT_EQ(w.exchanges()[1]["response"]["body"]["size"], 5);
}

TEST(exchange, a_tunnel_with_something_else_says_nothing) {
    wire w;
    w.client("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n");
    w.server("HTTP/1.1 200 Connection established\r\n\r\n");
    w.client(std::string("\x16\x03\x01\x02\x00\x01", 6));
    w.server(std::string("\x16\x03\x03\x00\x7a\x02", 6));
    w.end_and_close();
    EXPECT_EQ(w.exchanges().size(), 1U);
    EXPECT_TRUE(w.events("anomaly").empty());
}

struct url_case {
    std::string_view target, host_field, host, url;
};

TEST(exchange, the_url_is_made_of_target_and_host) {
    constexpr std::array<url_case, 6> cases{{
        {"/p?q", "h:8080", "h:8080", "http://h:8080/p?q"},
        {"http://other/p", "h", "other", "http://other/p"},
        {"http://user@other:81?q", "h", "other:81", "http://user@other:81?q"},
        {"*", "h", "h", "http://h"},
        {"/r?u=http://x/", "h", "h", "http://h/r?u=http://x/"},
        {"/p", "", "", ""},
    }};
    for (const url_case& c : cases) {
        wire w;
        std::string head = "OPTIONS ";
        head.append(c.target).append(" HTTP/1.1\r\n");
        if (!c.host_field.empty()) head.append("Host: ").append(c.host_field).append("\r\n");
        w.client(head.append("\r\n"));
        w.end_and_close();
        const json q = w.exchanges().at(0)["request"];
        EXPECT_EQ(q.value("host", ""), c.host) << c.target;
        EXPECT_EQ(q.value("url", ""), c.url) << c.target;
    }
}

TEST(exchange, bytes_that_are_no_utf8_can_be_had_back) {
    wire w(options{.bodies = true});
    w.client("POST /\xff HTTP/1.1\r\nHost: a\r\nX: \xfe\r\nContent-Length: 2\r\n\r\n\x80\x81");
    w.end_and_close();
    const json q = w.exchanges().at(0)["request"];
    EXPECT_EQ(q["target"]["base64"], "L/8=");
    EXPECT_EQ(q["headers"]["x"]["base64"], "/g==");
    EXPECT_EQ(q["body"]["data"]["base64"], "gIE=");
}

TEST(exchange, raw_headers_keep_case_and_order) {
    wire w(options{.raw_headers = true});
    w.client("GET / HTTP/1.1\r\nHOST: a\r\nx-B: 1\r\nX-b: 2\r\n\r\n");
    w.end_and_close();
    EXPECT_EQ(w.exchanges().at(0)["request"]["raw_headers"].dump(),
              R"([["HOST","a"],["x-B","1"],["X-b","2"]])");
}

TEST(exchange, an_http09_request_is_answered_by_a_bare_body) {
    wire w(options{.bodies = true});
    w.client("GET /old\r\n");
    w.server("<html>no head");
    w.server(" at all");
    w.end(side::server);
    const json e = w.exchanges().at(0);
    EXPECT_EQ(e["request"]["version"], "0.9");
    EXPECT_EQ(e["request"]["target"], "/old");
    EXPECT_EQ(e["response"]["version"], "0.9");
    EXPECT_FALSE(e["response"].contains("status"));
    EXPECT_EQ(e["response"]["body"]["data"], "<html>no head at all");
}

TEST(exchange, counters_count_what_nobody_asked_for) {
    wire w({}, {}, event::mask{});
    w.client("GET / HTTP/1.1\r\n\r\n");
    w.server(ok);
    EXPECT_TRUE(w.events().empty());
    EXPECT_EQ(w.count().exchanges, 1U);
    EXPECT_EQ(w.count().anomalies, 1U); // no Host field
}

struct ending_case {
    event::close_reason why;
    bool stopped;
    std::string_view word;
};

constexpr ending_case endings[] = {
    {event::close_reason::fin, false, "closed"},
    {event::close_reason::reset, false, "reset"},
    {event::close_reason::timeout, false, "timeout"},
    {event::close_reason::evicted, false, "evicted"},
    {event::close_reason::end_of_capture, false, "end_of_capture"},
    {event::close_reason::end_of_capture, true, "shutdown"},
};

TEST(ended, says_why_a_response_is_not_complete) {
    for (const std::string_view said :
         {"HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"}) {
        for (const ending_case& c : endings) {
            wire w;
            w.stop(c.stopped);
            w.client("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
            w.server(said);
            w.close(c.why);
            const json e = w.exchanges().at(0);
            EXPECT_EQ(e["response"]["complete"], false);
            EXPECT_EQ(e["response"]["ended"], c.word) << said;
            EXPECT_EQ(e["ended"], c.word);
            EXPECT_FALSE(e["request"].contains("ended"));
        }
    }
}

TEST(ended, says_why_no_response_came) {
    for (const ending_case& c : endings) {
        wire w;
        w.stop(c.stopped);
        w.client("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        w.close(c.why);
        const json e = w.exchanges().at(0);
        EXPECT_FALSE(e.contains("response"));
        EXPECT_EQ(e["ended"], c.word);
        EXPECT_FALSE(e.contains("missing"));
    }
}

TEST(ended, says_why_a_request_is_not_complete) {
    wire w;
    w.client("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
    w.close(event::close_reason::reset);
    const json e = w.exchanges().at(0);
    EXPECT_EQ(e["request"]["complete"], false);
    EXPECT_EQ(e["request"]["ended"], "reset");
    EXPECT_EQ(e["ended"], "reset");
}

TEST(ended, is_not_said_of_what_ended_well) {
    for (const ending_case& c : endings) {
        wire w;
        w.client("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        w.server("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nA");
        w.close(c.why);
        EXPECT_EQ(w.exchanges().at(0).dump().find("ended"), std::string::npos);
    }
}

TEST(ended, a_body_that_the_connection_ends_is_complete_by_a_fin_only) {
    for (const ending_case& c : endings) {
        wire w;
        w.client("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        w.server("HTTP/1.1 200 OK\r\n\r\nA");
        w.close(c.why);
        EXPECT_EQ(w.exchanges().at(0)["response"]["complete"], c.why == event::close_reason::fin);
    }
}

TEST(exchange, a_response_to_a_head_that_is_not_over_answers_it) {
    wire w;
    w.client("GET /slow HTTP/1.1\r\nHost: h\r\n");
    w.server("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
    w.end_and_close();
    ASSERT_EQ(w.exchanges().size(), 1U);
    const json e = w.exchanges()[0];
    EXPECT_EQ(e["request"]["target"], "/slow");
    EXPECT_EQ(e["request"]["complete"], false);
    EXPECT_EQ(e["response"]["status"], 408);
    EXPECT_EQ(codes(e), std::vector<std::string>{"http.head_cut_short"});
}

TEST(exchange, what_was_held_for_a_refused_switch_comes_before_the_next_response) {
    wire w;
    w.client("CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n");
    w.server("HTTP/1.1 405 No\r\nContent-Length: 1\r\n\r\nAHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nB");
    ASSERT_EQ(w.exchanges().size(), 2U);
    EXPECT_EQ(w.exchanges()[0]["response"]["status"], 405);
    EXPECT_EQ(w.exchanges()[1]["request"]["target"], "/b");
    EXPECT_EQ(w.exchanges()[1]["response"]["status"], 200);
}

TEST(exchange, bodies_are_reported_as_they_come) {
    wire w({}, {}, everything());
    w.client("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nup");
    w.client("on");
    w.server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    EXPECT_TRUE(w.exchanges().empty());
    w.server("2\r\nde\r\n0\r\n\r\n");
    std::vector<std::string> told;
    for (const json& e : w.events("http.body"))
        told.push_back(e["side"].get<std::string>() + e["offset"].dump() + e["data"].get<std::string>());
    EXPECT_EQ(told, (std::vector<std::string>{"client0up", "client2on", "server0abc", "server3de"}));
}

TEST(exchange, the_open_ones_are_counted_with_the_oldest) {
    wire w;
    w.client("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"); // at 1 ms
    w.client("GET /b HTTP/1.1\r\nHost: h\r\n\r\n"); // at 2 ms
    EXPECT_EQ(w.count().open_exchanges, 2U);
    EXPECT_EQ(w.count().oldest_exchange->since_epoch, 1'000'000);
    w.server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(w.count().open_exchanges, 1U);
    EXPECT_EQ(w.count().oldest_exchange->since_epoch, 2'000'000);
    w.close();
    EXPECT_EQ(w.count().open_exchanges, 0U);
    EXPECT_FALSE(w.count().oldest_exchange);
}

TEST(junk, whose_last_line_has_no_end_is_over_with_its_packet) {
    wire w({.bodies = true});
    w.client("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    w.server("\x05\n\x01");
    w.server("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nA");
    const json e = w.exchanges().at(0);
    EXPECT_EQ(e["response"]["status"], 200);
    EXPECT_EQ(e["response"]["skipped"], 3);
    EXPECT_EQ(e["response"]["body"]["data"], "A");
    EXPECT_EQ(codes(e), std::vector<std::string>{"http.junk_before_message"});
}

} // namespace
} // namespace weir::session::test
