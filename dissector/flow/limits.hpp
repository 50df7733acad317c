// What flow may hold. Each limit is reachable in a test; reaching one is an anomaly event and degrades that
// flow only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "common/timestamp.hpp"

namespace weir::flow {

struct limits {
    /// TCP connections and UDP conversations at once; the one idle longest is closed as evicted to make room.
    /// At most 600 bytes each, sessions not counted.
    std::size_t flows = 262'144;
    /// Bytes of them and of their sessions together; above it the one idle longest is closed as evicted.
    std::size_t memory = std::numeric_limits<std::size_t>::max();
    /// Out-of-order bytes held for one side of a connection: covers a full 1 MiB window in flight behind one
    /// loss.
    std::size_t held_bytes_side = 1024 * 1024;
    /// The same for both sides together.
    std::size_t held_bytes_connection = 1536 * 1024;
    /// Out-of-order segments held for one side; bounds the work per packet.
    std::size_t held_segments_side = 1024;
    /// Out-of-order bytes held by all connections together.
    std::size_t held_bytes = 16 * 1024 * 1024;
    /// Out-of-order segments held by all together: small ones cost more than their bytes.
    std::size_t held_segments = 128 * 1024;
    /// A hole is given up this long after the other side was seen to acknowledge past it, in capture time: a
    /// capture may reorder packets by that much, an acknowledged byte is never sent again after it.
    common::nanoseconds gap_grace{100'000'000};
    /// Streams whose last bytes (256 each) are kept, to be compared with what repeats them.
    std::size_t tails = 4096;
    /// A hole is given up after this long in which the other side acknowledged nothing at all (one-way
    /// captures).
    common::nanoseconds gap_timeout{10'000'000'000};
    /// A connection without a packet for this long is closed: established, as RFC 5382 (REQ-5) asks of NATs,
    /// 2 h 4 min.
    common::nanoseconds idle_established{7'440'000'000'000};
    /// The same before the handshake is complete, and after a FIN: RFC 5382 says 4 minutes.
    common::nanoseconds idle_transitory{240'000'000'000};
    /// After both FINs are acknowledged, or a reset, late packets still belong to the connection for this
    /// long.
    common::nanoseconds linger{1'000'000'000};
    /// A UDP conversation without a datagram for this long is over: the least that RFC 4787 (REQ-5) lets a
    /// NAT wait.
    common::nanoseconds idle_datagrams{120'000'000'000};
    /// Interfaces that the end of a flow names; a bridge has more ports, a path hardly.
    std::size_t interfaces = 8;
    /// Addresses that have a name, with who asked for it; above it the one learned longest ago is forgotten.
    /// Some 250 bytes each. A busy resolver's host asks for a few thousand in ten minutes.
    std::size_t names = 16'384;
    /// Packets whose fragments are not all there, and the bytes that they hold; above it the oldest is given
    /// up. Linux holds 4 MiB by default.
    std::size_t fragmented_packets = 1024;
    std::size_t fragment_bytes = 4 * 1024 * 1024;
    /// How long a packet may wait for the rest of its fragments: Linux waits 30 s.
    common::nanoseconds fragment_patience{30'000'000'000};
    /// Payloads of a connection picked up in mid-stream whose content is asked who of the two is the client.
    std::uint8_t role_probes = 8;

    /// A connection and its place in the index.
    static constexpr std::size_t flow_bytes = 600;
    /// A session with a message under way, as benchmarks/memory measures it; the bodies that it keeps beside.
    static constexpr std::size_t session_bytes = 3072;

    /// The same, so that connections, their sessions and what they hold take at most `all` bytes: half of it
    /// for connections and sessions, a quarter for bytes behind holes, the rest for what is kept to be
    /// compared.
    [[nodiscard]] constexpr limits within(std::size_t all) const noexcept {
        constexpr std::size_t piece_bytes = 128, tail_bytes = 300; // of one, beside its data
        limits l = *this;
        l.memory = std::min(memory, all / 2);
        l.flows = std::min(flows, l.memory / flow_bytes);
        l.held_bytes = std::min(held_bytes, all / 8);
        l.held_segments = std::min(held_segments, all / 8 / piece_bytes);
        l.tails = std::min(tails, all / 4 / tail_bytes);
        return l;
    }
};

} // namespace weir::flow
