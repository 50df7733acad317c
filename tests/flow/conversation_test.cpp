// UDP conversations: who is the client, when they end, what a session gets, and the ICMP errors that quote
// them.
#include <gtest/gtest.h>

#include "tests/flow/harness.hpp"

namespace weir::flow::test {
namespace {

TEST(Conversation, ItsClientSpokeFirst) {
    wire w;
    w.say(false, "hello");
    w.say(true, "you");
    w.say(true, "too");
    w.flows.close_all(w.now);
    ASSERT_EQ(w.log.udp_closes.size(), 1u);
    const auto& c = w.log.udp_closes[0];
    EXPECT_EQ(c.connection.client.port, 80) << "the harness's server spoke first";
    EXPECT_EQ(c.from_client.packets, 1u);
    EXPECT_EQ(c.from_client.payload, 5u);
    EXPECT_EQ(c.from_server.packets, 2u);
    EXPECT_EQ(c.from_server.payload, 6u);
    EXPECT_EQ(c.reason, event::close_reason::end_of_capture);
    EXPECT_EQ(c.duration.count, 2'000'000);
    EXPECT_EQ(w.flows.conversations().seen, 1u);
    EXPECT_EQ(w.flows.conversations().open, 0u);
    EXPECT_EQ(w.flows.connections().seen, 0u);
}

TEST(Conversation, ContentMaySayOtherwise) {
    wire w;
    w.say(false, "HTTP/3");
    w.flows.close_all(w.now);
    EXPECT_EQ(w.log.udp_closes[0].connection.client.port, 40000);
    EXPECT_EQ(w.log.udp_closes[0].from_server.packets, 1u);
}

TEST(Conversation, EndsWhenIdleAtTheExactTime) {
    wire w;
    w.say(true, "x");
    const auto last = w.now;
    w.wait(119'999);
    EXPECT_TRUE(w.log.udp_closes.empty());
    w.wait(5'000);
    ASSERT_EQ(w.log.udp_closes.size(), 1u);
    EXPECT_EQ(w.log.udp_closes[0].ts, last + limits{}.idle_datagrams);
    EXPECT_EQ(w.log.udp_closes[0].reason, event::close_reason::timeout);
    w.say(true, "x");
    EXPECT_EQ(w.flows.conversations().seen, 2u);
}

TEST(Conversation, IsNoTcpConnectionOnTheSamePorts) {
    wire w;
    w.handshake();
    w.say(true, "x");
    w.play({true, flag::ack, 1, 1, "GET "});
    w.flows.close_all(w.now);
    EXPECT_EQ(w.log.closes[0].from_client.packets, 3u);
    EXPECT_EQ(w.log.closes[0].connection.conn, 1u);
    EXPECT_EQ(w.log.udp_closes[0].connection.conn, 2u) << "one numbering";
}

TEST(Conversation, OneLimitForBothTransports) {
    limits small;
    small.flows = 2;
    wire w(small);
    w.handshake();
    w.say(true, "x");
    w.client_port = 7;
    w.say(true, "x");
    ASSERT_EQ(w.log.udp_closes.size(), 1u) << "an established connection is kept longest";
    EXPECT_EQ(w.log.udp_closes[0].reason, event::close_reason::evicted);
    EXPECT_EQ(w.log.codes, std::vector<std::string>{"flow.limit"});
}

TEST(Conversation, ASessionGetsItsDatagramsAndItsTimes) {
    wire w;
    w.sessions.datagrams.wanted = true;
    w.say(true, "one");
    w.sessions.datagrams.next = w.now + common::nanoseconds{10'000'000'000};
    const auto due = *w.sessions.datagrams.next;
    w.say(false, "");
    w.wait(60'000);
    w.flows.close_all(w.now);
    EXPECT_EQ(w.sessions.datagrams.heard, "client:one server: due !end_of_capture");
    EXPECT_EQ(w.sessions.datagrams.due_at, due) << "not when the next record came";
    EXPECT_EQ(w.log.udp_closes[0].service, "test");
    EXPECT_EQ(w.sessions.released, 1);
}

TEST(Conversation, AnIcmpErrorFindsWhatItQuotes) {
    wire w;
    w.say(true, "x");
    w.handshake();
    protocol::packet p;
    p.what = protocol::disposition::icmp;
    p.ends.src = common::ip_address::v4(std::array<std::uint8_t, 4>{10, 0, 0, 99});
    p.icmp = protocol::icmp_error{"port_unreachable", 3, 3, std::nullopt, w.ends(true)};
    p.icmp->quoted.over = transport::udp;
    w.feed(p);
    EXPECT_TRUE(w.belonged);
    p.icmp->quoted.over = transport::tcp;
    w.feed(p);
    EXPECT_TRUE(w.belonged);
    p.icmp->quoted.src_port = 9;
    w.feed(p);
    EXPECT_FALSE(w.belonged) << "of no flow that is known";
    p.icmp.reset();
    w.feed(p);
    EXPECT_FALSE(w.belonged);
    EXPECT_EQ(w.log.order, (std::vector<std::string>{"open 2", "icmp 1 port_unreachable 10.0.0.99",
                                                     "icmp 2 port_unreachable 10.0.0.99"}));
}

} // namespace
} // namespace weir::flow::test
