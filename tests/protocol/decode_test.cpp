// Decoding: every link layer leads to the same segment, every cut and every wrong length is data.
#include "protocol/decode.hpp"

#include <gtest/gtest.h>

#include "tests/protocol/frames.hpp"

namespace weir::protocol {
namespace {

using namespace test;

packet decoded(std::uint32_t link, common::bytes_view b, std::size_t original_length) {
    packet p;
    decode(p, link, b, original_length);
    return p;
}

packet decode_all(std::uint32_t link, const bytes& b) { return decoded(link, b, b.size()); }

std::string_view payload(const packet& p) { return common::as_text(p.payload); }

struct stack {
    const char* name;
    std::uint32_t link;
    bytes frame;
    std::uint8_t version;
};

std::vector<stack> stacks() {
    const bytes segment = tcp_segment_bytes("hello");
    const bytes v4 = ipv4_packet(segment), v6 = ipv6_packet(segment);
    const auto tag = [](std::uint16_t id, std::uint16_t type) {
        vlan v;
        v.id = id, v.type = type;
        return assembled(v);
    };
    sll cooked;
    cooked.type = 0x0800;
    sll2 cooked2;
    cooked2.type = 0x86dd;
    loopback null_le, loop_be;
    null_le.family = 0x02000000; // 2 as a little-endian host wrote it
    loop_be.family = 30;
    snap llc;
    llc.dsap = 0xaa, llc.ssap = 0xaa, llc.control = 3, llc.type = 0x0800;
    const bytes llc_payload = assembled(llc) + v4;
    ipv6_extension hop;
    hop.next_header = 60;
    ipv6_extension destination;
    destination.next_header = 6, destination.length = 1;
    const bytes extended =
        ipv6_packet(assembled(hop) + bytes(6) + assembled(destination) + bytes(14) + segment, 0);
    ipv6_fragment atomic;
    atomic.next_header = 6;
    pppoe session;
    session.version = 1, session.type = 1, session.length = static_cast<std::uint16_t>(v4.size() + 2);
    mpls top, bottom;
    bottom.bottom = 1;
    return {
        {"ethernet ipv4", 1, ethernet_frame(0x0800, v4), 4},
        {"ethernet ipv6", 1, ethernet_frame(0x86dd, v6), 6},
        {"ethernet padding is no payload", 1, ethernet_frame(0x0800, v4) + bytes(11), 4},
        {"802.1Q", 1, ethernet_frame(0x8100, tag(5, 0x0800) + v4), 4},
        {"802.1ad", 1, ethernet_frame(0x88a8, tag(5, 0x8100) + tag(6, 0x86dd) + v6), 6},
        {"llc snap", 1, ethernet_frame(static_cast<std::uint16_t>(llc_payload.size()), llc_payload), 4},
        {"sll", 113, assembled(cooked) + v4, 4},
        {"sll2", 276, assembled(cooked2) + v6, 6},
        {"null, other byte order", 0, assembled(null_le) + v4, 4},
        {"loop", 108, assembled(loop_be) + v6, 6},
        {"raw ipv4", 101, v4, 4},
        {"raw ipv6", 101, v6, 6},
        {"link type ipv4", 228, v4, 4},
        {"link type ipv6", 229, v6, 6},
        {"ipv4 options", 101, ipv4_packet(segment, 6, 8), 4},
        {"ipv6 extension headers", 101, extended, 6},
        {"ipv6 atomic fragment", 101, ipv6_packet(assembled(atomic) + segment, 44), 6},
        {"tcp options", 101, ipv4_packet(tcp_segment_bytes("hello", {1, 3, 3, 7, 0, 0, 0, 0})), 4},
        {"ipv4 in ipv6", 101, ipv6_packet(v4, 4), 4},
        {"ipv6 in ipv4", 101, ipv4_packet(v6, 41), 6},
        {"ppp", 9, bytes{0xff, 0x03, 0x00, 0x21} + v4, 4},
        {"ppp, compressed", 9, bytes{0x21} + v4, 4},
        {"pppoe", 1, ethernet_frame(0x8864, assembled(session) + bytes{0x00, 0x21} + v4), 4},
        {"mpls", 1, ethernet_frame(0x8847, assembled(top) + assembled(bottom) + v6), 6},
    };
}

TEST(Decode, EveryStackLeadsToTheSegment) {
    for (const stack& s : stacks()) {
        SCOPED_TRACE(s.name);
        const packet p = decode_all(s.link, s.frame);
        EXPECT_EQ(p.what, disposition::tcp);
        EXPECT_FALSE(p.wrong);
        EXPECT_EQ(payload(p), "hello");
        EXPECT_EQ(p.payload_length, 5u);
        EXPECT_EQ(p.ends.src_port, 41000);
        EXPECT_EQ(p.ends.src.version, s.version);
    }
}

TEST(Decode, EveryCutBySnaplenIsNoMalformedPacket) {
    for (const stack& s : stacks()) {
        SCOPED_TRACE(s.name);
        for (std::size_t n = 0; n < s.frame.size(); ++n) {
            const packet p = decoded(s.link, common::bytes_view(s.frame).first(n), s.frame.size());
            if (p.what == disposition::tcp) {
                EXPECT_EQ(p.payload_length, 5u);
                EXPECT_LE(p.payload.size(), 5u);
            } else {
                EXPECT_TRUE(p.what == disposition::cut_by_snaplen || p.what == disposition::not_ip) << n;
            }
        }
    }
}

TEST(Decode, EveryShortPacketSaysWhatIsWrong) {
    const bytes whole = ethernet_frame(0x0800, ipv4_packet(tcp_segment_bytes("")));
    for (std::size_t n = 0; n < whole.size(); ++n) {
        const packet p = decoded(1, common::bytes_view(whole).first(n), n);
        ASSERT_TRUE(p.wrong.has_value()) << n;
        EXPECT_EQ(p.what, disposition::malformed);
        EXPECT_LE(p.wrong->offset, n);
    }
}

TEST(Decode, VlanTagsAndTunnelsAreKeptApart) {
    const bytes v4 = ipv4_packet(tcp_segment_bytes("x"));
    const auto ends_in = [&](std::uint16_t id) {
        vlan tag;
        tag.id = id, tag.type = 0x0800;
        return decode_all(1, ethernet_frame(0x8100, assembled(tag) + v4)).ends;
    };
    const auto plain = decode_all(1, ethernet_frame(0x0800, v4)).ends;
    EXPECT_EQ(plain.tags, 0u);
    EXPECT_EQ(plain.encapsulation, 0u);
    EXPECT_EQ(ends_in(5).encapsulation, 0u);
    EXPECT_NE(ends_in(5).tags, ends_in(6).tags);
    EXPECT_NE(ends_in(5).tags, 0u);
    EXPECT_EQ(ends_in(0).tags, 0u) << "a priority tag is no VLAN";
    EXPECT_NE(decode_all(101, ipv4_packet(v4, 4)).ends.encapsulation, 0u);
}

struct wrong_case {
    const char* code;
    bytes frame;
};

TEST(Decode, WrongLengthsAreNamed) {
    const bytes segment = tcp_segment_bytes("hello");
    const auto ip = [&](auto change) {
        ipv4 h;
        h.src = {1, 1, 1, 1};
        h.total_length = static_cast<std::uint16_t>(20 + segment.size());
        change(h);
        return assembled(h) + segment;
    };
    const auto seg = [](std::uint8_t words, const bytes& options) {
        tcp h;
        h.header_words = words;
        return ipv4_packet(assembled(h) + options);
    };
    const std::vector<wrong_case> cases{
        {"ipv4.bad_header_length", ip([](ipv4& h) { h.header_words = 4; })},
        {"ipv4.bad_total_length", ip([](ipv4& h) { h.total_length = 19; })},
        {"ipv4.bad_version", ethernet_frame(0x0800, ip([](ipv4& h) { h.version = 7; }))},
        {"tcp.bad_data_offset", seg(4, {})},
        {"tcp.bad_data_offset", seg(6, {})},
        {"tcp.bad_option_length", seg(6, {2, 0, 0, 0})},
        {"tcp.bad_option_length", seg(6, {2, 9, 0, 0})},
        {"tcp.bad_option_length", seg(6, {1, 1, 1, 2})},
    };
    for (const wrong_case& c : cases) {
        SCOPED_TRACE(c.code);
        const bool framed = std::string_view(c.code) == "ipv4.bad_version";
        const packet p = decode_all(framed ? 1 : 228, c.frame);
        ASSERT_TRUE(p.wrong);
        EXPECT_EQ(p.wrong->code, c.code);
    }
}

TEST(Decode, ABadOptionLeavesTheSegmentStanding) {
    const bytes frame = ipv4_packet(tcp_segment_bytes("hello", {2, 0, 0, 0}));
    const packet p = decode_all(101, frame);
    EXPECT_EQ(p.what, disposition::tcp);
    EXPECT_EQ(payload(p), "hello");
    EXPECT_TRUE(p.wrong);
}

TEST(Decode, SegmentsBeforeOffloadHaveNoTotalLength) {
    bytes b = ipv4_packet(tcp_segment_bytes("hello"));
    b[2] = b[3] = 0;
    EXPECT_EQ(payload(decode_all(101, b)), "hello");
}

TEST(Decode, WhatIsNotFollowedIsCountedByReason) {
    EXPECT_EQ(decode_all(1, ethernet_frame(0x0806, bytes(28))).what, disposition::not_ip);
    EXPECT_EQ(decode_all(101, ipv4_packet(bytes(8), 132)).what, disposition::other_protocol);
    EXPECT_EQ(decode_all(9999, bytes(60)).what, disposition::unknown_link_type);
    bytes fragment = ipv4_packet(tcp_segment_bytes("hello"));
    fragment[6] = 0x20;
    EXPECT_EQ(decode_all(101, fragment).what, disposition::ip_fragment);
}

bytes udp_datagram(std::string_view payload, std::uint16_t length = 0) {
    udp h;
    h.src_port = 5353;
    h.dst_port = 53;
    h.length = length != 0 ? length : static_cast<std::uint16_t>(8 + payload.size());
    return assembled(h) + text(payload);
}

TEST(Decode, ADatagramIsWhatItsLengthSays) {
    const bytes b = udp_datagram("hello");
    for (const bytes& frame : {ipv4_packet(b + bytes(7), 17), ipv6_packet(b, 17)}) {
        const packet p = decode_all(101, frame);
        EXPECT_EQ(p.what, disposition::udp);
        EXPECT_EQ(payload(p), "hello");
        EXPECT_EQ(p.payload_length, 5u);
        EXPECT_EQ(p.ends.src_port, 5353);
        EXPECT_EQ(p.ends.dst_port, 53);
        EXPECT_EQ(p.ends.over, transport::udp);
        EXPECT_FALSE(p.wrong);
    }
    bytes jumbo = udp_datagram("hello");
    jumbo[4] = jumbo[5] = 0;
    const bytes frame = ipv4_packet(jumbo, 17);
    EXPECT_EQ(payload(decode_all(101, frame)), "hello");
}

TEST(Decode, ADatagramWithABadLengthSaysSo) {
    const packet below = decode_all(101, ipv4_packet(udp_datagram("hello", 7), 17));
    EXPECT_EQ(below.what, disposition::malformed);
    EXPECT_EQ(below.wrong->code, "udp.bad_length");
    const bytes frame = ipv4_packet(udp_datagram("hello", 14), 17);
    const packet above = decode_all(101, frame);
    EXPECT_EQ(above.what, disposition::udp);
    EXPECT_EQ(above.wrong->code, "udp.bad_length");
    EXPECT_EQ(payload(above), "hello");
}

bytes icmp_message(std::uint8_t type, std::uint8_t code, const bytes& quoted, std::uint32_t rest = 0) {
    icmp h;
    h.type = type;
    h.code = code;
    h.rest = rest;
    return assembled(h) + quoted;
}

TEST(Decode, AnIcmpErrorNamesTheFlowThatItQuotes) {
    const bytes sent = ipv4_packet(udp_datagram("a datagram"), 17);
    const bytes least(sent.begin(), sent.begin() + 28);
    const packet p = decode_all(101, ipv4_packet(icmp_message(3, 3, least), 1));
    EXPECT_EQ(p.what, disposition::icmp);
    ASSERT_TRUE(p.icmp);
    EXPECT_EQ(p.icmp->kind, "port_unreachable");
    EXPECT_EQ(p.icmp->quoted.over, transport::udp);
    EXPECT_EQ(p.icmp->quoted.src_port, 5353);
    EXPECT_EQ(p.icmp->quoted.dst_port, 53);
    EXPECT_EQ(p.icmp->quoted.src.version, 4);
    const packet big = decode_all(101, ipv4_packet(icmp_message(3, 4, least, 1400), 1));
    EXPECT_EQ(big.icmp->kind, "fragmentation_needed");
    EXPECT_EQ(big.icmp->mtu, 1400u);
    EXPECT_EQ(decode_all(101, ipv4_packet(icmp_message(11, 0, least), 1)).icmp->kind, "ttl_exceeded");
    EXPECT_EQ(decode_all(101, ipv4_packet(icmp_message(3, 200, least), 1)).icmp->kind,
              "destination_unreachable");
}

TEST(Decode, AnIcmpv6ErrorLooksBehindExtensionHeaders) {
    ipv6_extension options;
    options.next_header = 44;
    ipv6_fragment atomic;
    atomic.next_header = 6;
    const bytes sent =
        ipv6_packet(assembled(options) + bytes(6) + assembled(atomic) + tcp_segment_bytes("hello"), 60);
    const packet p = decode_all(101, ipv6_packet(icmp_message(2, 0, sent, 1280), 58));
    ASSERT_TRUE(p.icmp);
    EXPECT_EQ(p.icmp->kind, "packet_too_big");
    EXPECT_EQ(p.icmp->mtu, 1280u);
    EXPECT_EQ(p.icmp->quoted.over, transport::tcp);
    EXPECT_EQ(p.icmp->quoted.src_port, 41000);
    EXPECT_EQ(p.icmp->quoted.src.version, 6);
}

TEST(Decode, AnIcmpMessageThatQuotesNoFlowIsCountedOnly) {
    const bytes sent = ipv4_packet(udp_datagram("x"), 17);
    bytes fragment = sent;
    fragment[7] = 1;
    for (const bytes& message : {icmp_message(8, 0, sent), icmp_message(3, 3, ipv4_packet(bytes(20), 132)),
                                 icmp_message(3, 3, {}), icmp_message(3, 3, fragment)}) {
        const packet p = decode_all(101, ipv4_packet(message, 1));
        EXPECT_EQ(p.what, disposition::icmp);
        EXPECT_FALSE(p.icmp);
        EXPECT_FALSE(p.wrong);
    }
}

TEST(Decode, AnIcmpErrorCutAnywhereNeverReadsPastItsEnd) {
    const bytes v4 = ipv4_packet(icmp_message(3, 3, ipv4_packet(udp_datagram("x"), 17)), 1);
    const bytes v6 = ipv6_packet(icmp_message(1, 4, ipv6_packet(udp_datagram("x"), 17)), 58);
    for (const bytes& whole : {v4, v6})
        for (std::size_t n = 0; n <= whole.size(); ++n) {
            const packet p = decoded(101, common::bytes_view(whole).first(n), whole.size());
            EXPECT_TRUE(p.what == disposition::icmp || p.what == disposition::cut_by_snaplen) << n;
            if (n + 5 >= whole.size()) {
                EXPECT_TRUE(p.icmp) << "four bytes of UDP suffice";
            }
        }
}

TEST(Decode, NestingHasALimit) {
    bytes b = tcp_segment_bytes("x");
    for (unsigned i = 0; i < limits::layers - 2; ++i) b = ipv4_packet(b, i == 0 ? 6 : 4);
    EXPECT_EQ(decode_all(101, b).what, disposition::tcp);
    b = ipv4_packet(b, 4);
    const packet p = decode_all(101, b);
    EXPECT_EQ(p.what, disposition::too_deep);
    ASSERT_TRUE(p.wrong);
    EXPECT_EQ(p.wrong->code, "packet.too_deep");
}

} // namespace
} // namespace weir::protocol
