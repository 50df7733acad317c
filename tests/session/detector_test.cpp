// The detector with applications made up for it: both sides are asked about together, what is held is
// replayed as it was, and asking ends.
#include <gtest/gtest.h>

#include "session/datagram_detector.hpp"
#include "session/detector.hpp"
#include "tests/session/harness.hpp"

namespace weir::session::test {
namespace {

/// What a session was told, one line each.
class listener final : public flow::stream_consumer, public flow::datagram_consumer {
public:
    std::vector<std::string> heard;

    void on_data(const flow::chunk& c) override {
        heard.push_back(name(c.from) + std::to_string(c.offset) + '@' + std::to_string(c.ts.since_epoch) +
                        '#' + std::to_string(c.packet) + '<' + std::to_string(c.acked.value_or(99)) + ' ' +
                        std::string(common::as_text(c.data)));
    }
    void on_gap(const flow::gap& g) override {
        heard.push_back(name(g.from) + std::to_string(g.offset) + " lost " +
                        std::to_string(g.length.value_or(0)));
    }
    void on_end(side from, common::timestamp) override { heard.push_back(name(from) + "ended"); }
    void on_close(event::close_reason, common::timestamp) override { heard.push_back("closed"); }
    void on_datagram(const flow::datagram& d) override {
        heard.push_back(name(d.from) + std::to_string(d.length) + '#' + std::to_string(d.packet) + ' ' +
                        std::string(common::as_text(d.data)));
    }

private:
    static std::string name(side s) { return s == side::client ? "client " : "server "; }
};

/// Knows itself by a question and its answer only; `greedy` is never sure.
class ping final : public application {
public:
    bool greedy = false;
    std::vector<std::uint16_t> at_home;
    listener told;
    mutable std::size_t asked = 0;
    std::size_t open_sessions = 0;

    std::string_view name() const noexcept override { return "ping"; }
    finding probe(const opening& o) const noexcept override {
        ++asked;
        if (greedy) return {verdict::unsure};
        for (const side s : {side::client, side::server}) {
            const std::string_view question = o.said[index(s)], answer = o.said[index(other(s))];
            if (!std::string_view("PING\r\n").starts_with(question.substr(0, 6)) || question.empty())
                continue;
            if (question.starts_with("PING\r\n") && answer.starts_with("+PONG"))
                return {verdict::yes, s, {true, true}};
            if (answer.empty() || std::string_view("+PONG").starts_with(answer)) return {verdict::unsure};
        }
        return {};
    }
    std::span<const std::uint16_t> ports() const noexcept override { return at_home; }
    flow::stream_consumer* open(const place&, side, std::array<bool, 2> searching) override {
        ++open_sessions;
        told.heard.push_back(std::string("open") + (searching[0] ? " client?" : "") +
                             (searching[1] ? " server?" : ""));
        return &told;
    }
    void release(flow::stream_consumer*) noexcept override { --open_sessions; }
    flow::datagram_consumer* open_datagrams(const place&, side) override {
        ++open_sessions;
        return &told;
    }
    void release(flow::datagram_consumer*) noexcept override { --open_sessions; }
};

struct bench {
    bench() {
        known.push_back(std::make_unique<ping>());
        app = static_cast<ping*>(known.back().get());
    }
    ~bench() {
        d.close();
        EXPECT_EQ(app->open_sessions, 0U);
        EXPECT_EQ(beginnings.in_use(), 0U);
    }
    void begin() { d.open(id); }
    void say(side from, std::string_view text) {
        ++packet;
        const auto at = static_cast<std::int64_t>(packet * 10);
        d.on_data(
            {from, offset[index(from)], common::as_bytes(text), {at}, packet, offset[index(other(from))]});
        offset[index(from)] += text.size();
    }
    void lose(side from, std::uint64_t length) {
        d.on_gap({from, offset[index(from)], length, event::missing_cause::upstream, {}, {}, {}});
        offset[index(from)] += length;
    }

