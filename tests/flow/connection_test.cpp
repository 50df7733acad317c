// Connections: every order near every wrap of the sequence numbers, every way to begin and to end.
#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>

#include "tests/flow/harness.hpp"

namespace weir::flow::test {
namespace {

constexpr std::uint16_t ack = flag::ack, fin = flag::fin | flag::ack, syn = flag::syn,
                        syn_ack = flag::syn | flag::ack, rst = flag::rst;

TEST(Connection, WholeLifeIsTold) {
    wire w;
    w.handshake();
    w.play({true, ack, 1, 1, "GET /"});
    w.play({false, ack, 1, 6, "200"});
    w.play({false, fin, 4, 6, ""});
    w.play({true, fin, 6, 5, ""});
    w.play({false, ack, 5, 7, ""});
    EXPECT_EQ(w.session().streams[0], "GET /|");
    EXPECT_EQ(w.session().streams[1], "200|");
    EXPECT_EQ(w.session().closed, "!fin") << "the session hears at once";
    EXPECT_TRUE(w.log.closes.empty()) << "late packets still belong to it";
    w.wait(1100);
    ASSERT_EQ(w.log.closes.size(), 1u);
    const auto& c = w.log.closes[0];
    EXPECT_EQ(c.reason, event::close_reason::fin);
    EXPECT_EQ(c.by, side::server);
    EXPECT_EQ(w.log.states[0], "SF");
    EXPECT_EQ(w.log.histories[0], "ShADdfFa");
    EXPECT_EQ(c.from_client.packets, 4u);
    EXPECT_EQ(c.from_server.packets, 4u);
    EXPECT_EQ(c.from_client.bytes, 5u);
    EXPECT_EQ(c.from_server.bytes, 3u);
    EXPECT_EQ(c.handshake->count, 2'000'000);
    EXPECT_FALSE(c.midstream);
    EXPECT_EQ(w.log.order, (std::vector<std::string>{"open 1", "close 1"}));
    EXPECT_EQ(w.sessions.released, 1);
    EXPECT_EQ(w.flows.connections().open, 0u);
}

TEST(Connection, EveryOrderAtEveryWrapGivesTheStream) {
    const std::string text = "abcdefghijklmnop";
    for (const std::uint32_t isn :
         {0u, 20u, 0x80000000u - 5, 0x80000000u, 0xffffffffu, 0xffffffffu - 7, 0xffffffffu - 16}) {
        std::vector<std::size_t> order(4);
        std::iota(order.begin(), order.end(), 0u);
        do {
            wire w({}, isn, isn + 99);
            w.handshake();
            for (const std::size_t i : order)
                w.play({true, ack, static_cast<std::uint32_t>(1 + 4 * i), 1, text.substr(4 * i, 4)});
            w.play({true, fin, 17, 1, ""});
            ASSERT_EQ(w.session().streams[0], text + "|") << isn;
            w.flows.close_all(w.now);
            EXPECT_EQ(w.log.closes[0].from_client.bytes, 16u);
            EXPECT_EQ(w.log.closes[0].from_client.retransmits, 0u);
        } while (std::next_permutation(order.begin(), order.end()));
    }
}

TEST(Connection, RetransmissionsAreCountedOnceSeen) {
    wire w;
    w.handshake();
    w.play({true, ack, 1, 1, "abcd"});
    w.play({true, ack, 1, 1, "abcd"});
    w.play({true, ack, 3, 1, "cdef"});
    w.play({true, ack, 6, 1, "f"}); // keep-alive: the last byte again
    EXPECT_EQ(w.session().streams[0], "abcdef");
    w.flows.close_all(w.now);
    const auto& c = w.log.closes[0].from_client;
    EXPECT_EQ(c.retransmits, 1u);
    EXPECT_EQ(c.bytes, 6u);
    EXPECT_EQ(c.payload, 13u);
    EXPECT_EQ(w.log.closes[0].reason, event::close_reason::end_of_capture);
    EXPECT_EQ(w.log.states[0], "S1");
}

TEST(Connection, AnAcknowledgedHoleIsGivenUpAfterTheGrace) {
    wire w;
    w.handshake();
    w.play({true, ack, 1, 1, "ab"});
    w.play({true, ack, 6, 1, "fg"});
    w.play({false, ack, 1, 8, ""});
    EXPECT_EQ(w.session().streams[0], "ab") << "reordering in the capture is no loss yet";
    w.wait(200);
    EXPECT_EQ(w.session().streams[0], "ab<3 upstream>fg");
    w.flows.close_all(w.now);
    EXPECT_EQ(w.log.closes[0].from_client.missing, 3u);
    EXPECT_NE(w.log.histories[0].find('G'), std::string::npos);
}

TEST(Connection, ALatePacketWithinTheGraceFillsTheHole) {
    wire w;
    w.handshake();
    w.play({true, ack, 6, 1, "fg"});
    w.play({false, ack, 1, 8, ""});
    w.play({true, ack, 1, 1, "abcde"});
    EXPECT_EQ(w.session().streams[0], "abcdefg");
    w.flows.close_all(w.now);
    EXPECT_EQ(w.log.closes[0].from_client.out_of_order, 1u);
    EXPECT_EQ(w.log.closes[0].from_client.missing, 0u);
}

TEST(Connection, BytesThatWereNeverSeenButAcknowledgedAreMissing) {
    wire w;
    w.handshake();
    w.play({true, ack, 1, 1, "ab"});
    w.play({false, ack, 1, 10, "x"});
    w.wait(200);
    EXPECT_EQ(w.session().streams[0], "ab<7 upstream>");
}

TEST(Connection, AHoleOfABlindCaptureWasNotCaptured) {
    wire w;
    w.handshake();
    w.play({true, ack, 1, 1, "ab"});
    w.flows.interrupted();
    w.play({true, ack, 6, 1, "fg"});
    w.play({false, ack, 1, 8, ""});
    w.wait(200);
    w.play({false, ack, 1, 11, ""});
    w.wait(200);
    EXPECT_EQ(w.session().streams[0], "ab<3 not_captured>fg<3 upstream>") << "one outage explains one hole";
}

TEST(Connection, ABlindCaptureThatMissedNothingExplainsNoHole) {
    wire w;
    w.handshake();
    w.flows.interrupted();
    w.play({true, ack, 1, 1, "ab"});
    w.play({false, ack, 1, 10, ""});
    w.wait(200);
    EXPECT_EQ(w.session().streams[0], "ab<7 upstream>");
}

TEST(Connection, AHoleAtTheEndOfTheCaptureIsTold) {
    wire w;
    w.handshake();
    w.play({true, ack, 4, 1, "de"});
    w.flows.close_all(w.now);
    EXPECT_EQ(w.session().streams[0], "<3 not_captured>de");
    EXPECT_EQ(w.session().closed, "!end_of_capture");
}

TEST(Connection, SnaplenCutsAreTold) {
    wire w;
    w.handshake();
    w.play({true, ack, 1, 1, "abcdef", 4});
    EXPECT_EQ(w.session().streams[0], "ab<4 snaplen>");
    w.flows.close_all(w.now);
    EXPECT_EQ(w.log.closes[0].from_client.bytes, 2u);
    EXPECT_EQ(w.log.closes[0].from_client.missing, 4u);
}

TEST(Connection, ResetsNameTheirSender) {
    for (const bool by_client : {true, false}) {
        wire w;
        w.handshake();
        w.play({true, ack, 1, 1, "ab"});
        w.play({by_client, rst, by_client ? 3u : 1u, 0, ""});
        EXPECT_EQ(w.session().closed, "!reset");
        w.wait(1100);
        EXPECT_EQ(w.log.closes[0].reason, event::close_reason::reset);
        EXPECT_EQ(w.log.closes[0].by, by_client ? side::client : side::server);
        EXPECT_EQ(w.log.states[0], by_client ? "RSTO" : "RSTR");
    }
}

TEST(Connection, StatesOfConnectionsThatNeverWere) {
    struct shape {
        const char* state;
        std::vector<segment> packets;
    };
    const std::vector<shape> shapes{
        {"S0", {{true, syn, 0, 0, ""}, {true, syn, 0, 0, ""}}},
        {"REJ", {{true, syn, 0, 0, ""}, {false, flag::rst | flag::ack, 0, 1, ""}}},
        {"RSTOS0", {{true, syn, 0, 0, ""}, {true, rst, 1, 0, ""}}},
        {"SH", {{true, syn, 0, 0, ""}, {true, fin, 1, 0, ""}}},
        {"SHR", {{false, syn_ack, 0, 1, ""}, {false, fin, 1, 1, ""}}},
        {"RSTRH", {{false, syn_ack, 0, 1, ""}, {false, rst, 1, 1, ""}}},
        {"OTH", {{true, ack, 5, 5, "x"}}},
    };
    for (const shape& s : shapes) {
        wire w;
        for (const segment& p : s.packets) w.play(p);
        w.flows.close_all(w.now);
        ASSERT_EQ(w.log.states.size(), 1u) << s.state;
        EXPECT_EQ(w.log.states[0], s.state);
        EXPECT_EQ(w.log.closes[0].connection.client.port, 40000) << s.state;
    }
}

/// What the log says of the only connection.
std::string told(wire& w) {
    w.flows.close_all(w.now);
    std::string all;
    for (std::size_t i = 0; i < w.log.states.size(); ++i)
        all += (i > 0 ? " " : "") + w.log.states[i] + ':' + w.log.histories[i];
    return all;
}

TEST(Connection, ASignedResetEndsASignedConnectionOnly) {
    const std::vector<std::uint8_t> md5{19, 18, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
        ao{1, 29, 4, 7, 7};
    for (const auto& signature : {md5, ao})
        for (const bool is_signed : {true, false}) {
            wire w;
            w.play({true,
                    syn,
                    0,
                    0,
                    "",
                    0,
                    1000,
                    {},
                    is_signed ? signature : std::vector<std::uint8_t>{2, 4, 5, 180}});
            w.play({false, syn | ack, 0, 1, ""});
            w.play({true, ack, 1, 1, "GET"});
            w.play({true, rst | ack, 4, 1, "", 0, 1000, {}, signature});
            w.play({true, ack, 4, 1, " /"});
            EXPECT_EQ(w.session().streams[0], is_signed ? "GET" : "GET /");
            EXPECT_EQ(w.log.codes,
                      is_signed ? std::vector<std::string>{} : std::vector<std::string>{"tcp.reset_signed"});
        }
}

TEST(Connection, ASynThatCameAgainOutlivesItsRecord) {
    const std::vector<std::uint8_t> segment_size{2, 4, 5, 180}, ao{29, 4, 7, 7};
    for (const auto& options : {segment_size, ao}) {
        wire w;
        w.handshake();
        w.play({true, fin | ack, 1, 1, ""});
        w.play({false, fin | ack, 1, 2, ""});
        w.play({true, ack, 2, 2, ""});
        w.play({true, syn, 0, 0, "", 0, 1000, {}, options});
        w.play({false, syn | ack, 9000, 1, ""});
        w.play({true, ack, 1, 9001, "GET"});
        w.play({true, rst | ack, 4, 9001, "", 0, 1000, {}, ao});
        w.flows.close_all(w.now);
        ASSERT_EQ(w.log.closes.size(), 2u);
        EXPECT_EQ(w.log.closes[1].reason,
                  options == ao ? event::close_reason::reset : event::close_reason::end_of_capture);
    }
}

TEST(Connection, AResetOutsideTheWindowChangesNothing) {
    for (const bool by_client : {true, false})
        for (const std::uint32_t seq : {0u, 0x10000u + 1001, 0x80000000u, 0xfffff000u}) {
            wire w;
            w.handshake();
            w.play({true, ack, 1, 1, "GET /"});
            w.play({false, ack, 1, 6, "200"});
            w.play({true, ack, 6, 4, ""});
            w.play({by_client, rst, seq, 0, ""});
            w.play({by_client, rst, seq, 0, ""});
            w.play({!by_client, ack, by_client ? 4u : 6u, by_client ? 6u : 4u, ""}); // the challenge
            w.play({true, ack, 6, 4, " again"});
            w.play({false, ack, 4, 12, " again"});
            EXPECT_EQ(w.session().streams[0], "GET / again") << seq;
            EXPECT_EQ(w.session().streams[1], "200 again") << seq;
            EXPECT_EQ(w.log.codes, std::vector<std::string>{"tcp.reset_out_of_window"}) << "once";
            EXPECT_EQ(told(w).substr(0, 3), "S1:");
        }
}

TEST(Connection, AResetInTheWindowEndsItWhereverItLies) {
    for (const std::uint32_t seq : {1u, 4u, 5u, 500u, 1001u}) {
        wire w;
        w.play({true, syn, 0, 0, "", 0, 1000, 0});
        w.play({false, syn_ack, 0, 1, "", 0, 1000, 0});
        w.play({true, ack, 1, 1, ""});
        w.play({false, ack, 1, 1, "abcd"});
        w.play({false, rst, seq, 0, ""});
        EXPECT_EQ(told(w), "RSTR:ShAdr") << seq;
    }
}

TEST(Connection, TheWindowOfAResetIsScaledWhereBothEndsScale) {
    for (const bool both : {true, false}) {
        wire w;
        w.play({true, syn, 0, 0, "", 0, 1000, 4});
        w.play({false, syn_ack, 0, 1, "", 0, 1000, both ? std::optional<std::uint8_t>(0) : std::nullopt});
        w.play({true, ack, 1, 1, ""});
        w.play({false, rst, 9000, 0, ""});
        EXPECT_EQ(told(w), both ? "RSTR:ShAr" : "S1:ShAr");
    }
}

TEST(Connection, AnAckBeforeTheSynAckDoesNotFixTheServersNumbers) {
    wire w;
    w.play({true, syn, 0, 0, ""});
    w.play({true, ack, 1, 777'777, ""}); // of another life of these ports
    w.play({false, syn_ack, 0, 1, ""});
    w.play({true, ack, 1, 1, "GET /"});
    w.play({false, ack, 1, 6, "200"});
    EXPECT_EQ(w.session().streams[0], "GET /");
    EXPECT_EQ(w.session().streams[1], "200");
    EXPECT_EQ(told(w), "S1:SAhDd");
}

TEST(Connection, ASynDoesNotRenumberBytesThatWereDelivered) {
    wire w;
    w.play({true, syn, 0, 0, ""});
    w.play({false, ack, 1, 1, "ab"}); // its SYN+ACK was not captured
    w.play({true, ack, 1, 3, ""});
    w.play({false, syn, 10, 1, ""});
    w.play({false, ack, 3, 1, "cd"});
    EXPECT_EQ(w.session().streams[1], "abcd");
}

TEST(Connection, ASynBehindItsRefusalReopens) {
    for (int refusals = 1; refusals < 4; ++refusals) {
        wire w;
        for (int i = 0; i < refusals; ++i) {
            w.play({true, syn, 0, 0, ""});
            w.play({false, flag::rst | flag::ack, 0u - 5000u, 1, ""});
            w.wait(300);
        }
        w.handshake();
        w.play({true, ack, 1, 1, "GET /"});
        w.play({false, ack, 1, 6, "200"});
        EXPECT_EQ(w.session().streams[0], "GET /");
        EXPECT_EQ(w.session().streams[1], "200");
        EXPECT_EQ(told(w), "S1:SrhADd");
    }
}

TEST(Connection, ASynBehindItsAbortReopens) {
    wire w;
    w.play({true, syn, 0, 0, ""});
    w.play({true, rst, 1, 0, ""});
    w.handshake();
    w.play({true, ack, 1, 1, "x"});
    EXPECT_EQ(w.session().streams[0], "x");
    EXPECT_EQ(told(w), "S1:SRhAD");
}

TEST(Connection, ARefusalMustAcknowledgeTheSyn) {
    for (const std::uint16_t flags : {rst, static_cast<std::uint16_t>(rst | ack)}) {
        wire w;
        w.play({true, syn, 0, 0, ""});
        w.play({false, flags, 0, 999, ""});
        w.play({false, syn_ack, 0, 1, ""});
        w.play({true, ack, 1, 1, "x"});
        EXPECT_EQ(w.session().streams[0], "x");
        EXPECT_EQ(told(w), "S1:SrhD");
    }
}

TEST(Connection, AnAnswerBehindAForgedRefusalOpens) {
    for (const bool by_both : {false, true}) {
        wire w;
        w.play({true, syn, 0, 0, ""});
        w.play({false, rst | flag::ack, 900'000, 1, ""});
        w.play({false, fin, 900'000, 1, ""});
        if (by_both) w.play({true, rst, 1, 0, ""});
        w.play({false, syn_ack, 0, 1, ""});
        w.play({true, ack, 1, 1, ""});
        w.play({true, ack, 1, 1, "GET /"});
        w.play({false, ack, 1, 6, "200"});
        EXPECT_EQ(w.session().streams[0], "GET /");
        EXPECT_EQ(w.session().streams[1], "200");
        w.flows.close_all(w.now);
        EXPECT_EQ(w.log.states[0], "S1");
        EXPECT_EQ(w.log.histories[0], by_both ? "SrfRhADd" : "SrfhADd");
        EXPECT_EQ(w.log.closes.size(), 1u);
    }
}

TEST(Connection, ASynBehindAnAnswerAndItsResetIsNumbered) {
    wire w; // the first SYN was not captured
    w.play({false, syn_ack, 0, 1, ""});
    w.play({false, rst, 1, 1, ""});
    w.handshake();
    w.play({true, ack, 1, 1, "GET /"});
    w.flows.close_all(w.now);
    EXPECT_EQ(w.session().streams[0], "GET /");
    EXPECT_EQ(w.log.closes.back().from_client.missing, 0u);
}

TEST(Connection, AnAnswerThatItsResetOvertookOpensNothing) {
    wire w;
    w.play({true, syn, 0, 0, ""});
    w.play({false, rst | flag::ack, 1, 1, ""});
    w.play({false, syn_ack, 0, 1, ""});
    w.flows.close_all(w.now);
    EXPECT_EQ(w.log.states[0], "REJ");
    EXPECT_EQ(w.log.closes[0].reason, event::close_reason::reset);
}

TEST(Connection, AnAcknowledgementOfWhatCannotHaveBeenSentIsIgnored) { // RFC 5961 section 5.2
    wire w;
    w.handshake();
    w.play({true, ack, 1, 1, "ab"});
    w.play({false, ack, 1, 700'000, ""}); // the window let out 1,000 bytes
    w.play({false, ack, 1, 700'000, ""});
    w.wait(200);
    EXPECT_EQ(w.session().streams[0], "ab") << "nothing is given up";
    w.play({true, ack, 3, 1, "cd"});
    w.play({false, ack, 1, 5, ""});
    w.wait(200);
    EXPECT_EQ(w.session().streams[0], "abcd");
    EXPECT_EQ(w.log.codes, (std::vector<std::string>{"tcp.acknowledged_unsent"}));
    w.flows.close_all(w.now);
    EXPECT_EQ(w.log.closes[0].from_client.missing, 0u);
}

TEST(Connection, AnAcknowledgementThatNothingConfirmsIsReportedAtTheEnd) {
    wire w;
    w.handshake();
    w.play({false, ack, 1, 700'000, ""});
    w.flows.close_all(w.now);
    EXPECT_EQ(w.log.codes, (std::vector<std::string>{"tcp.acknowledged_unsent"}));
    EXPECT_EQ(w.log.closes[0].from_client.missing, 0u);
}

TEST(Connection, AcknowledgementsThatGoOnShowWhatTheCaptureMissed) {
    wire w;
    w.handshake();
    w.play({true, ack, 1, 1, "ab"});
    w.play({false, ack, 1, 700'000, ""});
    w.play({false, ack, 1, 700'500, ""});
    w.wait(200);
    EXPECT_EQ(w.session().streams[0], "ab<700497 upstream>");
    w.play({false, ack, 1, 1'500'000, ""}); // and again, with the bytes seen behind it
    w.play({true, ack, 1'500'000, 1, "yz"});
    w.play({false, ack, 1, 1'500'002, ""});
    w.wait(200);
    EXPECT_EQ(w.session().streams[0], "ab<700497 upstream><799500 upstream>yz");
    EXPECT_TRUE(w.log.codes.empty());
}

TEST(Connection, AChunkAcknowledgesWhatItsOwnPacketDid) {
    wire w;
    w.handshake();
    w.play({true, ack, 1, 1, "one"});
    w.play({true, ack, 4, 1, "two"});
    w.play({false, ack, 4, 7, "II"}); // overtook what was sent before it
    w.play({false, ack, 1, 4, "III"});
    EXPECT_EQ(w.session().streams[1], "IIIII");
    EXPECT_EQ(w.session().acked, (std::vector<std::uint64_t>{0, 0, 3, 6}));
}

TEST(Connection, AResetBehindBothFinsLeavesTheEndAsItWas) {
    for (const bool by_client : {true, false}) {
        wire w;
        w.handshake();
        w.play({true, fin, 1, 1, ""});
        w.play({false, fin, 1, 2, ""});
        w.play({by_client, rst, 2, 0, ""});
        EXPECT_EQ(told(w), by_client ? "SF:ShAFfR" : "SF:ShAFfr");
    }
}

TEST(Connection, ASynAckWithoutItsSynIsAWholeConnection) {
    wire w;
    w.play({false, syn_ack, 0, 1, ""});
    w.play({true, ack, 1, 1, ""});
    w.play({true, fin, 1, 1, "x"});
    w.play({false, fin, 1, 3, ""});
    w.play({true, ack, 3, 2, ""});
    EXPECT_EQ(told(w), "SF:^hAFf");
}

TEST(Connection, AMidstreamConnectionEndsAsItEnded) {
    const std::vector<std::pair<const char*, std::vector<segment>>> ends{
        {"SF:DdFf", {{true, fin, 5, 3, ""}, {false, fin, 3, 6, ""}}},
        {"SH:DdF", {{true, fin, 5, 3, ""}}},
        {"SHR:Ddf", {{false, fin, 3, 5, ""}}},
        {"OTH:DdR", {{true, rst, 5, 0, ""}}},
        {"RSTRH:Ddr", {{false, rst, 3, 0, ""}}},
        {"OTH:Dd", {}},
    };
    for (const auto& [expected, packets] : ends) {
        wire w;
        w.play({true, ack, 1, 1, "abcd"});
        w.play({false, ack, 1, 5, "ef"});
        for (const segment& s : packets) w.play(s);
        EXPECT_EQ(told(w), expected);
    }
}

TEST(Connection, AServerThatSentDataAnsweredItsSyn) {
    wire w;
    w.play({true, syn, 0, 0, ""});
    w.play({false, ack, 1, 1, "banner"});
    EXPECT_EQ(told(w), "OTH:Sd");
}

TEST(Connection, CountedLettersAreWrittenAtPowersOfTen) {
    wire w;
    w.handshake();
    std::uint32_t at = 1;
    for (int i = 0; i < 100; ++i, at += 2) {
        w.play({true, ack, at + 1, 1, "x"}); // a byte before it is lost
        w.play({false, ack, 1, at + 2, ""});
        w.wait(200);
        EXPECT_EQ(w.session().gaps.size(), static_cast<std::size_t>(i + 1));
    }
    EXPECT_EQ(told(w), "S1:ShADaGGG");
}

TEST(Connection, LettersOfFlagsThatContradictEachOther) {
    wire w;
    w.play({true, flag::syn | flag::fin, 0, 0, ""});
    w.play({false, flag::rst | flag::fin, 0, 0, ""});
    w.play({false, flag::syn | flag::rst, 0, 0, ""});
    EXPECT_EQ(told(w).substr(told(w).find(':')), ":Qiq");
}

TEST(Connection, DataOnTheSynIsDelivered) {
    wire w;
    w.play({true, syn, 0, 0, "early"});
    w.play({false, syn_ack, 0, 6, ""});
    w.play({true, ack, 6, 1, " bird"});
    EXPECT_EQ(w.session().streams[0], "early bird");
}

TEST(Connection, ALostSynAckDoesNotLoseTheServersBytes) {
    wire w;
    w.play({true, syn, 0, 0, ""});
    w.play({true, ack, 1, 1, "hi"});
    w.play({false, ack, 4, 3, "def"});
    w.play({false, ack, 1, 3, "abc"});
    EXPECT_EQ(w.session().streams[1], "abcdef");
}

TEST(Connection, MidstreamRolesComeFromContent) {
    wire w;
    w.play({true, ack, 100, 200, ""});
    w.play({false, ack, 200, 100, "HTTP/1.1 200"});
    w.flows.close_all(w.now);
    EXPECT_EQ(w.log.closes[0].connection.server.port, 80);
    EXPECT_TRUE(w.log.closes[0].midstream);
    EXPECT_EQ(w.log.order, (std::vector<std::string>{"open 1 midstream", "close 1"}));
}

TEST(Connection, MidstreamRolesAreTurnedWhereThePortsLie) {
    wire w;
    w.client_port = 79; // below the server's
    w.play({true, ack, 100, 200, ""});
    w.play({true, ack, 100, 200, "GET / HTTP/1.1"});
    w.flows.close_all(w.now);
    EXPECT_EQ(w.log.closes[0].connection.client.port, 79);
    EXPECT_EQ(w.session().streams[0], "GET / HTTP/1.1");
    EXPECT_EQ(w.log.closes[0].from_client.packets, 2u);
    EXPECT_NE(w.log.histories[0].find('^'), std::string::npos);
}

TEST(Connection, AskingWhoIsTheClientEnds) {
    wire w;
    for (std::uint32_t i = 0; i < 1000; ++i) w.play({true, ack, 100 + 3 * i, 200, "???"});
    EXPECT_LE(w.sessions.asked, limits{}.role_probes);
    EXPECT_GE(w.sessions.asked, 1);
}

TEST(Connection, ARepetitionWithAnotherContentIsAnOverlapAlsoOfWhatWasDelivered) {
    wire w;
    w.handshake();
    w.play({true, ack, 1, 1, "abcdef"});
    w.play({false, ack, 1, 7, ""});
    w.play({true, ack, 1, 1, "abXYef"}); // all of it was delivered, and acknowledged
    w.play({true, ack, 5, 1, "ef"});     // the same bytes are no overlap
    w.play({true, ack, 5, 1, "eZgh"});   // in part
    w.play({true, ack, 12, 1, "lm"});
    w.play({true, ack, 12, 1, "lM"}); // still held
    w.play({true, ack, 9, 1, "ijkLm"});
    EXPECT_EQ(w.session().streams[0], "abcdefghijklm") << "the first copy wins";
    w.flows.close_all(w.now);
    EXPECT_EQ(w.log.closes[0].from_client.overlaps, 4u);
    EXPECT_EQ(w.log.overlaps, (std::vector<std::string>{"2 cdef XYef", "5 f Z", "12 m M", "11 lm Lm"}));
    EXPECT_EQ(w.log.closes[0].from_client.retransmits, 3u);
}

TEST(Connection, WhatIsKeptToBeComparedIsBounded) {
    const std::string text(3000, 'x');
    for (const std::size_t most : {0u, 1u, 2u}) {
        limits few;
        few.tails = most;
        wire w(few);
        w.handshake();
        w.play({true, ack, 1, 1, text});
        w.play({false, ack, 1, 3001, "y"});
        w.play({true, ack, 1, 1, std::string(1000, 'X')});    // too far back
        w.play({true, ack, 2001, 1, std::string(1000, 'X')}); // kept, while there is room for this side
        w.flows.close_all(w.now);
        EXPECT_EQ(w.log.closes[0].from_client.overlaps, most == 2 ? 1u : 0u) << most;
        EXPECT_EQ(w.log.closes[0].from_client.retransmits, 2u);
    }
}

TEST(Connection, AKeepAliveMayCarryAnyByte) {
    wire w;
    w.handshake();
    w.play({true, ack, 1, 1, "ab"});
    w.play({true, ack, 2, 1, std::string(1, '\0')});
    w.play({true, ack, 2, 1, ""});
    w.play({false, ack, 1, 3, ""});
    w.play({true, ack, 3, 1, "cd"});
    EXPECT_EQ(w.session().streams[0], "abcd");
    w.flows.close_all(w.now);
    EXPECT_EQ(w.log.closes[0].from_client.overlaps, 0u);
    EXPECT_EQ(w.log.closes[0].from_client.retransmits, 0u);
}

TEST(Connection, ProbesOfAClosedWindowAreTheNextByte) {
    wire w;
    w.handshake();
    w.play({true, ack, 1, 1, "ab"});
    w.play({false, ack, 1, 3, "", 0, 0});
    w.play({true, ack, 3, 1, "c"}); // no room: it is not acknowledged
    w.play({false, ack, 1, 3, "", 0, 0});
    w.play({true, ack, 3, 1, "c"});
    w.play({false, ack, 1, 4, "", 0, 500});
    w.play({true, ack, 4, 1, "d"});
    EXPECT_EQ(w.session().streams[0], "abcd");
    w.flows.close_all(w.now);
    EXPECT_EQ(w.log.closes[0].from_client.retransmits, 0u) << "a probe asks, as a keep-alive does";
    EXPECT_EQ(w.log.closes[0].from_server.zero_windows, 1u);
}

TEST(Connection, AHoleIsNotGivenUpWhileTheOtherSideWaitsForItToo) {
    wire w;
    w.handshake();
    w.play({true, ack, 1, 1, "ab"});
    w.play({true, ack, 5, 1, "ef"});
    for (int i = 0; i < 6; ++i) {
        w.wait(5000);
        w.play({false, ack, 1, 3, ""}); // it has no more either
    }
    EXPECT_EQ(w.session().streams[0], "ab");
    w.play({true, ack, 3, 1, "cd"});
    EXPECT_EQ(w.session().streams[0], "abcdef") << "a retransmission that came late";
}

TEST(Connection, OfAOneSidedCaptureAHoleIsGivenUpInTime) {
    for (const bool by_client : {true, false}) {
        wire w;
        w.play({by_client, ack, 1, 1, "ab"});
        w.play({by_client, ack, 5, 1, "ef"});
        w.wait(11'000);
        EXPECT_EQ(w.session().streams[by_client ? 0 : 1], "ab<2 upstream>ef");
        w.play({by_client, fin, 7, 1, ""});
        EXPECT_EQ(w.session().streams[by_client ? 0 : 1], "ab<2 upstream>ef|");
    }
}

TEST(Connection, DataBehindTheOtherSidesFinIsDeliveredBehindItsOwnItIsNot) {
    wire w;
    w.handshake();
    w.play({true, fin, 1, 1, "GET"});
    w.play({false, ack, 1, 5, "two"});
    w.play({true, ack, 5, 4, "late"}); // nobody takes it
    w.play({false, fin, 4, 5, "hundred"});
    EXPECT_EQ(w.session().streams[0], "GET|");
    EXPECT_EQ(w.session().streams[1], "twohundred|");
}

TEST(Connection, NothingBehindAFinIsDeliveredWhicheverCameFirst) {
    struct row {
        std::string_view what;
        std::vector<segment> script;
        std::string stream;
    };
    const std::vector<row> rows{
        {"held behind it", {{true, ack, 7, 1, "late"}, {true, fin, 1, 1, "abc"}}, "abc|"},
        {"held behind it, bytes before it missing",
         {{true, ack, 7, 1, "late"}, {true, fin, 4, 1, ""}},
         "<3 not_captured>|"},
        {"held on both sides of it",
         {{true, ack, 3, 1, "cdef"}, {true, fin, 4, 1, ""}, {true, ack, 1, 1, "ab"}},
         "abc|"},
        {"sent on both sides of it", {{true, fin, 4, 1, ""}, {true, ack, 1, 1, "abcdef"}}, "abc|"},
        {"sent behind it while bytes before it are missing",
         {{true, fin, 4, 1, ""}, {true, ack, 4, 1, "def"}, {true, ack, 1, 1, "abc"}},
         "abc|"},
        {"acknowledged behind it",
         {{true, ack, 1, 1, "ab"}, {false, ack, 1, 9, ""}, {true, fin, 4, 1, ""}},
         "ab<1 upstream>|"},
    };
    for (const row& r : rows) {
        wire w;
        w.handshake();
        for (const segment& s : r.script) w.play(s);
        w.flows.close_all(w.now);
        ASSERT_EQ(w.sessions.all.size(), 1u) << r.what;
        EXPECT_EQ(w.session().streams[0], r.stream) << r.what;
        const auto& count = w.log.closes[0].from_client;
        EXPECT_EQ(count.bytes + count.missing, 3u) << r.what;
    }
}

TEST(Connection, AnAcknowledgementThatIsCapturedBeforeItsFinCounts) {
    wire w;
    w.handshake();
    w.play({true, ack, 1, 1, "ab"});
    w.play({false, fin, 1, 3, ""});
    w.play({false, ack, 2, 4, ""});
    w.play({true, fin, 3, 2, ""});
    EXPECT_EQ(w.session().streams[0], "ab|");
    EXPECT_EQ(w.session().closed, "!fin") << "at once";
}

TEST(Connection, UrgentDataStandsWhereItWasSent) { // RFC 6093 section 6
    wire w;
    w.handshake();
    w.play({true, ack, 1, 1, "ab"});
    w.play({true, flag::ack | flag::urg, 3, 1, "!"});
    w.play({true, ack, 4, 1, "cd"});
    EXPECT_EQ(w.session().streams[0], "ab!cd");
}

TEST(Connection, DataOnTheThirdAckAndSegmentsAboveTheMtu) {
    wire w;
    const std::string big(60'000, 'b');
    w.play({true, syn, 0, 0, ""});
    w.play({false, syn_ack, 0, 1, ""});
    w.play({true, ack, 1, 1, "third"});
    w.play({false, ack, 1, 6, big});
    EXPECT_EQ(w.session().streams[0], "third");
    EXPECT_EQ(w.session().streams[1], big);
    w.flows.close_all(w.now);
    EXPECT_TRUE(w.log.closes[0].handshake.has_value());
}

TEST(Connection, WhatBothSidesHoldTogetherHasALimit) {
    limits small;
    small.held_bytes_connection = 6;
    wire w(small);
    w.handshake();
    w.play({true, ack, 3, 1, "cdef"});
    w.play({false, ack, 3, 1, "cdef"});
    EXPECT_EQ(w.session().streams[0], "");
    EXPECT_EQ(w.session().streams[1], "<2 limit>cdef");
    EXPECT_EQ(w.log.codes, std::vector<std::string>{"tcp.held_limit"});
}

TEST(Connection, SimultaneousOpenIsOneConnection) {
    wire w;
    w.play({true, syn, 0, 0, ""});
    w.play({false, syn, 0, 0, ""});
    w.play({true, syn_ack, 0, 1, ""});
    w.play({false, syn_ack, 0, 1, ""});
    w.play({true, ack, 1, 1, "x"});
    w.flows.close_all(w.now);
    ASSERT_EQ(w.log.closes.size(), 1u);
    EXPECT_EQ(w.session().streams[0], "x");
}

TEST(Connection, ZeroWindowsAreCountedPerClosing) {
    wire w;
    w.handshake();
    for (const std::uint16_t window : std::array<std::uint16_t, 4>{0, 0, 500, 0})
        w.play({true, ack, 1, 1, "", 0, window});
    w.flows.close_all(w.now);
    EXPECT_EQ(w.log.closes[0].from_client.zero_windows, 2u);
}

TEST(Connection, WildSequenceNumbersAreReportedNotFollowed) {
    wire w;
    w.handshake();
    w.play({true, ack, 0x60000000, 1, "far"});
    EXPECT_EQ(w.log.codes, std::vector<std::string>{"tcp.sequence_out_of_window"});
    w.play({true, ack, 1, 1, "near"});
    EXPECT_EQ(w.session().streams[0], "near");
}

TEST(Connection, BytesInTheLargestWindowAreTakenThoseBehindItAreNot) {
    constexpr std::uint32_t last = std::uint32_t{1} << 30; // in it, relative to the SYN
    wire w;
    w.handshake();
    w.play({true, ack, last, 1, "xy"});
    EXPECT_TRUE(w.log.codes.empty()) << "part of it is";
    w.play({true, ack, last + 1, 1, "y"});
    EXPECT_EQ(w.log.codes, std::vector<std::string>{"tcp.sequence_out_of_window"});
    w.flows.close_all(w.now);
    EXPECT_EQ(w.session().streams[0], "<1073741823 not_captured>x");
}

TEST(Connection, AtTheLimitOfHeldBytesTheHoleIsGivenUpNotWhatFollows) {
    limits small;
    small.held_bytes_side = 4;
    wire w(small);
    w.handshake();
    w.play({true, ack, 3, 1, "cd"});
    w.play({true, ack, 7, 1, "ghijkl"});
    EXPECT_EQ(w.log.codes, std::vector<std::string>{"tcp.held_limit"});
    EXPECT_EQ(w.session().streams[0], "<2 limit>cd<2 limit>ghijkl");
    w.play({true, ack, 13, 1, "mn"});
    w.flows.close_all(w.now);
    EXPECT_EQ(w.log.closes[0].from_client.bytes, 10u);
    EXPECT_EQ(w.log.closes[0].from_client.missing, 4u);
    EXPECT_EQ(w.log.codes.size(), 1u) << "once a connection";
}

TEST(Connection, NothingBehindAHoleIsLostWhateverTheLimit) {
    const std::string text = "abcdefghijklmnopqrstuvwxyz";
    for (std::size_t most = 1; most <= 2 * text.size(); ++most)
        for (const bool by_segments : {false, true}) {
            limits small;
            (by_segments ? small.held_segments_side : small.held_bytes_side) = most;
            wire w(small);
            w.handshake();
            for (std::size_t at = 2; at < text.size(); at += 3)
                w.play({true, ack, static_cast<std::uint32_t>(1 + at), 1, text.substr(at, 3)});
            w.flows.close_all(w.now);
            const std::string& stream = w.session().streams[0];
            EXPECT_EQ(stream.substr(0, 3), "<2 ");
            EXPECT_EQ(stream.substr(stream.find('>') + 1), text.substr(2)) << most;
            EXPECT_EQ(w.log.closes[0].from_client.missing, 2u);
        }
}

TEST(Connection, AnAcknowledgedHoleAtTheLimitWasLostUpstream) {
    limits small;
    small.held_bytes_side = 4;
    wire w(small);
    w.handshake();
    w.play({true, ack, 3, 1, "cd"});
    w.play({false, ack, 1, 5, ""});
    w.play({true, ack, 5, 1, "efgh"});
    EXPECT_EQ(w.session().streams[0], "<2 upstream>cdefgh") << "our limit is not why they are missing";
}

TEST(Connection, AHoleWhileTheKernelDroppedIsTheKernels) {
    wire w;
    w.handshake();
    w.path.statistics(w.interface, w.now, 0);
    w.play({true, ack, 1, 1, "ab"});
    w.play({true, ack, 6, 1, "fg"});
    w.play({false, ack, 1, 8, ""});
    w.path.statistics(w.interface, w.now, 5);
    w.wait(200);
    w.play({true, ack, 8, 1, "hi"});
    w.play({true, ack, 13, 1, "mn"});
    w.play({false, ack, 1, 15, ""});
    w.wait(200);
    EXPECT_EQ(w.session().streams[0], "ab<3 kernel_drop>fghi<3 upstream>mn") << "each hole by its own time";
}

TEST(Connection, StatisticsThatComeLateNameTheKernelAfterAll) {
    wire w;
    const std::uint32_t other = w.path.interface("eth1");
    w.handshake();
    w.play({true, ack, 6, 1, "fg"});
    w.play({false, ack, 1, 8, ""});
    w.wait(200);
    ASSERT_EQ(w.session().gaps.size(), 1u);
    const gap& g = w.session().gaps[0];
    EXPECT_EQ(g.cause, event::missing_cause::upstream);
    w.path.statistics(other, w.now, 7);
    EXPECT_EQ(w.session().id.cause_now(g), event::missing_cause::upstream) << "another interface";
    w.path.statistics(w.interface, w.now, 7);
    EXPECT_EQ(w.session().id.cause_now(g), event::missing_cause::kernel_drop);
}

TEST(Connection, NamesItsInterfaceWhereThereAreSeveral) {
    for (const bool several : {false, true}) {
        wire w;
        if (several) w.path.interface("eth1");
        w.handshake();
        w.flows.close_all(w.now);
        EXPECT_EQ(w.log.closes[0].connection.interface.bytes, several ? "eth0" : "");
    }
}

} // namespace
} // namespace weir::flow::test
