// One TCP connection: two streams, who opened it, how it went, how it ended (RFC 9293). Fed packet by packet,
// it tells its session and, at its end, emits tcp.close. It knows no table and no timer but the times it is
// given.
#pragma once

#include <limits>
#include <memory>
#include <utility>

#include "flow/any_flow.hpp"
#include "flow/tcp/end_states.hpp"
#include "flow/tcp/history.hpp"
#include "flow/tcp/observer.hpp"
#include "flow/tcp/phases.hpp"
#include "flow/tcp/reassembly.hpp"

namespace weir::flow::tcp {

class connection final : public any_flow, private reassembly::reader {
public:
    connection(environment& shared, const keyed_ends& k, std::uint64_t number, const protocol::packet& first,
               const sighting& seen);

    /// What a SYN, or SYN+ACK, on the addresses and ports of this connection means.
    enum class syn_meaning : std::uint8_t {
        its_own,   ///< it belongs to this connection
        successor, ///< it opens another one, and this one is over
        rival,     ///< it tries to open another one; this one lives until that one does
        answered,  ///< it answers a SYN that had come again after the end: that SYN opened another one
    };
    [[nodiscard]] syn_meaning meaning_of_syn(const protocol::packet& p, bool from_low) const noexcept;
    /// Where two connections have these addresses and ports: whether the packet belongs to this one, where it
    /// is no more than a try.
    [[nodiscard]] bool claims(const protocol::packet& p, bool from_low) const noexcept;
    /// Both ends have shown that they know of it.
    [[nodiscard]] bool opened() const noexcept { return phase_ != phase::opening && !was_refused(); }
    /// The SYN that had come again, which is no longer counted here. Precondition: meaning_of_syn() was
    /// `answered`; `answer` is its answer.
    [[nodiscard]] std::pair<protocol::packet, sighting> take_repeated_syn(const protocol::packet& answer);
    /// An ICMP error says that a packet did not get through.
    void on_error(std::string_view kind, const common::ip_address& from);
    void feed(const protocol::packet& p, bool from_low, const sighting& seen);
    /// The capture was blind for a while; the next hole may be its doing.
    void interrupted() noexcept { halves_[0].blind = halves_[1].blind = true; }

    [[nodiscard]] flow::patience patience() const noexcept override;
    /// When a hole is given up.
    [[nodiscard]] std::optional<common::timestamp> next_due() const noexcept override;
    void on_due(common::timestamp due) override;
    void close(event::close_reason why, common::timestamp ts) override;

    [[nodiscard]] std::optional<common::nanoseconds> handshake() const override;
    [[nodiscard]] bool midstream() const override { return midstream_; }
    [[nodiscard]] std::optional<event::tcp_stalls> stalled() const override {
        return watch_ ? watch_->stalled(last_) : std::nullopt;
    }
    void wake_at(std::optional<common::timestamp> at) const noexcept override {
        session_due_ = at.value_or(never);
    }
    [[nodiscard]] event::missing_cause cause_now(const gap& g) const override;

private:
    /// Bytes that are missing now, before others that were seen or acknowledged.
    enum class hole : std::uint8_t { none, noticed, acknowledged };

    /// What one end sent, and what the other end said of it.
    struct half {
        reassembly stream;
        tail* delivered = nullptr;      ///< the last of it
        std::uint64_t acked = 0;        ///< bytes the other end acknowledged; while `numbered`
        std::uint64_t fin = 0;          ///< offset of the FIN; while `fin_seen`
        std::uint32_t base = 0;         ///< sequence number of offset 0; while `numbered`
        std::uint32_t reset = 0;        ///< sequence number of its last RST
        std::uint16_t window = 0xffff;  ///< it advertised last, not scaled; the largest where none is known
        std::uint8_t window_scale = 14; ///< RFC 7323; of its SYN
        stream_phase phase = stream_phase::unnumbered;
        tcp::connection::hole hole = hole::none;
        bool guessed : 1 = false; ///< `base` comes from an acknowledgement; its SYN may correct it
        bool window_closed : 1 = false;
        bool answered : 1 = false;     ///< the other end acknowledged something since the hole was noticed
        bool blind : 1 = false;        ///< the capture was interrupted since the last byte that came in order
        bool is_unsigned : 1 = false;  ///< its SYN was seen, and bears no signature
        common::timestamp in_order_at; ///< packet of the last byte that came in order
        common::timestamp hole_due;    ///< when it is given up, by the capture clock
        event::tcp_side count;

        void on(stream_occasion o) noexcept { phase = next_stream_phase(phase, o); }
        void number(std::uint32_t first_byte) noexcept {
            base = first_byte;
            on(stream_occasion::numbered);
        }
    };

    /// An acknowledgement of what cannot have been sent.
    struct doubt {
        std::uint64_t acked = 0;
        sighting seen;
    };

    /// What few connections have.
    struct exception {
        std::optional<sighting> syn_again; ///< after the end, with the same number
        protocol::tcp_segment syn;
        std::optional<event::refusal> refused;       ///< by an ICMP error
        std::array<std::optional<doubt>, 2> doubted; ///< by whom
    };

    static constexpr common::timestamp never{std::numeric_limits<std::int64_t>::max()};

