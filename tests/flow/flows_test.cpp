// The flows: ports that are used again, limits, time.
#include <gtest/gtest.h>

#include "tests/flow/harness.hpp"

namespace weir::flow::test {
namespace {

TEST(Flows, ANewSynOnUsedPortsIsANewConnection) {
    wire w;
    w.handshake();
    w.play({true, flag::ack, 1, 1, "one"});
    w.play({true, flag::syn, 70000, 0, ""});
    w.play({false, flag::syn | flag::ack, 90000, 70001, ""});
    w.play({true, flag::ack, 70001, 90001, "two"});
    w.flows.close_all(w.now);
    ASSERT_EQ(w.log.closes.size(), 2u);
    EXPECT_EQ(w.session(0).streams[0], "one");
    EXPECT_EQ(w.session(1).streams[0], "two");
    EXPECT_EQ(w.flows.connections().seen, 2u);
}

TEST(Flows, ARetriedSynIsNot) {
    wire w;
    w.play({true, flag::syn, 0, 0, ""});
    w.play({true, flag::syn, 0, 0, ""});
    w.play({false, flag::syn | flag::ack, 0, 1, ""});
    w.flows.close_all(w.now);
    ASSERT_EQ(w.log.closes.size(), 1u);
    EXPECT_EQ(w.log.closes[0].from_client.packets, 2u);
}

TEST(Flows, TheOneIdleLongestIsEvictedAtTheLimit) {
    limits small;
    small.flows = 2;
    wire w(small);
    for (const std::uint16_t port : {std::uint16_t{1}, std::uint16_t{2}}) {
        w.client_port = port;
        w.play({true, flag::syn, 0, 0, ""});
    }
    w.client_port = 1;
    w.play({true, flag::syn, 0, 0, ""}); // port 2 is now idle longest
    w.client_port = 3;
    w.play({true, flag::syn, 0, 0, ""});
    ASSERT_EQ(w.log.closes.size(), 1u);
    EXPECT_EQ(w.log.closes[0].connection.client.port, 2);
    EXPECT_EQ(w.log.closes[0].reason, event::close_reason::evicted);
    EXPECT_EQ(w.log.codes, std::vector<std::string>{"flow.limit"});
    EXPECT_EQ(w.flows.connections().open, 2u);
    EXPECT_EQ(w.flows.anomalies(), 1u);
}

TEST(Flows, IdleConnectionsTimeOutByTheirPhase) {
    limits l;
    l.idle_transitory = {1'000'000'000};
    l.idle_established = {5'000'000'000};
    wire w(l);
    w.handshake();
    w.client_port = 7;
    w.play({true, flag::syn, 0, 0, ""});
    w.wait(2000);
    ASSERT_EQ(w.log.closes.size(), 1u);
    EXPECT_EQ(w.log.closes[0].connection.client.port, 7);
    EXPECT_EQ(w.log.closes[0].reason, event::close_reason::timeout);
    w.wait(4000);
    EXPECT_EQ(w.log.closes.size(), 2u);
}

TEST(Flows, LatePacketsAfterTheEndBelongToTheConnection) {
    wire w;
    w.handshake();
    w.play({true, flag::fin | flag::ack, 1, 1, ""});
    w.play({false, flag::fin | flag::ack, 1, 2, ""});
    w.play({true, flag::ack, 2, 2, ""});
    w.play({false, flag::fin | flag::ack, 1, 2, ""});
    w.wait(2000);
    ASSERT_EQ(w.log.closes.size(), 1u);
    EXPECT_EQ(w.log.closes[0].from_server.packets, 3u);
    EXPECT_EQ(w.log.closes[0].reason, event::close_reason::fin);
}

TEST(Flows, ClosesInOrderOfNumbersAtTheEnd) {
    wire w;
    for (std::uint16_t port = 50; port > 40; --port) {
        w.client_port = port;
        w.play({true, flag::syn, 0, 0, ""});
    }
    w.flows.close_all(w.now);
    for (std::size_t i = 0; i < w.log.closes.size(); ++i) EXPECT_EQ(w.log.closes[i].connection.conn, i + 1);
    EXPECT_EQ(w.log.closes.size(), 10u);
}

TEST(Flows, ACloseHasTheTimeOfItsCause) {
    wire w;
    w.play({true, flag::syn, 0, 0, ""}); // nobody answers
    const auto syn = w.now;
    w.client_port = 2;
    w.handshake();
    w.play({true, flag::fin | flag::ack, 1, 1, ""});
    w.play({false, flag::fin | flag::ack, 1, 2, ""});
    const auto fin = w.now;
    w.play({true, flag::ack, 2, 2, ""});
    w.client_port = 3;
    w.handshake();
    w.play({false, flag::rst, 1, 1, ""});
    const auto rst = w.now;
    w.play({true, flag::ack, 1, 1, ""}); // late
    w.client_port = 4;
    w.handshake();
    const auto last = w.now;
    w.wait(3'000'000);
    w.wait(3'000'000);
    w.wait(3'000'000);
    ASSERT_EQ(w.log.closes.size(), 4u);
    EXPECT_EQ(w.log.closes[0].ts, fin);
    EXPECT_EQ(w.log.closes[1].ts, rst);
    EXPECT_EQ(w.log.closes[2].ts, syn + limits{}.idle_transitory);
    EXPECT_EQ(w.log.closes[2].reason, event::close_reason::timeout);
    EXPECT_EQ(w.log.closes[3].ts, last + limits{}.idle_established);
}

TEST(Flows, DeadlinesAreExactAndInOrderOfTheirNumbers) {
    wire w;
    const std::array<std::uint16_t, 4> ports{5, 3, 9, 1};
    for (const std::uint16_t port : ports) { // numbers 1 to 4
        w.client_port = port;
        w.play({true, flag::syn, 0, 0, ""});
    }
    w.now.since_epoch += 1'000'000;
    for (std::size_t i = ports.size(); i-- > 0;) { // all of them at one moment, the last one first
        w.client_port = ports[i];
        w.play({true, flag::syn, 0, 0, ""});
        w.now.since_epoch -= 1'000'000;
    }
    w.now.since_epoch += 1'000'000;
    const auto before = limits{}.idle_transitory.count / 1'000'000 - 1;
    w.wait(before);
    EXPECT_TRUE(w.log.closes.empty());
    w.wait(1);
    EXPECT_EQ(w.log.order, (std::vector<std::string>{"close 1", "close 2", "close 3", "close 4"}));
}

TEST(Flows, TimeGoesOnWithoutTheirPackets) {
    wire w;
    w.handshake();
    w.play({true, flag::rst, 1, 1, ""});
    protocol::packet other;
    other.what = protocol::disposition::not_ip;
    w.now.since_epoch += 2'000'000'000;
    w.feed(other);
    EXPECT_FALSE(w.belonged);
    EXPECT_EQ(w.log.closes.size(), 1u);
}

TEST(Flows, AHoleIsGivenUpAtItsTimeNotWhenTheNextPacketComes) {
    wire w;
    w.handshake();
    w.play({true, flag::ack, 6, 1, "fg"});
    w.play({false, flag::ack, 1, 8, ""});
    const auto acknowledged = w.now;
    w.wait(5'000);
    ASSERT_EQ(w.session().gaps.size(), 1u);
    EXPECT_EQ(w.session().gaps[0].ts, acknowledged + limits{}.gap_grace);
}

TEST(Flows, ALimitOfMemoryBoundsAllThatConnectionsHold) {
    for (const std::size_t memory : {std::size_t{1} << 20, std::size_t{1} << 24}) {
        const limits l = limits{}.within(memory);
        EXPECT_LE(l.memory + l.held_bytes + l.held_segments * 128 + l.tails * sizeof(tcp::tail), memory);
        EXPECT_LE(l.flows * limits::flow_bytes, l.memory);
        EXPECT_GT(l.flows, memory / 2 / limits::flow_bytes - 1);
    }
    EXPECT_EQ(limits{}.within(std::size_t{1} << 40).flows, limits{}.flows) << "it only lowers";
    EXPECT_LE(sizeof(tcp::connection) + sizeof(void*) * 16 / 7, limits::flow_bytes);
}

TEST(Flows, SessionsCountAsMemoryAndTheOneIdleLongestMakesRoom) {
    limits small;
    small.memory = 10 * (limits::flow_bytes + sizeof(tcp::observer)) + 3 * limits::session_bytes;
    wire w(small);
    for (std::uint16_t port = 1; port <= 10; ++port) {
        w.client_port = port;
        w.handshake();
    }
    EXPECT_EQ(w.flows.connections().open, 10u) << "none of them has a session";
    for (std::uint16_t port = 10; port >= 6; --port) {
        w.client_port = port;
        w.play({true, flag::ack, 1, 1, "GET"});
    }
    EXPECT_LT(w.flows.connections().open, 10u);
    EXPECT_GE(w.flows.connections().open, 5u);
    EXPECT_EQ(w.log.closes.front().connection.client.port, 1) << "idle longest";
    EXPECT_EQ(w.log.closes.front().reason, event::close_reason::evicted);
    const std::size_t evicted = w.log.codes.size();
    EXPECT_EQ(evicted, w.log.closes.size());
    w.client_port = 6;
    w.play({false, flag::ack, 1, 4, "200"});
    EXPECT_EQ(w.sessions.all.back()->streams[1], "200") << "the last ones are still there";
    w.flows.close_all(w.now);
    for (int i = 0; i < 100; ++i) { // what was given back can be used again
        w.client_port = static_cast<std::uint16_t>(100 + i);
        w.handshake();
        w.play({true, flag::ack, 1, 1, "GET"});
        w.play({true, flag::rst, 4, 1, ""});
        w.wait(2000);
    }
    EXPECT_EQ(w.log.codes.size(), evicted);
}

TEST(Flows, EstablishedConnectionsSurviveAFlood) {
    limits few;
    few.flows = 50;
    wire w(few);
    w.handshake();
    w.play({true, flag::ack, 1, 1, "GET"});
    for (std::uint16_t port = 1000; port < 3000; ++port) {
        w.client_port = port;
        w.play({true, flag::syn, 0, 0, ""});
    }
    w.client_port = 40000;
    w.play({false, flag::ack, 1, 4, "200"});
    EXPECT_EQ(w.session().streams[0] + w.session().streams[1], "GET200");
    EXPECT_EQ(w.flows.connections().open, 50u);
}

TEST(Flows, AConnectionCostsLittle) {
    // a million under 600 MiB; an index of pointers, at least 7/16 full
    EXPECT_LE(sizeof(tcp::connection) + sizeof(void*) * 16 / 7, 600u);
    EXPECT_LE(sizeof(udp::conversation), 240u);
}

TEST(Flows, APacketThatLeapsInTimeStaysWhereItIsWhenTheLeapIsBelieved) {
    wire w;
    w.handshake();
    w.client_port = 7;
    w.now.since_epoch += 10'000'000'000'000;
    w.play({true, flag::syn, 0, 0, ""});
    w.play({false, flag::syn | flag::ack, 0, 1, ""});
    w.play({true, flag::ack, 1, 1, "GET "});
    w.flows.close_all(w.now);
    ASSERT_EQ(w.log.closes.size(), 2u);
    EXPECT_EQ(w.log.closes[0].reason, event::close_reason::timeout) << "the other one was silent";
    EXPECT_EQ(w.log.closes[1].from_client.packets, 2u);
    EXPECT_EQ(w.log.states[1], "S1");
}

TEST(Flows, OneWildTimeStampEndsNoConnection) {
    wire w;
    w.handshake();
    const auto before = w.now;
    w.client_port = 7;
    w.now.since_epoch += 10'000'000'000'000'000;
    w.play({true, flag::syn, 0, 0, ""});
    w.now = before;
    w.client_port = 40000;
    w.play({true, flag::ack, 1, 1, "x"});
    EXPECT_TRUE(w.log.closes.empty());
    EXPECT_EQ(w.session().streams[0], "x");
}

TEST(Flows, ALongSilenceIsBelievedWhenTwoPacketsAgree) {
    wire w;
    w.handshake();
    w.client_port = 7;
    w.now.since_epoch += 10'000'000'000'000;
    w.play({true, flag::syn, 0, 0, ""});
    w.play({true, flag::syn, 0, 0, ""});
    ASSERT_EQ(w.log.closes.size(), 1u);
    EXPECT_EQ(w.log.closes[0].reason, event::close_reason::timeout);
}

TEST(Flows, TimeThatGoesBackNeitherHangsNorCloses) {
    wire w;
    w.handshake();
    w.now.since_epoch -= 3'600'000'000'000;
    w.play({true, flag::ack, 1, 1, "x"});
    EXPECT_EQ(w.session().streams[0], "x");
    EXPECT_TRUE(w.log.closes.empty());
}

} // namespace
} // namespace weir::flow::test
