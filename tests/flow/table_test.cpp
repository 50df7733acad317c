// The table: ports that are used again, limits, time.
#include <gtest/gtest.h>

#include "tests/flow/harness.hpp"

namespace weir::flow::test {
namespace {

TEST(Table, ANewSynOnUsedPortsIsANewConnection) {
    wire w;
    w.handshake();
    w.play({true, flag::ack, 1, 1, "one"});
    w.play({true, flag::syn, 70000, 0, ""});
    w.play({false, flag::syn | flag::ack, 90000, 70001, ""});
    w.play({true, flag::ack, 70001, 90001, "two"});
    w.table.close_all(w.now);
    ASSERT_EQ(w.log.closes.size(), 2u);
    EXPECT_EQ(w.session(0).streams[0], "one");
    EXPECT_EQ(w.session(1).streams[0], "two");
    EXPECT_EQ(w.table.opened(), 2u);
}

TEST(Table, ARetriedSynIsNot) {
    wire w;
    w.play({true, flag::syn, 0, 0, ""});
    w.play({true, flag::syn, 0, 0, ""});
    w.play({false, flag::syn | flag::ack, 0, 1, ""});
    w.table.close_all(w.now);
    ASSERT_EQ(w.log.closes.size(), 1u);
    EXPECT_EQ(w.log.closes[0].from_client.packets, 2u);
}

TEST(Table, TheOneIdleLongestIsEvictedAtTheLimit) {
    limits small;
    small.connections = 2;
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
    EXPECT_EQ(w.log.codes, std::vector<std::string>{"tcp.connection_limit"});
    EXPECT_EQ(w.table.open(), 2u);
    EXPECT_EQ(w.table.anomalies(), 1u);
}

TEST(Table, IdleConnectionsTimeOutByTheirPhase) {
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

TEST(Table, LatePacketsAfterTheEndBelongToTheConnection) {
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

TEST(Table, ClosesInOrderOfNumbersAtTheEnd) {
    wire w;
    for (std::uint16_t port = 50; port > 40; --port) {
        w.client_port = port;
        w.play({true, flag::syn, 0, 0, ""});
    }
    w.table.close_all(w.now);
    for (std::size_t i = 0; i < w.log.closes.size(); ++i) EXPECT_EQ(w.log.closes[i].connection.conn, i + 1);
    EXPECT_EQ(w.log.closes.size(), 10u);
}

TEST(Table, OneWildTimeStampEndsNoConnection) {
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

TEST(Table, ALongSilenceIsBelievedWhenTwoPacketsAgree) {
    wire w;
    w.handshake();
    w.client_port = 7;
    w.now.since_epoch += 10'000'000'000'000;
    w.play({true, flag::syn, 0, 0, ""});
    w.play({true, flag::syn, 0, 0, ""});
    ASSERT_EQ(w.log.closes.size(), 1u);
    EXPECT_EQ(w.log.closes[0].reason, event::close_reason::timeout);
}

TEST(Table, TimeThatGoesBackNeitherHangsNorCloses) {
    wire w;
    w.handshake();
    w.now.since_epoch -= 3'600'000'000'000;
    w.play({true, flag::ack, 1, 1, "x"});
    EXPECT_EQ(w.session().streams[0], "x");
    EXPECT_TRUE(w.log.closes.empty());
}

} // namespace
} // namespace weir::flow::test
