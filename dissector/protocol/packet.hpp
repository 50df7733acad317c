// What the headers of one packet said. Plain values and views into the packet; nothing here outlives it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/ip_address.hpp"

namespace weir::protocol {

/// How far a packet could be followed. The words are the keys of `not_dissected`.
enum class disposition : std::uint8_t {
    tcp,
    udp,
    icmp, ///< ICMP or ICMPv6; `packet::icmp` has what an error quotes
    unknown_link_type,
    not_ip,
    other_protocol,
    ip_fragment,
    cut_by_snaplen,
    malformed,
    too_deep,
};
inline constexpr std::array<std::string_view, 10> disposition_words{"tcp",         "udp",
                                                                    "icmp",        "unknown_link_type",
                                                                    "not_ip",      "other_protocol",
                                                                    "ip_fragment", "cut_by_snaplen",
                                                                    "malformed",   "too_deep"};

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

/// RFC 9293 section 3.1, the members that following a connection needs besides ports and payload.
struct tcp_segment {
    std::uint32_t seq = 0;
    std::uint32_t ack = 0;
    std::uint16_t flags = 0;
    std::uint16_t window = 0;
    std::optional<std::uint8_t> window_scale; ///< RFC 7323
    common::bytes_view options;               ///< as far as they were captured

    [[nodiscard]] bool has(std::uint16_t flag) const noexcept { return (flags & flag) != 0; }
};

/// The protocols whose packets belong to a flow, by their IP number.
enum class transport : std::uint8_t { tcp = 6, udp = 17 };

/// Who sent a packet to whom.
struct packet_ends {
    common::ip_address src;
    common::ip_address dst;
    std::uint16_t src_port = 0;
    std::uint16_t dst_port = 0;
    transport over = transport::tcp;
    std::uint32_t tags = 0; ///< VLANs around the innermost IP header; 0 is none. A direction may have its own
    std::uint64_t encapsulation = 0; ///< tunnels around the innermost IP header; 0 is none
};

/// An ICMP error (RFC 792, RFC 4443) and the packet that it quotes.
struct icmp_error {
    std::string_view kind; ///< type and code as a word
    std::uint8_t type = 0;
    std::uint8_t code = 0;
    std::optional<std::uint32_t> mtu; ///< RFC 1191, RFC 4443 section 3.2
    packet_ends quoted;
};

/// A part of an IP packet (RFC 791 section 3.2, RFC 8200 section 4.5).
struct ip_fragment_part {
    std::uint32_t id = 0;
    std::uint32_t offset = 0; ///< of its first byte in the payload of the whole, bytes
    std::uint32_t length = 0; ///< bytes on the wire; data.size() is less where the capture cut it
    std::uint8_t number = 0;  ///< IP number of the whole's payload; of IPv6 that of the first fragment counts
    bool is_last = false;
    common::bytes_view data;
};

/// What every packet says; a member that stands here is cleared with the others.
struct packet_facts {
    disposition what = disposition::not_ip;
    packet_ends ends;           ///< ports are those of TCP and UDP
    common::bytes_view network; ///< from the outermost IP header on, padding of the link left out
    std::uint32_t link_interface =
        0; ///< its index where the link header has it (Linux cooked v2); 0: it has not
    std::uint32_t payload_length =
        0; ///< of TCP and UDP, on the wire; payload.size() is less where it was cut
    common::bytes_view payload;
    tcp_segment tcp;
};

struct packet : packet_facts {
    std::optional<problem> wrong;
    std::optional<icmp_error> icmp;
    std::optional<ip_fragment_part> fragment; ///< where `what` is `ip_fragment`

    /// As if nothing had been decoded; touches no more of it than that needs.
    void clear() noexcept {
        static_cast<packet_facts&>(*this) = {};
        wrong.reset();
        icmp.reset();
        fragment.reset();
    }
};

} // namespace weir::protocol
