// Which flow a packet belongs to: identity only. Who opened it is another notion (tcp/connection.hpp).
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>

#include "common/keyed_hash.hpp"
#include "event/connection.hpp"
#include "protocol/packet.hpp"

namespace weir::flow {

using protocol::transport;

/// Addresses, ports, transport and tunnels in canonical order: both directions have the same key. VLANs are
/// no part of it, as each direction may have its own; the table tells them apart.
struct key {
    std::array<std::uint64_t, 6> words{};

    [[nodiscard]] transport over() const noexcept { return static_cast<transport>(words[4] >> 8 & 0xff); }
    /// The end that comes first in the key, or the other one.
    [[nodiscard]] event::endpoint end(bool low) const noexcept {
        event::endpoint e;
        std::memcpy(e.ip.bytes.data(), words.data() + (low ? 0 : 2), 16);
        e.ip.version = static_cast<std::uint8_t>(words[4]);
        e.port = static_cast<std::uint16_t>(words[4] >> (low ? 32 : 16));
        return e;
    }

    /// Of IPv4 only the words that can differ: a third of the work for most packets.
    [[nodiscard]] std::uint64_t hashed(const common::keyed_hash& hash) const noexcept {
        if (static_cast<std::uint8_t>(words[4]) != 4) return hash(words);
        const std::uint64_t addresses = std::rotl(words[0], 32) ^ words[2];
        if (words[5] == 0) return hash(std::array{addresses, words[4]});
        return hash(std::array{addresses, words[4], words[5]});
    }

    friend bool operator==(const key&, const key&) = default;
};

struct keyed_ends {
    key id;
    bool from_low = true;   ///< the sender is the end that comes first in the key
    std::uint32_t tags = 0; ///< VLANs of the packet
};

[[nodiscard]] inline keyed_ends key_of(const protocol::packet_ends& p) noexcept {
    keyed_ends k;
    // the order that Community ID v1 wants: address, then port, by their bytes
    const auto number = [](const common::ip_address& a, std::size_t at) {
        return common::load<std::uint64_t, std::endian::big>(a.bytes, at);
    };
    const std::uint64_t src = number(p.src, 0), dst = number(p.dst, 0);
    if (src != dst)
        k.from_low = src < dst;
    else if (p.src.bytes != p.dst.bytes)
        k.from_low = number(p.src, 8) < number(p.dst, 8);
    else
        k.from_low = p.src_port <= p.dst_port;
    const common::ip_address& low = k.from_low ? p.src : p.dst;
    const common::ip_address& high = k.from_low ? p.dst : p.src;
    const std::uint64_t ports = k.from_low ? std::uint64_t{p.src_port} << 16 | p.dst_port
                                           : std::uint64_t{p.dst_port} << 16 | p.src_port;
    std::memcpy(k.id.words.data(), low.bytes.data(), 16);
    std::memcpy(k.id.words.data() + 2, high.bytes.data(), 16);
    k.id.words[4] = ports << 16 | std::uint64_t{static_cast<std::uint8_t>(p.over)} << 8 | p.src.version;
    k.id.words[5] = p.encapsulation;
    k.tags = p.tags;
    return k;
}

/// The key of the flow that a packet speaks of: its own, or the one that an ICMP error quotes. Nothing where
/// it speaks of none; a fragment does not know (fragments.hpp). Packets with the same key must be fed to the
/// same `flows`.
[[nodiscard]] inline std::optional<key> key_of(const protocol::packet& p) noexcept {
    switch (p.what) {
    case protocol::disposition::tcp:
    case protocol::disposition::udp:
        return key_of(p.ends).id;
    case protocol::disposition::icmp:
        if (p.icmp) return key_of(p.icmp->quoted).id;
        return std::nullopt;
    default:
        return std::nullopt;
    }
}

} // namespace weir::flow
