// Fragmented packets in a capture: what is put together is dissected as if it had come whole, what is not is
// counted as fragments, and the ledger closes either way.
#include <algorithm>
#include <gtest/gtest.h>

#include "pipeline/pipeline.hpp"
#include "tests/pipeline/conversation.hpp"
#include "tests/pipeline/json_sink.hpp"

namespace weir::pipeline {
namespace {

using nlohmann::json;
using test::bytes;
using test::conversation;

/// The frame (Ethernet, IPv4 without options) as fragments whose payloads are `size` bytes, a multiple of 8.
std::vector<bytes> ipv4_fragments(const bytes& frame, std::size_t size) {
    constexpr std::size_t ip = 14, payload = ip + 20;
    std::vector<bytes> out;
    for (std::size_t at = payload; at < frame.size(); at += size) {
        const std::size_t n = std::min(size, frame.size() - at);
        const bool more = at + n < frame.size();
        bytes f(frame.begin(), frame.begin() + payload);
        f[ip + 2] = static_cast<std::uint8_t>((20 + n) >> 8);
        f[ip + 3] = static_cast<std::uint8_t>(20 + n);
        f[ip + 6] = static_cast<std::uint8_t>((more ? 0x20 : 0) | (at - payload) / 8 >> 8);
        f[ip + 7] = static_cast<std::uint8_t>((at - payload) / 8);
        f.insert(f.end(), frame.begin() + static_cast<std::ptrdiff_t>(at),
                 frame.begin() + static_cast<std::ptrdiff_t>(at + n));
        out.push_back(std::move(f));
    }
    return out;
}

/// The same in IPv6 with the addresses ::1 and ::2.
std::vector<bytes> ipv6_fragments(const bytes& frame, std::size_t size) {
    std::vector<bytes> out;
    for (const bytes& four : ipv4_fragments(frame, size)) {
        const bool from_client = four[14 + 15] == 1;
        protocol::ipv6_fragment header;
        header.next_header = four[14 + 9];
        header.fragment_offset = static_cast<std::uint16_t>((four[14 + 6] & 0x1f) << 8 | four[14 + 7]);
        header.more = (four[14 + 6] & 0x20) != 0;
        bytes payload = protocol::test::assembled(header);
        payload.insert(payload.end(), four.begin() + 34, four.end());
        bytes packet = protocol::test::ipv6_packet(payload, 44);
        packet[8 + 15] = from_client ? 1 : 2;
        packet[24 + 15] = from_client ? 2 : 1;
        out.push_back(protocol::test::ethernet_frame(0x86dd, packet));
    }
    return out;
}

conversation one_exchange() {
    conversation c;
    c.open();
    c.request("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n");
    c.response("HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n0123456789012345678901234567890123456789");
    c.close();
    return c;
}

/// What is told of the exchange where each frame with more than `size` bytes behind its IP header arrives in
/// parts, as `arrange` leaves them.
template <class Split, class Arrange>
json told(Split split, std::size_t size, Arrange arrange) {
    test::json_sink out;
    options o;
    o.events.set();
    pipeline p(o, out);
    p.interface({"eth0", 1, 0, ""});
    for (const auto& f : one_exchange().frames) {
        std::vector<bytes> parts = split(f.data, size);
        arrange(parts);
        for (const bytes& part : parts) {
            common::record r = f.record();
            r.data = part;
            r.original_length = static_cast<std::uint32_t>(part.size());
            p.feed(r);
        }
    }
    p.end(event::end_reason::end_of_input, "");
    return {{"exchange", out.one("http.exchange")}, {"end", out.one("capture.end")["totals"]}};
}

std::uint64_t not_dissected(const json& ledger) {
    std::uint64_t sum = 0;
    for (const auto& [reason, count] : ledger["not_dissected"].items()) sum += count.get<std::uint64_t>();
    return sum;
}

TEST(Fragments, ArePutTogetherInAnyOrder) {
    const auto as_sent = [](std::vector<bytes>&) {};
    const auto backward = [](std::vector<bytes>& parts) { std::reverse(parts.begin(), parts.end()); };
    for (const std::size_t size : {8U, 16U, 24U, 64U, 1480U})
        for (const bool reversed : {false, true})
            for (const bool six : {false, true}) {
                const auto split = six ? ipv6_fragments : ipv4_fragments;
                const json seen = reversed ? told(split, size, backward) : told(split, size, as_sent);
                SCOPED_TRACE(seen.dump());
                EXPECT_EQ(seen["exchange"]["response"]["body"]["size"], 40);
                EXPECT_TRUE(seen["exchange"]["response"]["complete"]);
                EXPECT_EQ(seen["end"]["dissected"], seen["end"]["delivered"]);
                EXPECT_EQ(not_dissected(seen["end"]), 0u);
            }
}

TEST(Fragments, WithoutOneOfThemTheyAreCounted) {
    const json seen = told(ipv4_fragments, 24, [](std::vector<bytes>& parts) {
        if (parts.size() > 3) parts.erase(parts.begin() + 1); // of the request and of the response
    });
    const std::uint64_t lost = seen["end"]["not_dissected"]["ip_fragment"];
    EXPECT_GT(lost, 2u);
    EXPECT_EQ(seen["end"]["dissected"].get<std::uint64_t>() + not_dissected(seen["end"]),
              seen["end"]["delivered"]);
}

TEST(Fragments, OfWhatIsNotFollowedAreCountedAsThat) {
    test::json_sink out;
    options o;
    o.events.set();
    pipeline p(o, out);
    p.interface({"eth0", 1, 0, ""});
    const bytes sctp = protocol::test::ethernet_frame(0x0800, protocol::test::ipv4_packet(bytes(64), 132));
    for (const bytes& part : ipv4_fragments(sctp, 16)) {
        common::record r;
        r.link_type = 1;
        r.data = part;
        r.original_length = static_cast<std::uint32_t>(part.size());
        p.feed(r);
    }
    p.end(event::end_reason::end_of_input, "");
    const json ledger = out.one("capture.end")["totals"];
    EXPECT_EQ(ledger["not_dissected"]["other_protocol"], 4);
    EXPECT_EQ(not_dissected(ledger), 4u);
}

} // namespace
} // namespace weir::pipeline
