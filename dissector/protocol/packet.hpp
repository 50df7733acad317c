// What the headers of one packet said. Plain values and views into the packet; nothing here outlives it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/ip_address.hpp"

namespace weir::protocol {

/// Why a packet is or is not a TCP segment that can be followed. The words are the keys of `not_dissected`.
enum class disposition : std::uint8_t {
    tcp,
    unknown_link_type,
    not_ip,
    not_tcp,
    ip_fragment,
    cut_by_snaplen,
    malformed,
    too_deep,
};
inline constexpr std::array<std::string_view, 8> disposition_words{
    "tcp",         "unknown_link_type", "not_ip",    "not_tcp",
    "ip_fragment", "cut_by_snaplen",    "malformed", "too_deep"};

/// Malformed bytes as data: the code is stable, the sentence is "<subject> <value> <relation> <bound>".
struct problem {
    std::string_view code;
    std::string_view layer;
    std::size_t offset = 0;
    std::string_view subject;
    std::uint64_t value = 0;
    std::string_view relation;
    std::uint64_t bound = 0;
};

namespace tcp_flag {
inline constexpr std::uint16_t fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack = 0x10, urg = 0x20;
}

/// RFC 9293 section 3.1, the members that following a connection needs.
struct tcp_segment {
    std::uint16_t src_port = 0;
    std::uint16_t dst_port = 0;
    std::uint32_t seq = 0;
    std::uint32_t ack = 0;
    std::uint16_t flags = 0;
    std::uint16_t window = 0;
    std::uint32_t payload_length = 0; ///< on the wire; payload.size() is less where the capture cut it
    common::bytes_view payload;
    std::optional<std::uint8_t> window_scale; ///< RFC 7323

    [[nodiscard]] bool has(std::uint16_t flag) const noexcept { return (flags & flag) != 0; }
};

struct packet {
    disposition what = disposition::not_ip;
    std::optional<problem> wrong;
    common::ip_address src;
    common::ip_address dst;
    std::uint64_t encapsulation = 0; ///< VLAN tags and tunnels around the innermost IP header; 0 is none
    tcp_segment tcp;
};

} // namespace weir::protocol
