// Which packets are one connection: VLANs, ports that are used again, tries beside a connection that lives,
// roles that turn out otherwise.
#include <gtest/gtest.h>

#include "tests/flow/harness.hpp"

namespace weir::flow::test {
namespace {

constexpr std::uint16_t ack = flag::ack, fin = flag::fin | flag::ack, syn = flag::syn,
                        syn_ack = flag::syn | flag::ack, rst = flag::rst;

/// Closes what is open; "state:history" of each connection, by number.
std::string told(wire& w) {
    w.flows.close_all(w.now);
    std::map<std::uint64_t, std::string> by_number;
    for (std::size_t i = 0; i < w.log.states.size(); ++i)
        by_number[w.log.closes[i].connection.conn] = w.log.states[i] + ':' + w.log.histories[i];
    std::string all;
    for (const auto& [number, text] : by_number) all += (all.empty() ? "" : " ") + text;
    return all;
}

void exchange(wire& w, std::uint32_t client_at = 0, std::uint32_t server_at = 0) {
    w.play({true, syn, client_at, 0, ""});
    w.play({false, syn_ack, server_at, client_at + 1, ""});
    w.play({true, ack, client_at + 1, server_at + 1, "GET"});
    w.play({false, ack, server_at + 1, client_at + 4, "200"});
}

void both_fins(wire& w, std::uint32_t client_at = 0, std::uint32_t server_at = 0) {
    w.play({true, fin, client_at + 4, server_at + 4, ""});
    w.play({false, fin, server_at + 4, client_at + 5, ""});
    w.play({true, ack, client_at + 5, server_at + 5, ""});
}

TEST(Identity, OneDirectionTaggedAndTheOtherNotIsOneConnection) {
    for (const auto& tags :
         {std::array{0u, 7u}, std::array{7u, 0u}, std::array{7u, 8u}, std::array{7u, 7u}}) {
        wire w;
        w.tags = tags;
        exchange(w);
        EXPECT_EQ(w.session().streams[0] + w.session().streams[1], "GET200");
        EXPECT_EQ(told(w), "S1:ShDd");
    }
}

TEST(Identity, OnTwoVlansWithBothDirectionsSeenAreTwo) {
    wire w;
    const auto on = [&](std::uint32_t vlan, const segment& s) {
        w.tags = {vlan, vlan};
        w.play(s);
    };
    for (const segment& s : std::vector<segment>{{true, syn, 0, 0, ""},
                                                 {false, syn_ack, 0, 1, ""},
                                                 {true, ack, 1, 1, "GET"},
                                                 {false, ack, 1, 4, "200"}}) {
        on(7, s);
        on(8, s);
    }
    on(7, {true, fin, 4, 4, ""});
    on(7, {false, fin, 4, 5, ""});
    on(7, {true, ack, 5, 5, ""});
    w.wait(2000);
    on(8, {true, ack, 4, 4, "on"});
    EXPECT_EQ(told(w), "SF:ShDdFfA S1:ShDd");
    EXPECT_EQ(w.sessions.all.size(), 2u);
    EXPECT_EQ(w.session(1).streams[0], "GETon");
}

TEST(Identity, WhoMakesUpVlansIsBounded) {
    wire w;
    for (std::uint32_t vlan = 1; vlan <= 1000; ++vlan) {
        w.tags = {vlan, vlan};
        w.play({true, syn, 0, 0, ""});
        w.play({false, syn_ack, 0, 1, ""});
    }
    EXPECT_LE(w.flows.connections().open, 16u);
    EXPECT_EQ(w.flows.connections().seen, 1000u);
    EXPECT_EQ(w.log.codes.size(), 984u);
}

TEST(Identity, APortUsedAgainIsAnotherConnection) {
    for (const std::uint32_t again : {0u, 70'000u, 0x90000000u}) { // the same numbers, too (TIME_WAIT reuse)
        wire w;
        exchange(w);
        both_fins(w);
        exchange(w, again, again);
        both_fins(w, again, again);
        EXPECT_EQ(told(w), "SF:ShDdFfA SF:ShDdFfA") << again;
        EXPECT_EQ(w.sessions.all.size(), 2u);
        EXPECT_EQ(w.session(1).streams[0] + w.session(1).streams[1], "GET|200|");
        EXPECT_EQ(w.log.closes[0].from_client.packets, 4u) << again;
        EXPECT_EQ(w.log.closes[1].from_client.packets, 4u) << again;
    }
}

TEST(Identity, ASynThatComesAgainBehindTheEndOpensNothing) {
    wire w;
    exchange(w);
    both_fins(w);
    w.play({true, syn, 0, 0, ""});
    EXPECT_EQ(told(w), "SF:ShDdFfA");
}

TEST(Identity, ASynWithAnotherNumberOpensNothingUntilItIsAnswered) {
    for (const bool challenged : {true, false}) {
        wire w;
        exchange(w);
        w.play({true, syn, 500'000, 0, ""});
        w.play({true, syn, 500'000, 0, ""});
        if (challenged) w.play({false, ack, 4, 4, ""});
        w.play({true, ack, 4, 4, " again"});
        w.play({false, ack, 4, 10, " again"});
        both_fins(w, 6, 6);
        EXPECT_EQ(w.session().streams[0], "GET again|");
        EXPECT_EQ(w.session().streams[1], "200 again|");
        EXPECT_EQ(told(w), challenged ? "SF:ShDdaFfA S0:S" : "SF:ShDdFfA S0:S");
        EXPECT_EQ(w.log.closes.back().tries, 2u);
    }
}

TEST(Identity, ATryThatIsAnsweredEndsTheConnectionBeforeIt) {
    wire w;
    exchange(w);
    exchange(w, 500'000, 600'000);
    ASSERT_EQ(w.log.closes.size(), 1u);
    EXPECT_EQ(w.log.closes[0].connection.conn, 1u);
    EXPECT_EQ(w.log.closes[0].reason, event::close_reason::timeout);
    EXPECT_EQ(w.session(1).streams[0] + w.session(1).streams[1], "GET200");
    EXPECT_EQ(told(w), "S1:ShDd S1:ShDd");
}

TEST(Identity, ATryThatIsRefusedLeavesTheConnectionBeforeItAlone) {
    wire w;
    exchange(w);
    w.play({true, syn, 500'000, 0, ""});
    w.play({false, rst | ack, 0u - 5000u, 500'001, ""});
    w.play({true, ack, 4, 4, " again"});
    EXPECT_EQ(w.session().streams[0], "GET again");
    EXPECT_EQ(told(w), "S1:ShDd REJ:Sr");
}

TEST(Identity, ASynBehindTheFirstBytesIsTheirOwn) {
    wire w;
    w.client_port = 79; // below the server's: the roles are guessed wrongly
    w.play({true, ack, 4, 4, ""});
    w.play({false, syn_ack, 0, 1, ""});
    w.play({true, syn, 0, 0, ""});
    EXPECT_EQ(w.log.closes.size(), 0u);
    w.flows.close_all(w.now);
    ASSERT_EQ(w.log.closes.size(), 1u);
    EXPECT_EQ(w.log.closes[0].connection.client.port, 79) << "a SYN tells who the client is";
    EXPECT_EQ(w.log.histories[0], "^A^hS");
}

TEST(Identity, TriesAndWhoRefused) {
    const auto router = common::ip_address::v4(std::array<std::uint8_t, 4>{10, 0, 0, 254});
    const auto server = common::ip_address::v4(std::array<std::uint8_t, 4>{10, 0, 0, 2});
    wire silent, reset, unreachable, answered;
    for (int i = 0; i < 3; ++i) silent.play({true, syn, 0, 0, ""});
    reset.play({true, syn, 0, 0, ""});
    reset.play({false, rst | ack, 0u - 5000u, 1, ""});
    unreachable.play({true, syn, 0, 0, ""});
    unreachable.complain("host_unreachable", router);
    unreachable.complain("port_unreachable", server);
    answered.play({true, syn, 0, 0, ""});
    answered.handshake();
    for (wire* w : {&silent, &reset, &unreachable, &answered}) w->flows.close_all(w->now);
    EXPECT_EQ(silent.log.closes[0].tries, 3u);
    EXPECT_FALSE(silent.log.closes[0].refused);
    EXPECT_EQ(reset.log.closes[0].tries, 1u);
    EXPECT_EQ(reset.log.closes[0].refused->by, server);
    EXPECT_EQ(reset.log.closes[0].refused->how, "reset");
    EXPECT_EQ(unreachable.log.closes[0].refused->by, router);
    EXPECT_EQ(unreachable.log.closes[0].refused->how, "host_unreachable");
    EXPECT_FALSE(answered.log.closes[0].tries);
    EXPECT_FALSE(answered.log.closes[0].refused);
}

} // namespace
} // namespace weir::flow::test
