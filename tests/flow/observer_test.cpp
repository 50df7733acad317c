// What is told of a connection between its open and its close.
#include <gtest/gtest.h>

#include "tests/flow/harness.hpp"

namespace weir::flow::test {
namespace {

using list = std::vector<std::string>;

TEST(Observer, BytesAreToldInOrderAndHolesAmongThem) {
    wire w;
    w.handshake();
    w.play({true, flag::ack, 1, 1, "one"});
    w.play({false, flag::ack, 1, 4, "two"});
    w.play({false, flag::ack, 7, 4, "four"});
    w.play({true, flag::ack, 4, 11, ""});
    w.wait(200);
    w.play({false, flag::ack, 11, 4, "five"});
    EXPECT_EQ(w.log.details,
              (list{"c one", "s two", "s early by 3", "s gap 3+3", "s <3>", "s four", "s five"}));
}

TEST(Observer, ASynAndItsAnswerAreTriedAgain) {
    wire w;
    w.play({true, flag::syn, 0, 0, ""});
    w.play({true, flag::syn, 0, 0, ""});
    w.play({true, flag::syn, 0, 0, ""});
    w.play({false, flag::syn | flag::ack, 0, 1, ""});
    w.play({false, flag::syn | flag::ack, 0, 1, ""});
    EXPECT_EQ(w.log.details, (list{"c try 2", "c try 3", "s try 2"}));
}

TEST(Observer, RetransmissionsHaveTheirKind) {
    wire w;
    w.handshake();
    w.play({true, flag::ack, 1, 1, "abc"});
    w.play({true, flag::ack, 1, 1, "abc"});
    w.play({false, flag::ack, 1, 4, ""});
    w.play({true, flag::ack, 1, 1, "abc"});
    w.play({true, flag::ack, 4, 1, "d"});
    w.play({true, flag::ack, 5, 1, "e"});
    for (int i = 0; i < 3; ++i) w.play({false, flag::ack, 1, 4, ""});
    w.play({true, flag::ack, 4, 1, "d"});
    EXPECT_EQ(w.log.details,
              (list{"c abc", "c again timeout 3", "c again spurious 3", "c d", "c e", "c again fast 1"}));
}

TEST(Observer, WhatFillsAHoleWasOvertakenOrIsSentAgain) {
    for (const bool late : {false, true}) {
        wire w;
        w.handshake();
        w.play({true, flag::ack, 4, 1, "def"});
        if (late) w.wait(50);
        w.play({true, flag::ack, 1, 1, "abc"});
        list expected{"c early by 3", "c abc", "c def"};
        if (late) expected.emplace_back("c again unseen 3");
        EXPECT_EQ(w.log.details, expected) << late;
    }
}

TEST(Observer, AFinAloneIsSentAgainToo) {
    wire w;
    w.handshake();
    w.play({true, flag::fin | flag::ack, 1, 1, ""});
    w.play({true, flag::fin | flag::ack, 1, 1, ""});
    EXPECT_EQ(w.log.details, (list{"c again timeout 0"}));
}

TEST(Observer, AWindowClosesAndOpensAgain) {
    wire w;
    w.handshake();
    w.play({true, flag::ack, 1, 1, "", 0, 0});
    w.play({true, flag::ack, 1, 1, "", 0, 0});
    w.wait(20);
    w.play({true, flag::ack, 1, 1, "", 0, 500});
    EXPECT_EQ(w.log.details, (list{"c closed", "c opened after 22"}));
}

TEST(Observer, AResetSaysWhatItHit) {
    wire w;
    w.handshake();
    w.play({false, flag::rst, 900'000, 0, ""});
    w.play({false, flag::rst, 1, 0, ""});
    w.play({false, flag::rst, 1, 0, ""});
    EXPECT_EQ(w.log.details,
              (list{"s reset established ignored", "s reset established", "s reset over ignored"}));
    wire refused;
    refused.play({true, flag::syn, 0, 0, ""});
    refused.play({false, flag::rst | flag::ack, 0, 1, ""});
    EXPECT_EQ(refused.log.details, (list{"s reset opening"}));
}

TEST(Observer, StatisticsComeJustBeforeTheClose) {
    wire w;
    w.handshake();
    w.play({true, flag::ack, 1, 1, "GET "});
    w.flows.close_all(w.now);
    ASSERT_EQ(w.log.closes.size(), 1u);
    EXPECT_EQ(w.log.details, (list{"c GET ", "c stats 4 0"}));
}

TEST(Observer, StallsAreThereForTheSessionWhereTheyAreToldAtAll) {
    wire w;
    w.handshake();
    w.play({true, flag::ack, 1, 1, "GET "});
    w.wait(300);
    w.play({true, flag::ack, 1, 1, "GET "});
    w.play({false, flag::ack, 1, 5, ""});
    const auto stalled = w.session().id.stalled();
    ASSERT_TRUE(stalled);
    EXPECT_EQ(stalled->loss.count / 1'000'000, 302);
    EXPECT_EQ(stalled->window.count, 0);
}

} // namespace
} // namespace weir::flow::test
