// Sessions inside sessions: CONNECT and Upgrade hand their streams over, nothing between is lost, and what is
// inside is found anew.
#include <gtest/gtest.h>

#include "session/place.hpp"
#include "tests/session/harness.hpp"

namespace weir::session::test {
namespace {

const std::string connect = "CONNECT example.com:80 HTTP/1.1\r\nHost: example.com:80\r\n\r\n";
const std::string granted = "HTTP/1.1 200 Connection established\r\n\r\n";
const std::string upgrade = "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: own\r\n\r\n";
const std::string switched = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: own\r\n\r\n";

std::string request(std::string_view target) {
    return std::string("GET ").append(target).append(" HTTP/1.1\r\nHost: h\r\n\r\n");
}
const std::string response = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nA";

/// Number and target of every exchange, in the order in which they were over.
std::vector<std::string> numbered(const wire& w) {
    std::vector<std::string> all;
    for (const json& e : w.exchanges())
        all.push_back(std::to_string(e["exchange"].get<int>()) + ' ' +
                      (e.contains("request") ? e["request"]["target"].get<std::string>() : "-") + ' ' +
                      std::to_string(e.contains("response") ? e["response"].value("status", 0) : 0));
    return all;
}

using lines = std::vector<std::string>;

TEST(stacking, a_client_that_does_not_wait_for_its_tunnel_loses_nothing) {
    // In every cut, and with the rest of the inner request behind the answer.
    const std::string inner = request("/inside");
    for (std::size_t early = 0; early <= inner.size(); ++early) {
        wire w;
        w.client(connect + inner.substr(0, early));
        w.server(granted);
        w.client(std::string_view(inner).substr(early));
        w.server(response);
        w.end_and_close();
        EXPECT_EQ(numbered(w), (lines{"1 example.com:80 200", "2 /inside 200"})) << early;
        EXPECT_TRUE(w.events("anomaly").empty()) << early;
    }
}

TEST(stacking, byte_by_byte_is_the_same) {
    wire w;
    for (const char& c : connect + request("/inside")) w.client({&c, 1});
    for (const char& c : granted + response) w.server({&c, 1});
    w.end_and_close();
    EXPECT_EQ(numbered(w), (lines{"1 example.com:80 200", "2 /inside 200"}));
}

TEST(stacking, what_was_sent_behind_a_refused_tunnel_is_http) {
    wire w;
    w.client(connect + request("/next"));
    w.server("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    w.server(response);
    w.end_and_close();
    EXPECT_EQ(numbered(w), (lines{"1 example.com:80 403", "2 /next 200"}));
}

TEST(stacking, switches_that_are_refused_one_behind_the_other) {
    wire w;
    w.client(upgrade + upgrade + connect + request("/last"));
    for (int i = 0; i < 4; ++i) w.server(response.substr(0, 15) + "\r\nContent-Length: 0\r\n\r\n");
    w.end_and_close();
    EXPECT_EQ(numbered(w).size(), 4U);
    EXPECT_EQ(numbered(w).back(), "4 /last 200");
}

TEST(stacking, a_switch_that_is_evicted_while_what_it_held_is_read) {
    limits most;
    most.of<http::application>().waiting = 1;
    wire w({}, most);
    w.client(upgrade + upgrade + upgrade + request("/last"));
    w.server(response);
    w.end_and_close();
    EXPECT_EQ(w.exchanges().size(), 4U);
    EXPECT_EQ(w.exchanges().back()["request"]["target"], "/last");
}

TEST(stacking, bytes_before_the_101_are_not_read_as_http) {
    wire w;
    w.client(upgrade);
    w.client("\x81\x85\x01\x02\x03\x04garbage that is no HTTP\r\n\r\n");
    w.server(switched + "\x81\x02hi");
    w.end_and_close();
    EXPECT_EQ(numbered(w), (lines{"1 /chat 101"}));
    EXPECT_TRUE(w.events("anomaly").empty());
}

TEST(stacking, http_behind_an_upgrade_is_found) {
    wire w;
    w.client(upgrade + request("/early"));
    w.server(switched + response);
    w.client(request("/late"));
    w.server(response);
    w.end_and_close();
    EXPECT_EQ(numbered(w), (lines{"1 /chat 101", "2 /early 200", "3 /late 200"}));
}

TEST(stacking, a_tunnel_in_a_tunnel) {
    wire w;
    w.client(connect + connect + request("/deep"));
    w.server(granted + granted + response);
    w.end_and_close();
    EXPECT_EQ(numbered(w), (lines{"1 example.com:80 200", "2 example.com:80 200", "3 /deep 200"}));
}

TEST(stacking, has_a_limit_that_is_reported) {
    limits most;
    most.depth = 2;
    wire w({}, most);
    for (int i = 0; i < 4; ++i) {
        w.client(connect);
        w.server(granted);
    }
    w.end_and_close();
    EXPECT_EQ(w.exchanges().size(), 3U);
    ASSERT_EQ(w.events("anomaly").size(), 1U);
    EXPECT_EQ(w.events("anomaly")[0]["code"], "session.depth_limit");
    EXPECT_EQ(w.events("anomaly")[0]["layer"], "session");
}

TEST(stacking, what_exceeds_what_may_be_held_is_a_hole) {
    limits most;
    most.of<http::application>().held_before_switch = 100;
    wire w({}, most);
    const std::string inner = "POST /inside HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n";
    w.client(connect + inner);
    w.client(std::string(1000, 'x'));
    w.server(granted + response);
    w.end_and_close();
    ASSERT_EQ(w.exchanges().size(), 2U);
    const json e = w.exchanges()[1];
    EXPECT_EQ(e["request"]["target"], "/inside");
    EXPECT_EQ(e["missing"].dump(), R"({"cause":"limit","request":1000})");
}

TEST(stacking, a_hole_behind_the_request_is_told_to_whom_it_concerns) {
    wire w;
    w.client(connect + "POST /inside HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
    w.lose(side::client, 4);
    w.client("hij");
    w.server(granted + response);
    w.end_and_close();
    ASSERT_EQ(w.exchanges().size(), 2U);
    EXPECT_EQ(w.exchanges()[1]["request"]["body"]["size"], 6);
    EXPECT_EQ(w.exchanges()[1]["missing"]["request"], 4);
}

TEST(stacking, an_unanswered_switch_leaves_http_what_is_http) {
    wire w;
    w.client(upgrade + request("/next"));
    w.close(event::close_reason::timeout);
    EXPECT_EQ(numbered(w), (lines{"1 /chat 0", "2 /next 0"}));
    wire x;
    x.client(connect + "\x16\x03\x01 a hello");
    x.close(event::close_reason::reset);
    EXPECT_EQ(numbered(x), (lines{"1 example.com:80 0"}));
    EXPECT_TRUE(x.events("anomaly").empty());
}

TEST(stacking, an_inner_exchange_says_why_it_ended) {
    wire w;
    w.client(connect);
    w.server(granted);
    w.client(request("/inside"));
    w.close(event::close_reason::reset);
    ASSERT_EQ(w.exchanges().size(), 2U);
    EXPECT_EQ(w.exchanges()[1]["ended"], "reset");
}

TEST(stacking, a_place_knows_what_is_around_it) {
    fixed_identity id;
    id.is_midstream = true;
    place connection, tunnel, tls;
    connection.stand_on(id);
    tunnel.stand_in(connection, false);
    tls.stand_in(tunnel, true);
    EXPECT_EQ(tls.outer(), &tunnel);
    EXPECT_EQ(connection.outer(), nullptr);
    EXPECT_EQ(tls.depth(), 2U);
    EXPECT_TRUE(tls.is_secure());
    EXPECT_FALSE(tunnel.is_secure());
    EXPECT_TRUE(connection.midstream());
    EXPECT_FALSE(tunnel.midstream()) << "its first byte was seen";
    EXPECT_EQ(connection.next_exchange(), 1U);
    EXPECT_EQ(tls.next_exchange(), 2U);
    EXPECT_EQ(tunnel.next_exchange(), 3U);
    EXPECT_EQ(tls.ref().conn, 1U);
}

} // namespace
} // namespace weir::session::test
