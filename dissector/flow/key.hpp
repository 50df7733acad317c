// Which connection a packet belongs to: identity only. Who opened it is another notion (connection.hpp).
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "common/keyed_hash.hpp"
#include "protocol/packet.hpp"

namespace weir::flow {

/// Addresses, ports and encapsulation in canonical order: both directions of a connection have the same key.
struct key {
    std::array<std::uint64_t, 6> words{};
    friend bool operator==(const key&, const key&) = default;
};

struct key_hash {
    common::keyed_hash hash;
    /// unordered_flat_map need not mix the bits again.
    using is_avalanching = void;
    [[nodiscard]] std::size_t operator()(const key& k) const noexcept { return hash(k.words); }
};

struct keyed_packet {
    key id;
    bool from_low = true; ///< the sender is the end that comes first in the key
};

[[nodiscard]] inline keyed_packet key_of(const protocol::packet& p) noexcept {
    keyed_packet k;
    const int order = std::memcmp(p.src.bytes.data(), p.dst.bytes.data(), p.src.bytes.size());
    k.from_low = order < 0 || (order == 0 && p.tcp.src_port <= p.tcp.dst_port);
    const common::ip_address& low = k.from_low ? p.src : p.dst;
    const common::ip_address& high = k.from_low ? p.dst : p.src;
    const std::uint64_t ports = k.from_low ? std::uint64_t{p.tcp.src_port} << 16 | p.tcp.dst_port
                                           : std::uint64_t{p.tcp.dst_port} << 16 | p.tcp.src_port;
    std::memcpy(k.id.words.data(), low.bytes.data(), 16);
    std::memcpy(k.id.words.data() + 2, high.bytes.data(), 16);
    k.id.words[4] = ports << 8 | p.src.version;
    k.id.words[5] = p.encapsulation;
    return k;
}

} // namespace weir::flow
