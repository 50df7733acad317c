// One end as a sender: round trips, why it sends again, what keeps it from sending. Times are milliseconds.
#include "flow/tcp/sender.hpp"

#include <gtest/gtest.h>

namespace weir::flow::tcp {
namespace {

using event::retransmission;

constexpr common::timestamp at(std::int64_t ms) { return {ms * 1'000'000}; }
constexpr std::int64_t ms(common::nanoseconds t) { return t.count / 1'000'000; }

/// A sender that has opened at time 0 with a window of 10,000 bytes; its first byte is 1.
class Sender : public ::testing::TestWithParam<std::uint32_t> {
protected:
    Sender() {
        sends(0, 0, 1);
        hears(0, 1);
    }
    sender::segment segment(std::int64_t when, std::uint32_t seq, std::uint32_t length,
                            std::optional<std::uint32_t> stamp = {}) {
        sender::segment made;
        made.seq = GetParam() + seq;
        made.length = length;
        made.stamp = stamp;
        made.ts = at(when);
        return made;
    }
    sender::segment sends(std::int64_t when, std::uint32_t seq, std::uint32_t length,
                          std::optional<std::uint32_t> stamp = {}) {
        s.sent(segment(when, seq, length, stamp));
        return segment(when, seq, length, stamp);
    }
    void hears(std::int64_t when, std::uint32_t ack, std::uint64_t window = 10'000, std::uint32_t sacked = 0,
               std::optional<std::uint32_t> echo = {}) {
        protocol::tcp_options options{common::bytes_view()};
        if (sacked != 0)
            options.sacks[options.sack_count++] = {GetParam() + sacked - 100, GetParam() + sacked};
        if (echo) options.timestamps = protocol::tcp_options::stamps{0, *echo};
        s.answered({GetParam() + ack, window, true, options, at(when)});
    }
    event::tcp_sender told(std::int64_t now) {
        event::tcp_sender out;
        s.describe(out, at(now));
        return out;
    }
    sender s;
};

TEST_P(Sender, MeasuresFromBytesToTheirAcknowledgement) {
    sends(10, 1, 100);
    sends(11, 101, 100);
    hears(31, 201);
    sends(40, 201, 100);
    hears(70, 301);
    const auto rtt = told(70).by_acknowledgement;
    ASSERT_TRUE(rtt);
    EXPECT_EQ(rtt->samples, 3u) << "the SYN is one";
    EXPECT_EQ(ms(rtt->min), 0);
    EXPECT_EQ(ms(rtt->max), 30);
    EXPECT_EQ(ms(rtt->mean), (0 + 20 + 30) / 3);
    EXPECT_EQ(told(70).in_flight, 200u);
}

TEST_P(Sender, MeasuresNothingOfBytesThatWereSentTwice) {
    sends(10, 1, 100);
    sends(200, 1, 100);
    hears(210, 101);
    EXPECT_EQ(told(210).by_acknowledgement->samples, 1u);
}

TEST_P(Sender, TimeStampsMeasureWhatWasSentTwice) {
    sends(10, 1, 100, 500);
    sends(200, 1, 100, 690);
    hears(215, 101, 10'000, 0, 690);
    const auto rtt = told(215).by_timestamps;
    ASSERT_TRUE(rtt);
    EXPECT_EQ(rtt->samples, 1u);
    EXPECT_EQ(ms(rtt->min), 15);
}

TEST_P(Sender, TheFirstEchoOfAStampCounts) {
    sends(10, 1, 100, 500);
    hears(20, 101, 10'000, 0, 500);
    hears(900, 101, 10'000, 0, 500);
    EXPECT_EQ(told(900).by_timestamps->samples, 1u);
}

TEST_P(Sender, ThreeRepeatedAcknowledgementsMakeItFast) {
    for (const unsigned acks : {2u, 3u}) {
        s = {};
        sends(0, 0, 1);
        hears(0, 1);
        for (std::uint32_t i = 0; i < 5; ++i) sends(10, 1 + i * 100, 100);
        for (unsigned i = 0; i < acks; ++i) hears(20, 1);
        EXPECT_EQ(s.sent_again(sends(25, 1, 100)), acks < 3 ? retransmission::timeout : retransmission::fast);
    }
}

TEST_P(Sender, ASelectiveAcknowledgementMakesItFast) {
    for (std::uint32_t i = 0; i < 5; ++i) sends(10, 1 + i * 100, 100);
    hears(20, 1, 10'000, 301);
    EXPECT_EQ(s.sent_again(sends(25, 1, 100)), retransmission::fast);
    EXPECT_EQ(s.sent_again(sends(26, 101, 100)), retransmission::fast) << "the recovery goes on";
    hears(40, 501);
    EXPECT_EQ(ms(told(60).stalled.loss), 15) << "from 25 to 40";
}

TEST_P(Sender, WhatWasAcknowledgedIsSpurious) {
    sends(10, 1, 100);
    hears(20, 101);
    EXPECT_EQ(s.sent_again(sends(30, 1, 100)), retransmission::spurious);
    EXPECT_EQ(ms(told(50).stalled.loss), 0);
}

TEST_P(Sender, ATimeoutHeldItUpSinceItsLastProgress) {
    sends(10, 1, 100);
    EXPECT_EQ(s.sent_again(sends(230, 1, 100)), retransmission::timeout);
    EXPECT_EQ(s.sent_first(segment(230, 1, 100)), at(10));
    hears(250, 101);
    const auto stalled = told(300).stalled;
    EXPECT_EQ(ms(stalled.loss), 240) << "from 10 to 250";
    EXPECT_EQ(ms(stalled.application), 10 + 50) << "before and behind it there was nothing to send";
    EXPECT_EQ(ms(stalled.window), 0);
}

TEST_P(Sender, AFullOrClosedWindowHoldsItUp) {
    sends(10, 1, 5'000);
    sends(10, 5'001, 5'000);
    hears(30, 10'001, 0);
    hears(80, 10'001, 10'000);
    const auto stalled = told(80).stalled;
    EXPECT_EQ(ms(stalled.window), 70) << "full from 10 to 30, closed from 30 to 80";
    EXPECT_EQ(ms(stalled.application), 10);
}

TEST_P(Sender, AProbeOfAClosedWindowIsNoLoss) {
    sends(10, 1, 100);
    hears(20, 101, 0);
    sends(220, 101, 1);
    (void)s.sent_again(sends(620, 101, 1));
    hears(630, 102);
    const auto stalled = told(630).stalled;
    EXPECT_EQ(ms(stalled.loss), 0);
    EXPECT_EQ(ms(stalled.window), 610);
}

TEST_P(Sender, WaitingForAcknowledgementsIsNoStall) {
    sends(10, 1, 100);
    hears(500, 101);
    const auto stalled = told(500).stalled;
    EXPECT_EQ(ms(stalled.loss) + ms(stalled.window), 0);
    EXPECT_EQ(ms(stalled.application), 10);
}

TEST_P(Sender, BehindItsFinItHasNothingToSend) {
    sender::segment fin = segment(10, 1, 1);
    fin.fin = true;
    s.sent(fin);
    hears(20, 2);
    EXPECT_EQ(ms(told(5'000).stalled.application), 10);
}

TEST_P(Sender, TimeStampsTellWhatWasOvertaken) {
    sends(10, 1, 100, 500);
    sends(12, 201, 100, 502);
    EXPECT_TRUE(s.was_overtaken(segment(300, 101, 100, 501), {}));
    EXPECT_FALSE(s.was_overtaken(segment(13, 101, 100, 503), {10'000'000}));
}

TEST_P(Sender, WithoutTimeStampsARoundTripTells) {
    sends(10, 1, 100);
    sends(12, 201, 100);
    sends(40, 301, 100);
    EXPECT_TRUE(s.was_overtaken(segment(21, 101, 100), {10'000'000}));
    EXPECT_FALSE(s.was_overtaken(segment(41, 101, 100), {10'000'000}))
        << "since the first byte behind it came";
}

TEST_P(Sender, RemembersWithinBounds) {
    for (std::uint32_t i = 0; i < 1'000; ++i) sends(i, 1 + i * 10, 10, i);
    hears(2'000, 1 + 990 * 10, 100'000, 0, 989);
    EXPECT_EQ(ms(told(2'000).by_acknowledgement->max), 2'000 - 989) << "the latest one acknowledged";
    EXPECT_EQ(ms(told(2'000).by_timestamps->max), 2'000 - 989);
    EXPECT_EQ(told(2'000).in_flight, 10'000u);
}

TEST_P(Sender, SurvivesADirectionThatIsNotCaptured) {
    sender unseen;
    protocol::tcp_options options{common::bytes_view()};
    unseen.answered({GetParam() + 5, std::nullopt, true, options, at(1)});
    event::tcp_sender out;
    unseen.describe(out, at(10));
    EXPECT_FALSE(out.by_acknowledgement);
    EXPECT_EQ(out.in_flight, 0u);
}

INSTANTIATE_TEST_SUITE_P(AtAnyNumber, Sender,
                         ::testing::Values(0u, 20u, 0x80000000u, 0xffffffffu, 0xffffff00u));

} // namespace
} // namespace weir::flow::tcp
