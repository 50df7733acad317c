// One TCP connection: two streams, who opened it, how it went, how it ended (RFC 9293). Fed packet by packet,
// it tells its session and, at its end, its tcp.close event. It knows no table and no timer but the times it
// is given.
#pragma once

#include <optional>

#include "event/sink.hpp"
#include "flow/capture_path.hpp"
#include "flow/community_id.hpp"
#include "flow/history.hpp"
#include "flow/key.hpp"
#include "flow/reassembly.hpp"

namespace weir::flow {

/// What all connections of a table share.
struct environment {
    event::emitter& events;
    session_source& sessions;
    limits limit;
    const capture_path& path;
    held_budget held;
    std::uint64_t anomalies = 0;
};

/// How long a connection may be silent depends on this; each has its own list in the table.
enum class phase : std::uint8_t { transitory, established, over };

class connection final : public identity, private reassembly::reader {
public:
    connection(environment& shared, std::uint64_t number, const keyed_packet& k,
               const protocol::packet& first, const sighting& seen);

    /// True where this SYN opens another connection on the same addresses and ports.
    [[nodiscard]] bool is_reused_by(const protocol::packet& p, bool from_low) const noexcept;
    void feed(const protocol::packet& p, bool from_low, const sighting& seen);
    /// Gives up holes that have waited long enough at time `now`.
    void expire_gaps(common::timestamp now);
    /// The capture was blind for a while; the next hole may be its doing.
    void interrupted() noexcept { halves_[0].blind = halves_[1].blind = true; }
    /// Ends it: what is held is delivered with gaps, the session is closed, tcp.close is emitted.
    void close(event::close_reason why, common::timestamp ts);

    [[nodiscard]] flow::phase phase() const noexcept { return phase_; }
    [[nodiscard]] bool waits_for_bytes() const noexcept;
    [[nodiscard]] common::timestamp last() const noexcept { return last_; }
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
    [[nodiscard]] const key& id() const noexcept { return key_; }

    [[nodiscard]] event::connection_ref ref() const override;
    [[nodiscard]] std::optional<common::nanoseconds> handshake() const override;
    [[nodiscard]] bool midstream() const override { return midstream_; }
    [[nodiscard]] event::missing_cause cause_now(const gap& g) const override;

    /// Hooks of the table's lists (by last packet, and of those that wait for bytes).
    struct links {
        connection* previous = nullptr;
        connection* next = nullptr;
    };
    links by_age, by_wait;
    bool in_wait_list = false;
    flow::phase listed_in = flow::phase::transitory;

private:
    /// What one end sent, and what the other end said of it.
    struct half {
        event::endpoint end;
        std::uint32_t base = 0; ///< sequence number of offset 0
        bool base_known = false;
        bool syn = false;
        bool syn_ack = false;
        bool reset = false;
        bool fin_told = false;
        bool window_closed = false;
        bool blind = false; ///< the capture was interrupted since the last byte that came in order
        std::optional<std::uint64_t> fin; ///< offset of the FIN
        bool fin_acked = false;
        std::uint64_t highest = 0;     ///< end of the last byte seen
        std::uint64_t acked = 0;       ///< bytes the other end acknowledged
        common::timestamp in_order_at; ///< packet of the last byte that came in order
        std::optional<common::timestamp> hole_since;
        reassembly stream;
        event::tcp_side count;
    };

    [[nodiscard]] half& at(side s) noexcept { return halves_[event::index(s)]; }
    [[nodiscard]] const half& at(side s) const noexcept { return halves_[event::index(s)]; }
    [[nodiscard]] side sender(bool from_low) const noexcept {
        return from_low == client_is_low_ ? side::client : side::server;
    }

    void count(const protocol::tcp_segment& t, side from);
    void on_syn(const protocol::tcp_segment& t, side from, common::timestamp ts);
    void on_ack(const protocol::tcp_segment& t, side from, common::timestamp ts);
    void on_payload(const protocol::tcp_segment& t, side from, const sighting& seen);
    arrival take(half& h, const placed& s, const sighting& seen);
    void on_fin(const protocol::tcp_segment& t, side from, common::timestamp ts);
    void on_reset(side from, common::timestamp ts);
    void open_if_established(const protocol::tcp_segment& t, side from, common::timestamp ts);
    void pick_up(const protocol::tcp_segment& t, side from, common::timestamp ts);
    void tell_open(common::timestamp ts);
    void tell_ends(common::timestamp ts);
    void finish(event::close_reason why, std::optional<side> by, common::timestamp ts);
    void close_session(event::close_reason why, common::timestamp ts);
    void flip_roles() noexcept;
    void give_up(half& h, std::uint64_t up_to, event::missing_cause unexplained, common::timestamp ts);
    void note_hole(half& h, common::timestamp ts) noexcept;
    [[nodiscard]] std::string_view state() const noexcept;
    void report(std::string_view code, side from, std::uint64_t offset, const sighting& seen,
                std::string_view detail);

    void deliver(const placed& piece) override;
    void missing(std::uint64_t offset, std::uint64_t length, event::missing_cause cause,
                 common::timestamp ts) override;

    environment& shared_;
    key key_;
    std::uint64_t number_;
    std::uint32_t interface_;
    std::array<half, 2> halves_;
    stream_consumer* session_ = nullptr;
    std::string_view service_; ///< of the session that is over
    common::timestamp start_;
    common::timestamp last_;
    std::optional<common::timestamp> syn_at_;
    std::optional<common::timestamp> established_at_;
    std::optional<event::close_reason> ended_;
    std::optional<side> ended_by_;
    std::optional<side> first_fin_;
    mutable std::optional<std::array<char, community_id_size>> community_id_;
    history history_;
    side delivering_ = side::client;
    flow::phase phase_ = flow::phase::transitory;
    bool client_is_low_;
    bool midstream_ = false;
    bool roles_certain_ = false;
    bool open_told_ = false;
    bool session_over_ = false;
    bool limit_told_ = false;
};

} // namespace weir::flow
