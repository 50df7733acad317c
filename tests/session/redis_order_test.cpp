// Redis as packets bring it, through flow's reassembly: every order of up to six segments gives the same
// commands with the same replies, and each segment that is lost takes nothing with it but its own; never a
// reply with a command that it does not answer.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "flow/capture_path.hpp"
#include "flow/capture_time.hpp"
#include "flow/flows.hpp"
#include "protocol/packet.hpp"
#include "tests/session/redis_harness.hpp"

namespace weir::session::test {
namespace {

namespace flag = protocol::tcp_flag;

/// One segment as its sender made it.
struct segment {
    side from = side::client;
    std::string text;
    std::uint32_t at = 0;    ///< in its side's stream
    std::uint32_t acked = 0; ///< of the other side's
};

using conversation = std::vector<segment>;

/// What each step sends, in the order in which it was sent; all that came before is acknowledged.
conversation sent(const std::vector<step>& steps) {
    conversation all;
    std::array<std::uint32_t, 2> offset{};
    for (const auto& [from, text] : steps) {
        std::uint32_t& at = offset[event::index(from)];
        all.push_back({from, text, at, offset[event::index(event::other(from))]});
        at += static_cast<std::uint32_t>(text.size());
    }
    return all;
}

/// A capture of one connection, played into flows that hand its streams to sessions.
class capture {
public:
    capture()
        : emitter_(recorder_, everything())
        , context_{emitter_, {}, count_}
        , source_(make_source(context_))
        , flows_(emitter_, *source_, {}, path_, {1, 2}) {
        packet(side::client, flag::syn, 0, 0, {});
        packet(side::server, flag::syn | flag::ack, 0, 1, {});
        packet(side::client, flag::ack, 1, 1, {});
    }

    void play(const segment& s) { packet(s.from, flag::ack, 1 + s.at, 1 + s.acked, s.text); }
    /// Both sides acknowledge everything; what is missing now is lost.
    std::vector<json> finish(const conversation& all) {
        std::array<std::uint32_t, 2> end{1, 1};
        for (const segment& s : all) end[event::index(s.from)] += static_cast<std::uint32_t>(s.text.size());
        packet(side::client, flag::ack, end[0], end[1], {});
        packet(side::server, flag::ack, end[1], end[0], {});
        now_.since_epoch += 1'000'000'000;
        flows_.advance(clock_.see(now_));
        flows_.close_all(now_);
        std::vector<json> commands;
        for (json& e : recorder_.events())
            if (e["event"] == "redis.command") commands.push_back(std::move(e));
        return commands;
    }

private:
    void packet(side from, std::uint16_t flags, std::uint32_t seq, std::uint32_t ack, std::string_view text) {
        protocol::packet p;
        p.what = protocol::disposition::tcp;
        p.ends.src = common::ip_address::v4(std::array<std::uint8_t, 4>{10, 0, 0, 1});
        p.ends.dst = common::ip_address::v4(std::array<std::uint8_t, 4>{10, 0, 0, 2});
        p.ends.src_port = 40000;
        p.ends.dst_port = 7000;
        if (from == side::server) {
            std::swap(p.ends.src, p.ends.dst);
            std::swap(p.ends.src_port, p.ends.dst_port);
        }
        p.tcp.seq = seq + first_number;
        p.tcp.ack = ack + first_number;
        p.tcp.flags = flags;
        p.tcp.window = 1000;
        p.payload_length = static_cast<std::uint32_t>(text.size());
        p.payload = common::as_bytes(text);
        now_.since_epoch += 1'000'000;
        flows_.advance(clock_.see(now_));
        flows_.at_packet(++number_);
        (void)flows_.feed(p, {now_, number_, interface_});
    }

    static constexpr std::uint32_t first_number = 0xfffffff0U; ///< wraps within what is sent

