// Packets that one capture shows more than once because it looks at several places that they pass: the ports
// of a bridge, the members of a bond, a mirror, "any". The first copy is the packet; the others are counted,
// and must never be taken for retransmissions.
//
// A copy has the same bytes from the outermost IP header on, but for what a router changes on the way (hops
// left, IPv4 header checksum), was seen on another interface or VLAN, and within 1 ms of the first. What one
// interface shows twice in one VLAN was sent twice, or doubled by the network: that is no copy.
#pragma once

#include <memory>

#include "common/timestamp.hpp"
#include "protocol/packet.hpp"

namespace weir::flow {

class copies {
public:
    explicit copies(const std::array<std::uint64_t, 2>& hash_key);
    ~copies();

    /// The capture is on several interfaces.
    void expect() noexcept { expected_ = true; }

    /// Whether this packet can be a copy, or have one: nothing else is to be done where a capture has one
    /// interface and no VLAN.
    [[nodiscard]] bool possible(const protocol::packet& p) noexcept {
        expected_ = expected_ || p.ends.tags != 0 || p.ends.encapsulation != 0 || p.link_interface != 0;
        return expected_;
    }

    /// True where it is a copy; otherwise it is remembered. `interface` tells apart what `p` does not.
    [[nodiscard]] bool is_copy(const protocol::packet& p, std::uint32_t interface, common::timestamp ts);

    /// How far copies may lie apart in time.
    static constexpr common::nanoseconds window{1'000'000};
    /// Bytes of a packet that are compared; of a longer one, which only segmentation offload makes, as many
    /// in all at its beginning and its end.
    static constexpr std::size_t compared = 1536;
    /// Packets remembered. The helper hands over at most 4,096 of one interface before it turns to the next.
    static constexpr std::size_t remembered = 16'384;

private:
    struct memory;
    std::unique_ptr<memory> memory_;
    bool expected_ = false;
};

} // namespace weir::flow