    fixed_identity id;
    application_vector known;
    ping* app;
    detection_limits most;
    pool<held_stream> beginnings;
    detection shared{known, most, beginnings};
    detector d{shared};
    std::uint64_t packet = 0;
    std::array<std::uint64_t, 2> offset{};
};

using lines = std::vector<std::string>;

TEST(detector, replays_the_beginnings_of_both_sides_as_they_came) {
    bench b;
    b.begin();
    b.say(side::client, "PI");
    b.say(side::client, "NG\r\n");
    EXPECT_EQ(b.d.service(), "");
    b.say(side::server, "+P");
    b.say(side::server, "ONG\r\n");
    b.say(side::client, "more");
    EXPECT_EQ(b.app->told.heard,
              (lines{"open", "client 0@10#1<0 PI", "client 2@20#2<0 NG\r\n", "server 0@30#3<6 +P",
                     "server 2@40#4<6 ONG\r\n", "client 6@50#5<7 more"}));
    EXPECT_EQ(b.d.service(), "ping");
}

TEST(detector, knows_a_server_that_connects_out) {
    bench b;
    b.begin();
    b.say(side::server, "PING\r\n");
    b.say(side::client, "+PONG\r\n");
    EXPECT_EQ(b.app->told.heard.size(), 3U);
}

TEST(detector, begins_behind_what_is_something_else) {
    bench b;
    b.begin();
    b.say(side::client, "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n");
    b.say(side::client, "PING\r\n");
    b.say(side::server, "+PONG\r\n");
    EXPECT_EQ(b.app->told.heard, (lines{"open", "client 34@20#2<0 PING\r\n", "server 0@30#3<40 +PONG\r\n"}));
}

TEST(detector, begins_where_what_was_held_came_to_nothing) {
    bench b;
    b.begin();
    b.say(side::client, "PI");
    b.say(side::client, "PING\r\n");
    b.say(side::server, "+PONG\r\n");
    EXPECT_EQ(b.app->told.heard, (lines{"open", "client 2@20#2<0 PING\r\n", "server 0@30#3<8 +PONG\r\n"}));
}

TEST(detector, hands_on_holes_and_ends_that_were_before) {
    bench b;
    b.begin();
    b.lose(side::server, 7);
    b.say(side::client, "PING\r\n");
    b.d.on_end(side::client, {15});
    b.say(side::server, "+PONG\r\n");
    EXPECT_EQ(b.app->told.heard, (lines{"open", "server 0 lost 7", "client 0@10#1<7 PING\r\n", "client ended",
                                        "server 7@20#2<6 +PONG\r\n"}));
}

TEST(detector, asks_a_bounded_number_of_times_in_mid_stream) {
    bench b;
    b.id.is_midstream = true;
    b.begin();
    for (int i = 0; i < 100'000; ++i) {
        b.say(side::client, "some of a long body");
        b.say(side::server, "some of another");
    }
    EXPECT_LE(b.app->asked, 2 * b.most.probes_midstream);
    EXPECT_GT(b.app->asked, b.most.probes);
}

TEST(detector, a_side_with_a_long_body_leaves_the_word_to_the_other) {
    bench b;
    b.id.is_midstream = true;
    b.begin();
    for (int i = 0; i < 100'000; ++i) b.say(side::server, "some of a long body");
    b.say(side::client, "PING\r\n");
    EXPECT_TRUE(b.app->told.heard.empty()) << "the answer is not looked at any more";
    wire w;
    w.identity.is_midstream = true;
    for (int i = 0; i < 1000; ++i) w.server("some of a long body");
    w.client("GET /next HTTP/1.1\r\nHost: h\r\n\r\n");
    w.server("HTTP/1.1 204 No Content\r\n\r\n");
    ASSERT_EQ(w.exchanges().size(), 1U);
    EXPECT_EQ(w.exchanges()[0]["response"]["status"], 204);
}

TEST(detector, holds_no_more_than_its_limits) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{5000}}) {
        bench b;
        b.app->greedy = true;
        b.begin();
        const std::string text(step, 'x');
        for (int i = 0; i < 3000; ++i) {
            b.say(side::client, text);
            b.say(side::server, text);
        }
        EXPECT_TRUE(b.app->told.heard.empty());
        EXPECT_LT(b.app->asked, 4 * b.most.held_bytes + 4 * b.most.probes * (b.most.held_pieces + 1));
    }
}

TEST(detector, holds_of_so_many_connections_at_once) {
    bench b;
    b.most.holding = 2;
    std::array<std::unique_ptr<detector>, 3> all;
    const std::string_view half = "PI";
    for (auto& d : all) {
        d = std::make_unique<detector>(b.shared);
        d->open(b.id);
        d->on_data({side::client, 0, common::as_bytes(half), {1}, 1, 0});
    }
    EXPECT_EQ(b.beginnings.in_use(), 2U);
    for (auto& d : all) d->close();
    b.begin();
}

TEST(detector, asks_first_who_is_at_home_on_the_port) {
    bench b;
    b.known.push_back(std::make_unique<ping>());
    auto* const second = static_cast<ping*>(b.known.back().get());
    second->at_home = {0}; // the port of the identity here
    b.begin();
    b.say(side::client, "PING\r\n");
    b.say(side::server, "+PONG\r\n");
    EXPECT_TRUE(b.app->told.heard.empty());
    EXPECT_FALSE(second->told.heard.empty());
    b.d.close();
    EXPECT_EQ(second->open_sessions, 0U);
}

TEST(detector, of_datagrams_replays_what_proves_it) {
    bench b;
    b.begin();
    datagram_detector d(b.shared);
    d.open(b.id);
    const std::string_view question = "PING\r\n", answer = "+PONG\r\n";
    d.on_datagram({side::client, common::as_bytes(question), 6, {10}, 1});
    EXPECT_EQ(d.service(), "");
    d.on_datagram({side::server, common::as_bytes(answer), 9, {20}, 2});
    EXPECT_EQ(d.service(), "ping");
    EXPECT_EQ(b.app->told.heard, (lines{"client 6#1 PING\r\n", "server 9#2 +PONG\r\n"}));
    d.on_close(event::close_reason::timeout, {30});
    EXPECT_EQ(b.app->told.heard.back(), "closed");
    d.close();
}

TEST(detector, of_datagrams_gives_up) {
    bench b;
    b.begin();
    datagram_detector d(b.shared);
    d.open(b.id);
    const std::string_view noise = "\x01\x02";
    for (int i = 0; i < 1000; ++i) d.on_datagram({side::client, common::as_bytes(noise), 2, {10}, 1});
    EXPECT_EQ(b.app->asked, b.most.probes);
    d.close();
}

} // namespace
} // namespace weir::session::test
