// Connections made from scripts by chance, and every order and cut of small ones: the script is the oracle.
// At least 100,000 connections a run; the seeds are printed.
#include <gtest/gtest.h>
#include <numeric>

#include "tests/flow/script.hpp"

namespace weir::flow::test {
namespace {

constexpr std::uint16_t ack = flag::ack;

/// Initial numbers that wrap, or nearly do, within what is sent.
std::vector<std::uint32_t> initial_numbers() {
    std::vector<std::uint32_t> all{0, 20, 0x80000000u};
    for (std::uint32_t k = 1; k <= 32; k += k < 8 ? 1 : 6) all.push_back(0u - k);
    for (const std::uint32_t k : {1u, 9u}) all.push_back(0x80000000u - k);
    return all;
}

std::uint64_t played = 0; ///< connections, over all tests of this file

/// What is said of the only connection, in words that show where it differs.
std::string account(const wire& w) {
    std::string out;
    const bool spoke = !w.sessions.all.empty();
    for (const side from : {side::client, side::server}) {
        const std::string stream = spoke ? with_holes(w.session().streams[event::index(from)]) : "";
        out += stream + ' ';
    }
    if (w.log.closes.size() != 1) return out + std::to_string(w.log.closes.size()) + " connections";
    const auto& c = w.log.closes[0];
    const std::array sides{&c.from_client, &c.from_server};
    for (const side from : {side::client, side::server}) {
        const event::tcp_side& count = *sides[event::index(from)];
        out += std::to_string(count.packets) + '/' + std::to_string(count.bytes) + '/' +
               std::to_string(count.missing) + '/' + std::to_string(count.overlaps) + ' ';
    }
    return out + w.log.states[0];
}

std::string truth(const script& s) {
    std::string out;
    const bool spoke = s.of(side::client).size() + s.of(side::server).size() > 0;
    for (const side from : {side::client, side::server}) out += (spoke ? s.heard(from) : "") + ' ';
    for (const side from : {side::client, side::server})
        out += std::to_string(s.sent(from)) + '/' + std::to_string(s.of(from).size() - s.of(from).missing()) +
               '/' + std::to_string(s.of(from).missing()) + "/0 ";
    return out + s.state();
}

TEST(Generated, ScriptsAreToldAsTheyWere) {
    constexpr std::uint32_t first_seed = 20'260'101, seeds = 85'000;
    std::printf("seeds %u to %u\n", first_seed, first_seed + seeds - 1);
    const std::vector<std::uint32_t> numbers = initial_numbers();
    for (std::uint32_t seed = first_seed; seed < first_seed + seeds; ++seed, ++played) {
        const script s(seed);
        wire w({}, numbers[seed % numbers.size()], numbers[seed / 7 % numbers.size()]);
        for (const segment& p : s.packets()) w.play(p);
        w.flows.close_all(w.now);
        ASSERT_EQ(account(w), truth(s))
            << "seed " << seed << ", opened as " << static_cast<int>(s.how()) << ", ended as "
            << static_cast<int>(s.end()) << ' ' << w.log.histories[0];
    }
}

TEST(Generated, PortsUsedAgainAreAsManyConnections) {
    constexpr std::uint32_t first_seed = 3'000'000, seeds = 5'000;
    std::printf("seeds %u to %u\n", first_seed, first_seed + seeds - 1);
    for (std::uint32_t seed = first_seed; seed < first_seed + seeds; ++seed) {
        wire w({}, seed * 0x9e3779b9u, seed);
        std::vector<std::string> expected;
        for (std::uint32_t life = 0; life < 3; ++life) {
            // the same numbers again, some further on, far away
            const std::uint32_t at = std::array{0u, 1000u, 0x70000000u}[seed % 3] * life;
            const script s(seed * 3 + life, at, at);
            const bool opens =
                s.how() == script::opening::handshake || s.how() == script::opening::third_ack_data;
            const bool ends = s.end() != script::ending::none && s.end() != script::ending::reset;
            if (!opens || !ends) continue;
            ++played;
            for (const segment& p : s.packets()) w.play(p);
            if (s.of(side::client).size() + s.of(side::server).size() > 0)
                expected.push_back(s.heard(side::client) + s.heard(side::server));
        }
        w.flows.close_all(w.now);
        std::vector<std::string> heard;
        for (const auto& session : w.sessions.all)
            heard.push_back(with_holes(session->streams[0]) + with_holes(session->streams[1]));
        // one whose bytes were all lost is heard of late
        std::sort(heard.begin(), heard.end());
        std::sort(expected.begin(), expected.end());
        ASSERT_EQ(heard, expected) << seed;
    }
}

TEST(Generated, EveryOrderOfUpToSixSegments) {
    const std::string text = "abcdefghijklmnopqr";
    for (const std::uint32_t isn : initial_numbers())
        for (std::size_t segments = 1; segments <= 6; ++segments) {
            const std::size_t each = text.size() / segments;
            std::vector<std::size_t> order(segments);
            std::iota(order.begin(), order.end(), 0u);
            do {
                const bool by_client = (++played & 1) != 0;
                wire w({}, isn, isn);
                w.handshake();
                for (const std::size_t i : order)
                    w.play({by_client, ack, static_cast<std::uint32_t>(1 + each * i), 1,
                            text.substr(each * i, i + 1 == segments ? text.npos : each)});
                ASSERT_EQ(w.session().streams[by_client ? 0 : 1], text) << isn;
            } while (std::next_permutation(order.begin(), order.end()));
        }
}

TEST(Generated, CutAtEveryByte) {
    const std::string text = "abcdefghijklmnopqrstuvwx";
    for (const std::uint32_t isn : initial_numbers())
        for (std::size_t first = 0; first <= text.size(); ++first)
            for (std::size_t second = first; second <= text.size(); ++second) {
                ++played;
                wire w({}, isn, isn);
                w.handshake();
                const auto at = [](std::size_t offset) { return static_cast<std::uint32_t>(1 + offset); };
                w.play({true, ack, at(0), 1, text.substr(0, first)});
                w.play({true, ack, at(second), 1, text.substr(second)});
                w.play({true, ack, at(first), 1, text.substr(first, second - first)});
                ASSERT_EQ(w.session().streams[0], text) << isn << ' ' << first << ' ' << second;
            }
}

TEST(Generated, AreAtLeastAsManyAsTheyShouldBe) {
    std::printf("%llu connections\n", static_cast<unsigned long long>(played));
    EXPECT_GE(played, 100'000u);
}

} // namespace
} // namespace weir::flow::test
