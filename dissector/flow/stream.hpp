// What a connection hands to a session: the two byte streams in order, with holes named. Flow knows sessions
// only through this header.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "common/bytes.hpp"
#include "common/timestamp.hpp"
#include "event/connection.hpp"
#include "event/loss.hpp"
#include "event/stalls.hpp"
#include "event/tcp_events.hpp"

namespace weir::flow {

using event::side;

/// `length` bytes at `offset` will never be seen; where it is not known how many, the next chunk tells.
struct gap {
    side from = side::client;
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> length;
    event::missing_cause cause = event::missing_cause::upstream;
    common::timestamp ts;               ///< when it was given up
    common::timestamp lost_after = {};  ///< packet of the last byte before them
    common::timestamp lost_before = {}; ///< packet that showed first that they are missing
};

/// What a session may know of its connection. `ref()` computes the Community ID at first use.
class identity {
public:
    identity() = default;
    identity(const identity&) = delete;
    identity& operator=(const identity&) = delete;
    virtual ~identity() = default;

    [[nodiscard]] virtual event::connection_ref ref() const = 0;
    /// One of its ends, at less than the cost of ref().
    [[nodiscard]] virtual event::endpoint end(side s) const {
        const event::connection_ref all = ref();
        return s == side::client ? all.client : all.server;
    }
    /// SYN to third ACK, where both were seen.
    [[nodiscard]] virtual std::optional<common::nanoseconds> handshake() const = 0;
    /// True where the SYN was not seen: the first byte of a side may be in the middle of anything.
    [[nodiscard]] virtual bool midstream() const = 0;
    /// What held both ends up until now; nothing where tcp.stats is not selected.
    [[nodiscard]] virtual std::optional<event::tcp_stalls> stalled() const { return std::nullopt; }
    /// When on_due() of a stream's consumer is wanted next, in capture time; nothing: not at all. Datagrams
    /// have datagram_consumer::due().
    virtual void wake_at(std::optional<common::timestamp>) const noexcept {}
    /// Why bytes of a gap are missing, as far as it is known by now: statistics that came after the gap may
    /// name the kernel.
    [[nodiscard]] virtual event::missing_cause cause_now(const gap& g) const { return g.cause; }
};

/// Bytes of one side, in order, without a hole before them. `data` is never empty and lives during the call
/// only.
struct chunk {
    side from = side::client;
    std::uint64_t offset = 0; ///< in this side's stream, from 0
    common::bytes_view data;
    common::timestamp ts;     ///< of the packet that carried them
    std::uint64_t packet = 0; ///< its number in the capture, from 1
    /// Bytes of the other side's stream that the sender had acknowledged with them, where that is known.
    std::optional<std::uint64_t> acked = {};
};

/// One session on one connection.
class stream_consumer {
public:
    stream_consumer() = default;
    stream_consumer(const stream_consumer&) = delete;
    stream_consumer& operator=(const stream_consumer&) = delete;
    virtual ~stream_consumer() = default;

    virtual void on_data(const chunk& c) = 0;
    virtual void on_gap(const gap& g) = 0;
    /// This side has sent its FIN and all bytes before it were told.
    virtual void on_end(side from, common::timestamp ts) = 0;
    /// The connection is over; nothing follows. Partial messages are reported now. `why` tells a clean end
    /// from a reset or the end of the capture.
    virtual void on_close(event::close_reason why, common::timestamp ts) = 0;
    /// Capture time has reached `ts`, for which identity::wake_at() was asked.
    virtual void on_due(common::timestamp) {}
    /// Name of the protocol that was recognised; empty while none is. Static text.
    [[nodiscard]] virtual std::string_view service() const noexcept { return {}; }
};

class datagram_consumer; // flow/datagram.hpp

/// Makes and takes back sessions; owns their memory.
class session_source {
public:
    session_source() = default;
    session_source(const session_source&) = delete;
    session_source& operator=(const session_source&) = delete;
    virtual ~session_source() = default;

    /// Called when a connection has its first payload. `id` outlives the consumer.
    [[nodiscard]] virtual stream_consumer* open(const identity& id) = 0;
    virtual void release(stream_consumer* consumer) noexcept = 0;

    /// For a connection whose SYN was not seen: which side would send these bytes, as far as content tells.
    [[nodiscard]] virtual std::optional<side> sender_of(common::bytes_view payload) const noexcept = 0;

    /// Called at the first datagram of a conversation; nothing where no session wants it. `id` outlives the
    /// consumer.
    [[nodiscard]] virtual datagram_consumer* open_datagrams(const identity&) { return nullptr; }
    virtual void release(datagram_consumer*) noexcept {}

    /// Which side would send this datagram, as far as content tells; otherwise the client is who spoke first.
    [[nodiscard]] virtual std::optional<side> datagram_sender_of(common::bytes_view) const noexcept {
        return std::nullopt;
    }
};

} // namespace weir::flow