    recorder recorder_;
    event::emitter emitter_;
    counters count_;
    context context_;
    std::unique_ptr<flow::session_source> source_;
    flow::capture_path path_;
    std::uint32_t interface_ = path_.interface("eth0");
    flow::flows flows_;
    flow::capture_time clock_;
    common::timestamp now_{1'700'000'000'000'000'000};
    std::uint64_t number_ = 0;
};

std::string get(int n) { return resp({"GET", "key" + std::to_string(n)}); }
std::string value(int n) { return bulk("value" + std::to_string(n)); }

/// Key and value of every GET have the same number, so that a wrong pair shows. Pipelines whose commands and
/// replies end inside segments, one by one, and all at once.
std::vector<conversation> conversations() {
    const side c = side::client, s = side::server;
    const std::string asked = get(1) + get(2) + get(3) + get(4),
                      answered = value(1) + value(2) + value(3) + value(4);
    return {
        sent({{c, get(1)}, {s, value(1)}, {c, get(2)}, {s, value(2)}, {c, get(3)}, {s, value(3)}}),
        sent({{c, get(1) + get(2)},
              {s, value(1) + value(2)},
              {c, get(3)},
              {s, value(3)},
              {c, get(4) + get(5)},
              {s, value(4) + value(5)}}),
        sent({{c, get(1)}, {c, get(2)}, {c, get(3)}, {s, value(1)}, {s, value(2)}, {s, value(3)}}),
        sent({{c, asked.substr(0, 30)},
              {c, asked.substr(30, 40)},
              {c, asked.substr(70)},
              {s, answered.substr(0, 5)},
              {s, answered.substr(5, 20)},
              {s, answered.substr(25)}}),
        sent({{c, get(1) + get(2)},
              {s, value(1)},
              {c, get(3)},
              {c, get(4)},
              {s, value(2)},
              {s, value(3) + value(4)}}),
    };
}

/// `key1=value1`, or `key1` where no whole reply came.
std::multiset<std::string> pairs_of(const std::vector<json>& commands) {
    std::multiset<std::string> all;
    for (const json& e : commands) {
        std::string text = e.contains("args") && !e["args"].empty() ? e["args"][0].get<std::string>() : "?";
        if (e.contains("reply")) text += "=" + e["reply"].value("value", json()).dump();
        if (e.contains("complete")) text += " incomplete";
        for (const std::string& code : codes(e)) text += " " + code;
        all.insert(text);
    }
    return all;
}

TEST(redis_order, every_order_of_up_to_six_segments_says_the_same) {
    for (const conversation& whole : conversations()) {
        for (std::size_t n = 1; n <= whole.size(); ++n) {
            const conversation part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
            std::vector<std::size_t> order(n);
            std::iota(order.begin(), order.end(), 0U);
            std::multiset<std::string> expected;
            do {
                capture played;
                for (const std::size_t i : order) played.play(part[i]);
                const std::multiset<std::string> told = pairs_of(played.finish(part));
                if (std::is_sorted(order.begin(), order.end())) expected = told;
                ASSERT_EQ(told, expected) << testing::PrintToString(order);
            } while (std::next_permutation(order.begin(), order.end()));
            if (n == whole.size()) {
                EXPECT_GE(expected.size(), 3U);
            }
        }
    }
}

/// `key1=value1` and `key1`, of what is whole without this segment.
std::set<std::string> left_of(const conversation& all, std::size_t lost) {
    std::array<std::string, 2> streams;
    for (std::size_t i = 0; i < all.size(); ++i)
        streams[event::index(all[i].from)] += i == lost ? std::string(all[i].text.size(), '?') : all[i].text;
    std::set<std::string> left;
    for (int n = 1; n <= 5; ++n) {
        if (streams[0].find(get(n)) == std::string::npos) continue;
        const std::string key = "key" + std::to_string(n);
        left.insert(key);
        if (streams[1].find(value(n)) != std::string::npos) left.insert(key + "=value" + std::to_string(n));
    }
    return left;
}

TEST(redis_order, a_lost_segment_takes_only_its_own_with_it) {
    const std::vector<conversation> all = conversations();
    for (std::size_t which = 0; which < all.size(); ++which) {
        // One after the other, and pipelines that are answered before the next one: everything else pairs.
        const bool is_certain = which < 2;
        // A client that sends on while it has a part of what is due: that must have been seen.
        for (std::size_t lost = which == 4 ? 3 : 0; lost < all[which].size(); ++lost) {
            const std::string where = std::to_string(which) + ", segment " + std::to_string(lost);
            capture played;
            for (std::size_t i = 0; i < all[which].size(); ++i)
                if (i != lost) played.play(all[which][i]);
            std::set<std::string> told;
            for (const json& e : played.finish(all[which])) {
                if (!e.contains("name") || e.value("args", json::array()).empty()) continue;
                const std::string key = e["args"][0].get<std::string>();
                told.insert(key);
                if (!e.contains("reply") || e.contains("complete")) continue;
                const std::string value = e["reply"]["value"].get<std::string>();
                EXPECT_EQ(key.substr(3), value.substr(5)) << where;
                told.insert(key + "=" + value);
            }
            for (const std::string& s : left_of(all[which], lost)) {
                if (is_certain || s.find('=') == std::string::npos) {
                    EXPECT_TRUE(told.contains(s)) << where << ": " << s;
                }
            }
        }
    }
}

} // namespace
} // namespace weir::session::test