    struct ending {
        event::close_reason why;
        std::optional<side> by;
    };

    [[nodiscard]] half& at(side s) noexcept { return halves_[event::index(s)]; }
    [[nodiscard]] const half& at(side s) const noexcept { return halves_[event::index(s)]; }
    void on(occasion o) noexcept { phase_ = next_phase(phase_, o); }

    void count(const protocol::packet& p, side from);
    void tell_history(const protocol::packet& p, side from);
    void see_flags(const protocol::packet& p, side from);
    [[nodiscard]] bool acceptable_reset(const protocol::tcp_segment& t, side from) const noexcept;
    [[nodiscard]] bool was_refused() const noexcept;
    [[nodiscard]] bool is_late_syn(const protocol::tcp_segment& t, const half& h) const noexcept;
    [[nodiscard]] exception& unusual();
    void correct_roles(const protocol::tcp_segment& t, bool from_low) noexcept;
    [[nodiscard]] std::optional<event::refusal> refusal() const;
    void reopen();
    [[nodiscard]] bool cleanly_open() const noexcept;
    [[nodiscard]] static std::uint64_t offset_of(const half& h, std::uint32_t seq) noexcept;
    [[nodiscard]] static bool acknowledges(const protocol::tcp_segment& t, const half& h) noexcept;
    [[nodiscard]] static bool was_sent(const half& h, std::int64_t ahead) noexcept;
    /// In bytes, as this end offered it last.
    [[nodiscard]] static std::uint64_t window_of(const half& h) noexcept {
        return std::uint64_t{h.window} << h.window_scale;
    }
    [[nodiscard]] std::optional<side> told_sender(const protocol::packet& p);
    void on_plain_syn(const protocol::tcp_segment& t, side from, const sighting& seen);
    void on_syn_ack(const protocol::tcp_segment& t, side from);
    void on_syn(const protocol::tcp_segment& t, side from);
    [[nodiscard]] bool believes(const half& h, std::uint64_t acked, side by) const noexcept;
    [[nodiscard]] bool believes_ack(const protocol::tcp_segment& t, side from) const noexcept;
    [[nodiscard]] bool weigh(const half& h, std::uint64_t acked, side by, const sighting& seen);
    [[nodiscard]] const doubt* doubted(side by) const noexcept;
    void settle_doubt(side by, std::uint64_t acked);
    [[nodiscard]] static std::uint64_t acked_by(const protocol::tcp_segment& t, const half& h) noexcept;
    void on_ack(const protocol::tcp_segment& t, side from, const sighting& seen);
    void on_payload(const protocol::packet& p, side from, const sighting& seen);
    arrival take(side from, const placed& s, const sighting& seen);
    /// Whether the part of a segment that was delivered before has another content now.
    [[nodiscard]] bool compare_delivered(const half& h, const placed& s);
    void on_fin(const protocol::packet& p, side from, common::timestamp ts);
    void on_reset(const protocol::tcp_segment& t, side from, const sighting& seen);
    void open_if_established(const protocol::packet& p, side from, common::timestamp ts);
    void pick_up(const protocol::packet& p, side from, common::timestamp ts);
    void tell_open(common::timestamp ts);
    void tell_ends(common::timestamp ts);
    void finish(event::close_reason why, std::optional<side> by, common::timestamp ts);
    void close_session(event::close_reason why, common::timestamp ts);
    void flip_roles() noexcept;
    void give_up(half& h, std::uint64_t up_to, event::missing_cause unexplained, common::timestamp ts);
    void note_hole(half& h) noexcept;
    /// The packet that showed what is missing first.
    [[nodiscard]] common::timestamp hole_shown(const half& h, common::timestamp now) const noexcept;
    [[nodiscard]] static std::uint64_t end_of(const half& h) noexcept;
    void report(std::string_view code, side from, std::uint64_t offset, const sighting& seen,
                std::string_view detail);
    [[nodiscard]] stream_consumer& session();

    void deliver(const placed& piece) override;
    void missing(std::uint64_t offset, std::uint64_t length, event::missing_cause cause,
                 common::timestamp ts) override;
    void differing(std::uint64_t offset, common::bytes_view first, common::bytes_view second) override;

    std::array<half, 2> halves_;
    stream_consumer* session_ = nullptr;
    std::unique_ptr<observer> watch_;               ///< where somebody asks what it tells
    mutable common::timestamp session_due_ = never; ///< when the session wants on_due()
    std::string_view service_;                      ///< of the session that is over
    common::timestamp established_at_;              ///< third ACK; where the whole handshake was seen
    common::timestamp fin_at_;                      ///< packet of the last FIN or of the RST
    std::unique_ptr<exception> exception_;
    std::optional<ending> ended_;
    std::optional<side> first_fin_;
    history history_;
    end_states ends_{};
    side delivering_ = side::client;
    tcp::phase phase_ = phase::opening;
    const bool midstream_;
    bool whole_handshake_ = false;
    bool limit_told_ = false;
    bool reset_told_ = false;
    std::uint16_t syns_ = 0;   ///< of the client, without ACK
    std::uint8_t role_probes_; ///< payloads that may still be asked who is the client
};

} // namespace weir::flow::tcp
