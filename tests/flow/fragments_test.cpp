// Fragments of IP packets, put together in every order, twice, overlapping, contradicting each other, cut by
// the capture, and up to the limits.
#include "flow/fragments.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>

namespace weir::flow {
namespace {

using bytes = std::vector<std::uint8_t>;

bytes pattern(std::size_t size) {
    bytes b(size);
    std::iota(b.begin(), b.end(), std::uint8_t{1});
    return b;
}

/// A fragment of `of`; what is behind `captured` was cut off by the capture.
protocol::packet part(const bytes& of, std::size_t from, std::size_t to, std::size_t captured = 65'535,
                      std::uint32_t id = 7, std::uint8_t version = 4) {
    protocol::packet p;
    p.what = protocol::disposition::ip_fragment;
    p.ends.src.version = p.ends.dst.version = version;
    p.ends.dst.bytes[3] = 2;
    const auto data = common::slice(of, from, std::min(captured, to - from));
    p.fragment = {
        id,  static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to - from), 17, to == of.size(),
        data};
    return p;
}

class FragmentsTest : public ::testing::Test {
protected:
    fragments::outcome take(const protocol::packet& p) { return held->take(p, now, 1); }
    void restart() { held.emplace(most, std::array<std::uint64_t, 2>{1, 2}); }
    static bytes of(const fragments::whole& w) { return {w.data.begin(), w.data.end()}; }

