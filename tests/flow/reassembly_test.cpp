// Reassembly: whatever the order of segments, the stream is the same; nothing is handed out twice; limits
// hold.
#include "flow/tcp/reassembly.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>
#include <random>
#include <string>

namespace weir::flow::tcp {
namespace {

class text_reader final : public reassembly::reader {
public:
    std::string text;
    std::uint64_t at = 0;
    void deliver(const placed& p) override {
        EXPECT_EQ(p.offset, at);
        at += p.data.size();
        text += common::as_text(p.data);
    }
    void missing(std::uint64_t offset, std::uint64_t length, event::missing_cause,
                 common::timestamp) override {
        EXPECT_EQ(offset, at);
        at += length;
        text += '<' + std::to_string(length) + '>';
    }
    void differing(std::uint64_t, common::bytes_view, common::bytes_view) override {}
};

placed piece(std::string_view all, std::size_t from, std::size_t size) {
    placed p;
    p.offset = from;
    p.length = size;
    p.data = common::as_bytes(all.substr(from, size));
    return p;
}

constexpr std::string_view stream = "abcdefghijklmnopqrstuvwxyz";

TEST(Reassembly, EveryOrderOfSegmentsGivesTheStream) {
    const std::vector<std::pair<std::size_t, std::size_t>> cuts{{0, 5}, {5, 7}, {12, 1}, {13, 6}, {19, 7}};
    std::vector<std::size_t> order(cuts.size());
    std::iota(order.begin(), order.end(), 0u);
    do {
        reassembly r;
        held_budget budget;
        text_reader out;
        std::uint64_t fresh = 0;
        for (const std::size_t i : order)
            fresh += r.take(piece(stream, cuts[i].first, cuts[i].second), {}, budget, out).fresh;
        EXPECT_EQ(out.text, stream);
        EXPECT_EQ(fresh, stream.size());
        EXPECT_EQ(budget.bytes, 0u);
        EXPECT_FALSE(r.holds_anything());
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Reassembly, OverlappingSegmentsInAnyOrderGiveTheStreamOnce) {
    std::mt19937 random(7);
    for (int round = 0; round < 2000; ++round) {
        reassembly r;
        held_budget budget;
        text_reader out;
        std::uint64_t fresh = 0;
        for (int i = 0; i < 12; ++i) {
            const std::size_t from = random() % stream.size();
            const std::size_t size = 1 + random() % (stream.size() - from);
            const arrival a = r.take(piece(stream, from, size), {}, budget, out);
            fresh += a.fresh;
            EXPECT_FALSE(a.differs);
            EXPECT_EQ(a.repeated, a.fresh == 0);
        }
        fresh += r.take(piece(stream, 0, stream.size()), {}, budget, out).fresh;
        ASSERT_EQ(out.text, stream);
        ASSERT_EQ(fresh, stream.size());
        ASSERT_EQ(budget.bytes, 0u);
    }
}

TEST(Reassembly, FirstCopyWinsAndTheOtherIsTold) {
    reassembly r;
    held_budget budget;
    text_reader out;
    (void)r.take(piece("..XY..", 2, 2), {}, budget, out);
    const arrival a = r.take(piece("abcdef", 0, 6), {}, budget, out);
    EXPECT_TRUE(a.differs);
    EXPECT_EQ(out.text, "abXYef");
    EXPECT_EQ(a.fresh, 4u);
}

TEST(Reassembly, AHeldCopyThatDiffersIsTold) {
    reassembly r;
    held_budget budget;
    text_reader out;
    (void)r.take(piece("..XY..", 2, 2), {}, budget, out);
    EXPECT_TRUE(r.take(piece("..xYef", 2, 4), {}, budget, out).differs);
    EXPECT_FALSE(r.take(piece("..XYef", 2, 4), {}, budget, out).differs);
    (void)r.take(piece("ab", 0, 2), {}, budget, out);
    EXPECT_EQ(out.text, "abXYef");
}

TEST(Reassembly, GivenUpBytesBecomeGaps) {
    reassembly r;
    held_budget budget;
    text_reader out;
    (void)r.take(piece(stream, 4, 2), {}, budget, out);
    (void)r.take(piece(stream, 10, 2), {}, budget, out);
    r.give_up(14, event::missing_cause::upstream, {}, budget, out);
    EXPECT_EQ(out.text, "<4>ef<4>kl<2>");
    EXPECT_EQ(r.next(), 14u);
    EXPECT_EQ(budget.bytes, 0u);
    EXPECT_TRUE(r.take(piece(stream, 0, 14), {}, budget, out).repeated);
}

TEST(Reassembly, BytesCutByTheCaptureAreMissing) {
    reassembly r;
    held_budget budget;
    text_reader out;
    placed cut = piece(stream, 0, 10);
    cut.data = common::slice(cut.data, 0, 3);
    (void)r.take(cut, {}, budget, out);
    placed later = piece(stream, 12, 4);
    later.data = common::slice(later.data, 0, 1);
    (void)r.take(later, {}, budget, out);
    (void)r.take(piece(stream, 10, 2), {}, budget, out);
    EXPECT_EQ(out.text, "abc<7>klm<3>");
}

TEST(Reassembly, WhatIsCutIsNeitherHeldNorDelivered) {
    for (std::size_t at = 0; at <= 12; ++at) {
        reassembly r;
        held_budget budget;
        text_reader out;
        placed snapped = piece(stream, 6, 4);
        snapped.data = common::slice(snapped.data, 0, 2);
        (void)r.take(piece(stream, 2, 3), {}, budget, out);
        (void)r.take(snapped, {}, budget, out);
        EXPECT_EQ(r.cut(at, budget), (at < 2   ? 3
                                      : at < 5 ? 5 - at
                                               : 0) +
                                         (at < 6    ? 4
                                          : at < 10 ? 10 - at
                                                    : 0));
        EXPECT_EQ(budget.bytes, r.held_bytes());
        EXPECT_EQ(budget.segments, std::size_t{at > 2} + std::size_t{at > 6});
        EXPECT_EQ(r.holds_anything(), at > 2);
        EXPECT_LE(r.end(), at);
        r.give_up(at, event::missing_cause::upstream, {}, budget, out);
        EXPECT_EQ(out.at, at) << out.text;
        EXPECT_EQ(budget.bytes, 0u);
        EXPECT_EQ(budget.segments, 0u);
    }
}

TEST(Reassembly, LimitsAreReached) {
    limits small;
    small.held_segments_side = 2;
    small.held_bytes_side = 8;
    small.held_bytes = 6;
    held_budget budget;
    text_reader out;
    reassembly a, b;
    EXPECT_FALSE(a.take(piece(stream, 2, 1), small, budget, out).limit_reached);
    EXPECT_FALSE(a.take(piece(stream, 4, 1), small, budget, out).limit_reached);
    EXPECT_TRUE(a.take(piece(stream, 6, 1), small, budget, out).limit_reached) << "segments of one side";
    EXPECT_TRUE(b.take(piece(stream, 2, 5), small, budget, out).limit_reached) << "bytes of all sides";
    small.held_bytes = 100;
    EXPECT_TRUE(b.take(piece(stream, 2, 9), small, budget, out).limit_reached) << "bytes of one side";
    EXPECT_FALSE(b.take(piece(stream, 2, 8), small, budget, out).limit_reached);
    (void)a.cut(0, budget);
    (void)b.cut(0, budget);
    EXPECT_EQ(budget.bytes, 0u);
}

} // namespace
} // namespace weir::flow::tcp
