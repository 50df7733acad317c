// A capture that looks at several places sees packets more than once: the copies are counted, and change
// nothing in what is told of the connection.
#include <gtest/gtest.h>

#include "flow/copies.hpp"
#include "pipeline/pipeline.hpp"
#include "tests/pipeline/conversation.hpp"
#include "tests/pipeline/json_sink.hpp"

namespace weir::pipeline {
namespace {

using nlohmann::json;
using test::bytes;

constexpr common::nanoseconds soon{20'000};

test::conversation one_exchange() {
    test::conversation c;
    c.open();
    c.request("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    c.response("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    c.close();
    return c;
}

/// The frame in a VLAN.
bytes tagged(const bytes& frame, std::uint8_t vlan) {
    bytes out(frame.begin(), frame.begin() + 12);
    out.insert(out.end(), {0x81, 0, 0, vlan});
    out.insert(out.end(), frame.begin() + 12, frame.end());
    return out;
}

/// The frame as a Linux cooked capture (v2) of this interface has it.
bytes cooked(const bytes& frame, std::uint8_t interface) {
    bytes out{8, 0, 0, 0, 0, 0, 0, interface, 0, 1, 0, 6};
    out.resize(20);
    out.insert(out.end(), frame.begin() + 14, frame.end());
    return out;
}

struct sight {
    bytes data;
    common::nanoseconds later = {};
    std::uint32_t interface = 0;
    std::uint32_t link_type = 1;
};

/// What is told of the exchange where each of its packets is seen as `sights` of its frame says.
template <class Sights>
json told(Sights sights, std::vector<std::string> interfaces = {"eth0"}) {
    test::json_sink out;
    options o;
    o.events.set();
    pipeline p(o, out);
    for (const std::string& name : interfaces) p.interface({name, 1, 0, ""});
    for (const auto& f : one_exchange().frames)
        for (const sight& s : sights(f.data)) {
            common::record r = f.record();
            r.ts = r.ts + s.later;
            r.interface = s.interface;
            r.link_type = s.link_type;
            r.data = s.data;
            r.original_length = static_cast<std::uint32_t>(s.data.size());
            p.feed(r);
        }
    p.end(event::end_reason::end_of_input, "");
    return {{"close", out.one("tcp.close")},
            {"exchange", out.one("http.exchange")},
            {"totals", out.one("capture.end")["totals"]}};
}

/// Each packet was seen twice, and the second sight was a copy.
void expect_copies(const json& t) {
    const auto packets = one_exchange().frames.size();
    EXPECT_EQ(t["totals"]["not_dissected"], (json{{"duplicate", packets}})) << t;
    EXPECT_EQ(t["totals"]["dissected"], packets);
    EXPECT_EQ(t["totals"]["delivered"], 2 * packets);
    EXPECT_EQ(t["totals"]["connections"], 1);
    EXPECT_EQ(t["close"]["from_client"]["retransmits"], 0);
    EXPECT_EQ(t["close"]["from_server"]["retransmits"], 0);
    EXPECT_EQ(t["close"]["from_server"]["packets"], 3);
    EXPECT_EQ(t["exchange"]["response"]["complete"], true);
}

TEST(Copies, OfABridgeAreCountedAndTheInterfacesListed) {
    const json t = told(
        [](const bytes& f) {
            return std::vector<sight>{{f}, {f, soon, 1}};
        },
        {"veth0", "br0"});
    expect_copies(t);
    EXPECT_EQ(t["close"]["interfaces"], (json{"veth0", "br0"}));
    EXPECT_EQ(t["close"]["interface"], "veth0");
}

TEST(Copies, MayComeFirstByTheirTime) {
    expect_copies(told(
        [](const bytes& f) {
            return std::vector<sight>{{f, soon, 1}, {f}};
        },
        {"veth0", "br0"}));
}

TEST(Copies, OfARouterDifferInHopsOnly) {
    expect_copies(told(
        [](const bytes& f) {
            bytes routed = f;
            routed[0] ^= 1; // of the link
            --routed[14 + 8];
            ++routed[14 + 11];
            return std::vector<sight>{{f}, {routed, soon, 1}};
        },
        {"eth0", "eth1"}));
}

TEST(Copies, OfAMirrorMayDifferInTheVlan) {
    const json t = told([](const bytes& f) {
        return std::vector<sight>{{tagged(f, 7)}, {tagged(f, 8), soon}};
    });
    expect_copies(t);
    EXPECT_FALSE(t["close"].contains("interfaces"));
}

TEST(Copies, OfAnyDifferInTheInterfaceOfTheCookedHeader) {
    const json t = told(
        [](const bytes& f) {
            return std::vector<sight>{{cooked(f, 2), {}, 0, 276}, {cooked(f, 5), soon, 0, 276}};
        },
        {"any"});
    expect_copies(t);
    EXPECT_EQ(t["close"]["interfaces"], (json{"#2", "#5"}));
}

TEST(Copies, LieWithinAMillisecond) {
    for (const bool within : {true, false}) {
        const json t = told(
            [&](const bytes& f) {
                const auto later =
                    within ? flow::copies::window : common::nanoseconds{flow::copies::window.count + 1};
                return std::vector<sight>{{f}, {f, later, 1}};
            },
            {"eth0", "eth1"});
        if (within) expect_copies(t);
        EXPECT_EQ(t["close"]["from_server"]["retransmits"], within ? 0 : 1);
    }
}

TEST(Copies, AreNotWhatOneInterfaceShowsTwice) {
    for (const bool several : {true, false}) {
        const json t = told(
            [](const bytes& f) {
                return std::vector<sight>{{f}, {f, soon}};
            },
            several ? std::vector<std::string>{"eth0", "eth1"} : std::vector<std::string>{"eth0"});
        EXPECT_EQ(t["close"]["from_client"]["retransmits"], 1);
        EXPECT_EQ(t["close"]["from_server"]["retransmits"], 1);
        EXPECT_FALSE(t["totals"]["not_dissected"].contains("duplicate"));
        EXPECT_FALSE(t["close"].contains("interfaces"));
    }
}

TEST(Copies, HaveTheSameBytes) {
    const json t = told(
        [](const bytes& f) {
            bytes other = f;
            other[14 + 5] ^= 1; // the identification: sent again
            return std::vector<sight>{{f}, {other, soon, 1}};
        },
        {"eth0", "eth1"});
    EXPECT_EQ(t["close"]["from_server"]["retransmits"], 1);
    EXPECT_EQ(t["close"]["interfaces"], (json{"eth0", "eth1"})) << "both ways were taken";
}

TEST(Copies, OfLongPacketsAreComparedAtBothEnds) {
    for (const bool at_end : {true, false}) {
        flow::copies of({1, 2});
        bytes packet(60'000, 1);
        packet[0] = 0x45;
        protocol::packet p;
        p.network = packet;
        EXPECT_FALSE(of.is_copy(p, 0, {}));
        bytes other = packet;
        other[at_end ? 59'999 : 30'000] = 2;
        p.network = other;
        EXPECT_EQ(of.is_copy(p, 1, {}), !at_end);
    }
}

TEST(Copies, AreForgottenAfterMoreThanAreRemembered) {
    for (const std::size_t between : {flow::copies::remembered - 1, flow::copies::remembered}) {
        flow::copies of({1, 2});
        bytes packet(64, 1);
        protocol::packet p;
        p.network = packet;
        EXPECT_FALSE(of.is_copy(p, 0, {}));
        for (std::size_t i = 0; i < between; ++i) {
            packet[20] = static_cast<std::uint8_t>(i);
            packet[21] = static_cast<std::uint8_t>(i >> 8);
            packet[22] = 7;
            EXPECT_FALSE(of.is_copy(p, 0, {}));
        }
        packet[20] = packet[21] = packet[22] = 1;
        EXPECT_EQ(of.is_copy(p, 1, {}), between < flow::copies::remembered);
    }
}

TEST(Copies, ListOfInterfacesIsBounded) {
    const std::size_t most = flow::limits{}.interfaces;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < most + 2; ++i) names.push_back("eth" + std::to_string(i));
    const json t = told(
        [&](const bytes& f) {
            std::vector<sight> all;
            for (std::uint32_t i = 0; i < names.size(); ++i) all.push_back({f, soon, i});
            return all;
        },
        names);
    names.resize(most);
    EXPECT_EQ(t["close"]["interfaces"], json(names));
}

} // namespace
} // namespace weir::pipeline
