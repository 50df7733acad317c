// Assembles frames from the protocol declarations, for tests. Lengths are right unless a test breaks them.
#pragma once

#include <string_view>
#include <vector>

#include "protocol/registry.hpp"

namespace weir::protocol::test {

using bytes = std::vector<std::uint8_t>;

template <class Header>
bytes assembled(const Header& h) {
    bytes out(Header::header::size);
    Header::header::assemble(h, out);
    return out;
}

inline bytes operator+(bytes a, const bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

inline bytes text(std::string_view t) { return {t.begin(), t.end()}; }

inline bytes ethernet_frame(std::uint16_t type, const bytes& payload) {
    ethernet e;
    e.type = type;
    return assembled(e) + payload;
}

inline bytes ipv4_packet(const bytes& payload, std::uint8_t number = 6, std::uint8_t words = 5) {
    ipv4 h;
    h.number = number;
    h.header_words = words;
    h.src = {10, 0, 0, 1};
    h.dst = {10, 0, 0, 2};
    h.total_length = static_cast<std::uint16_t>(std::size_t{words} * 4 + payload.size());
    return assembled(h) + bytes(std::size_t{words} * 4 - 20) + payload;
}

inline bytes ipv6_packet(const bytes& payload, std::uint8_t next = 6) {
    ipv6 h;
    h.next_header = next;
    h.src[15] = 1;
    h.dst[15] = 2;
    h.payload_length = static_cast<std::uint16_t>(payload.size());
    return assembled(h) + payload;
}

inline bytes tcp_segment_bytes(std::string_view payload, const bytes& options = {}) {
    tcp h;
    h.src_port = 41000;
    h.dst_port = 80;
    h.seq = 7;
    h.ack = 9;
    h.flags = tcp_flag::ack | tcp_flag::psh;
    h.window = 100;
    h.header_words = static_cast<std::uint8_t>(5 + options.size() / 4);
    return assembled(h) + options + text(payload);
}

} // namespace weir::protocol::test