    limits most;
    std::optional<fragments> held{std::in_place, most, std::array<std::uint64_t, 2>{1, 2}};
    common::timestamp now{1'000'000'000};
};

TEST_F(FragmentsTest, EveryOrderMakesTheWhole) {
    const bytes whole = pattern(100);
    std::vector<std::size_t> order{0, 1, 2, 3, 4};
    const std::vector<std::size_t> cuts{0, 8, 24, 64, 80, 100};
    do {
        for (std::size_t i = 0; i < order.size(); ++i) {
            const auto got = take(part(whole, cuts[order[i]], cuts[order[i] + 1]));
            EXPECT_FALSE(got.wrong);
            ASSERT_EQ(got.made.has_value(), i + 1 == order.size());
            if (!got.made) continue;
            EXPECT_EQ(of(*got.made), whole);
            EXPECT_EQ(got.made->length, 100u);
            EXPECT_EQ(got.made->packets, 5u);
            EXPECT_EQ(got.made->ip_number, 17);
        }
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(FragmentsTest, PacketsDoNotMix) {
    const bytes a = pattern(16), b(16, 0xff);
    EXPECT_FALSE(take(part(a, 0, 8)).made);
    EXPECT_FALSE(take(part(b, 8, 16, 99, 8)).made);    // another id
    EXPECT_FALSE(take(part(b, 8, 16, 99, 7, 6)).made); // another version
    protocol::packet tagged = part(b, 8, 16);
    tagged.ends.encapsulation = 5;
    EXPECT_FALSE(take(tagged).made);
    protocol::packet other_protocol = part(b, 8, 16);
    other_protocol.fragment->number = 6;
    EXPECT_FALSE(take(other_protocol).made);
    const auto got = take(part(a, 8, 16));
    ASSERT_TRUE(got.made);
    EXPECT_EQ(of(*got.made), a);
}

TEST_F(FragmentsTest, Ipv6TakesTheProtocolOfTheFirstFragment) {
    const bytes whole = pattern(16);
    protocol::packet last = part(whole, 8, 16, 99, 7, 6);
    last.fragment->number = 0;
    EXPECT_FALSE(take(last).made);
    const auto got = take(part(whole, 0, 8, 99, 7, 6));
    ASSERT_TRUE(got.made);
    EXPECT_EQ(got.made->ip_number, 17);
}

TEST_F(FragmentsTest, CopiesChangeNothing) {
    const bytes whole = pattern(24);
    EXPECT_FALSE(take(part(whole, 0, 8)).wrong);
    EXPECT_FALSE(take(part(whole, 0, 8)).wrong);
    EXPECT_FALSE(take(part(whole, 16, 24)).made);
    const auto got = take(part(whole, 0, 16)); // holds what is there and what is missing
    EXPECT_FALSE(got.wrong);
    ASSERT_TRUE(got.made);
    EXPECT_EQ(of(*got.made), whole);
    EXPECT_EQ(got.made->packets, 4u);
}

TEST_F(FragmentsTest, TheFirstCopyWinsAndADifferentOneIsReported) {
    const bytes whole = pattern(32), forged(32, 0xee);
    EXPECT_FALSE(take(part(whole, 0, 16)).wrong);
    const auto overlapping = take(part(forged, 8, 24));
    ASSERT_TRUE(overlapping.wrong);
    EXPECT_EQ(overlapping.wrong->code, "ip.fragment_overlap");
    EXPECT_EQ(overlapping.wrong->value, 8u);
    const auto got = take(part(whole, 16, 32));
    ASSERT_TRUE(got.made);
    bytes expected = whole;
    std::fill(expected.begin() + 16, expected.begin() + 24, std::uint8_t{0xee});
    EXPECT_EQ(of(*got.made), expected);
}

TEST_F(FragmentsTest, WhatTheCaptureCutEndsTheData) {
    const bytes whole = pattern(48);
    EXPECT_FALSE(take(part(whole, 32, 48)).made);
    EXPECT_FALSE(take(part(whole, 16, 32, 4)).made);
    const auto got = take(part(whole, 0, 16));
    ASSERT_TRUE(got.made);
    EXPECT_EQ(of(*got.made), bytes(whole.begin(), whole.begin() + 20));
    EXPECT_EQ(got.made->length, 48u);
}

TEST_F(FragmentsTest, ContradictionsAreReportedAndChangeNothing) {
    const bytes whole = pattern(32);
    EXPECT_FALSE(take(part(whole, 16, 32)).wrong); // the last one
    const auto code = [&](const protocol::packet& p) {
        const auto got = take(p);
        EXPECT_FALSE(got.made);
        return got.wrong ? got.wrong->code : "";
    };
    EXPECT_EQ(code(part(pattern(40), 32, 40)), "ip.fragment_beyond_end");
    EXPECT_EQ(code(part(pattern(24), 16, 24)), "ip.fragment_beyond_end");
    EXPECT_EQ(code(part(whole, 0, 9)), "ip.fragment_bad_length");
    EXPECT_EQ(code(part(whole, 8, 8)), "ip.fragment_bad_length");
    EXPECT_EQ(code(part(bytes(66'000), 65'528, 65'544)), "ip.fragment_too_long");
    const auto got = take(part(whole, 0, 16));
    ASSERT_TRUE(got.made);
    EXPECT_EQ(of(*got.made), whole);
}

TEST_F(FragmentsTest, ALastFragmentBeforeWhatCameIsReported) {
    EXPECT_FALSE(take(part(pattern(64), 32, 40)).wrong);
    const auto got = take(part(pattern(24), 16, 24));
    ASSERT_TRUE(got.wrong);
    EXPECT_EQ(got.wrong->code, "ip.fragment_beyond_end");
}

TEST_F(FragmentsTest, APacketWaitsNoLongerThanItsPatience) {
    const bytes whole = pattern(16);
    EXPECT_FALSE(take(part(whole, 0, 8)).made);
    now = now + most.fragment_patience + common::nanoseconds{1};
    EXPECT_FALSE(take(part(whole, 8, 16)).made);
    EXPECT_TRUE(take(part(whole, 0, 8)).made);
}

TEST_F(FragmentsTest, TheOldestIsGivenUpAtEachLimit) {
    most.fragmented_packets = 3;
    restart();
    const bytes whole = pattern(16);
    for (std::uint32_t id = 0; id < 3; ++id) EXPECT_FALSE(take(part(whole, 0, 8, 99, id)).wrong);
    const auto above = take(part(whole, 0, 8, 99, 3));
    ASSERT_TRUE(above.wrong);
    EXPECT_EQ(above.wrong->code, "ip.fragment_limit");
    EXPECT_FALSE(take(part(whole, 8, 16, 99, 0)).made);
    EXPECT_TRUE(take(part(whole, 8, 16, 99, 3)).made);

    most = {};
    most.fragment_bytes = 64;
    restart();
    EXPECT_FALSE(take(part(pattern(200), 32, 40, 99, 0)).wrong);
    const auto too_much = take(part(pattern(200), 56, 64, 99, 1));
    ASSERT_TRUE(too_much.wrong);
    EXPECT_EQ(too_much.wrong->code, "ip.fragment_limit");
    EXPECT_EQ(too_much.wrong->value, 104u);
}

TEST_F(FragmentsTest, AFragmentMayLieInTheLastWhole) {
    const bytes inner = pattern(24);
    EXPECT_FALSE(take(part(inner, 16, 24, 99, 1)).made);
    EXPECT_FALSE(take(part(inner, 8, 16)).made);
    EXPECT_FALSE(take(part(inner, 16, 24)).made);
    const auto outer = take(part(inner, 0, 8));
    ASSERT_TRUE(outer.made);
    protocol::packet nested = part(inner, 0, 16, 99, 1);
    nested.fragment->data = outer.made->data.first(16);
    const auto got = held->take(nested, now, outer.made->packets);
    ASSERT_TRUE(got.made);
    EXPECT_EQ(of(*got.made), inner);
    EXPECT_EQ(got.made->packets, 4u);
}

} // namespace
} // namespace weir::flow
