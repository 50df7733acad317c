// The times of an exchange, by the clock of the capture: each step of a test takes a millisecond.
#include <gtest/gtest.h>

#include "tests/session/harness.hpp"

namespace weir::session::test {
namespace {

const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n";

json timing(const wire& w, std::size_t exchange = 0) { return w.exchanges().at(exchange)["timing"]; }

TEST(timing, says_when_each_part_came) {
    wire w;
    w.client(get.substr(0, 10)); // 1
    w.client(get.substr(10));    // 2
    w.lose(side::server, 0);     // 3
    w.server(ok);                // 4
    w.server("ab");              // 5
    w.server("cd");              // 6
    EXPECT_EQ(
        timing(w),
        (json{{"connect", 0.001}, {"send", 0.001}, {"wait", 0.002}, {"receive", 0.002}, {"total", 0.005}}));
}

TEST(timing, a_reused_connection_is_not_connected_again) {
    wire w;
    for (int i = 0; i < 2; ++i) {
        w.client(get);
        w.server(ok + "abcd");
    }
    EXPECT_TRUE(timing(w, 0).contains("connect"));
    EXPECT_EQ(timing(w, 1), (json{{"send", 0.0}, {"wait", 0.001}, {"receive", 0.0}, {"total", 0.001}}));
}

TEST(timing, a_request_that_waits_for_100_continue) {
    wire w;
    w.client("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"); // 1
    w.server("HTTP/1.1 100 Continue\r\n\r\n");                                                   // 2
    w.client("abcd");                                                                            // 3
    w.server(ok + "abcd");                                                                       // 4
    const json t = timing(w);
    EXPECT_EQ(t["send"], 0.002) << "the body included";
    EXPECT_EQ(t["wait"], 0.001) << "for the final response";
    EXPECT_EQ(t["total"], 0.003);
}

TEST(timing, an_answer_that_comes_before_the_request_is_sent) {
    wire w;
    w.client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nabcd"); // 1
    w.server(ok + "abcd");                                                   // 2
    w.client("efgh");                                                        // 3
    const json t = timing(w);
    EXPECT_EQ(t["send"], 0.002);
    EXPECT_EQ(t["wait"], 0.0);
    EXPECT_EQ(t["receive"], 0.0);
    EXPECT_EQ(t["total"], 0.002) << "to the last byte of both";
}

TEST(timing, a_pipelined_request_waits_for_the_responses_before_it) {
    wire w;
    w.client(get);    // 1
    w.client(get);    // 2
    w.server(ok);     // 3
    w.server("abcd"); // 4
    w.lose(side::client, 0);
    w.server(ok + "abcd"); // 6
    EXPECT_FALSE(timing(w, 0).contains("blocked"));
    EXPECT_EQ(timing(w, 1),
              (json{{"send", 0.0}, {"wait", 0.004}, {"blocked", 0.002}, {"receive", 0.0}, {"total", 0.004}}));
    wire at_once; // both answers in one packet
    at_once.client(get);
    at_once.client(get);
    at_once.server(ok + "abcd" + ok + "abcd");
    EXPECT_EQ(timing(at_once, 1)["blocked"], timing(at_once, 1)["wait"]);
}

TEST(timing, without_a_response_there_is_only_what_was_sent) {
    wire w;
    w.client(get);
    w.close(event::close_reason::timeout);
    const json t = timing(w);
    EXPECT_EQ(t, (json{{"connect", 0.001}, {"send", 0.0}, {"unanswered", 0.001}}));
}

} // namespace
} // namespace weir::session::test
