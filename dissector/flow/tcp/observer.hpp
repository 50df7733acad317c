// What a connection tells besides its bytes and its end, where somebody asked: its retries, retransmissions,
// resets and closed windows as they happen, its bytes as events, and its statistics. There is one for a
// connection only where such an event is selected.
//
// Must never change what the connection does: it is told, and asks nothing.
#pragma once

#include <vector>

#include "flow/any_flow.hpp"
#include "flow/tcp/phases.hpp"
#include "flow/tcp/reassembly.hpp"
#include "flow/tcp/sender.hpp"

namespace weir::flow::tcp {

class observer {
public:
    /// Whether any event is selected that needs one.
    [[nodiscard]] static bool is_needed(const event::emitter& events) noexcept;

    observer(event::emitter& events, const any_flow& of) noexcept;

    /// A packet, before the connection takes it. `acknowledges`: what it acknowledges is believed.
    void on_packet(const protocol::packet& p, side from, bool acknowledges, common::timestamp ts);
    /// All bytes of a segment had been sent before.
    void on_repeated(const protocol::packet& p, side from, common::timestamp ts);
    /// Bytes before this segment are missing: `ahead` many, as far as is known.
    void on_early(const protocol::packet& p, side from, std::uint64_t ahead, common::timestamp ts);
    /// This segment brought bytes that lie before others that were seen.
    void on_filling(const protocol::packet& p, side from, common::timestamp ts);
    void on_data(side from, const placed& piece);
    void on_missing(const gap& g, std::uint64_t length);
    /// Bytes from `offset` on came twice, with another content.
    void on_overlap(side from, std::uint64_t offset, common::bytes_view first, common::bytes_view second,
                    common::timestamp ts);
    /// A RST, and what it hit.
    void on_reset(const protocol::tcp_segment& t, side from, phase hit, bool ignored, common::timestamp ts);
    void on_flip() noexcept { std::swap(ends_[0], ends_[1]); }
    /// The connection is over at `ts`, its last packet was at `last`.
    void on_close(common::timestamp ts, common::timestamp last);

    /// Of both ends together, until `now`; nothing where that is not selected.
    [[nodiscard]] std::optional<event::tcp_stalls> stalled(common::timestamp now) const noexcept;

private:
    struct end {
        tcp::sender sender;
        common::timestamp syn_at;
        std::uint32_t syn = 0;
        std::uint32_t syn_tries = 0;
        std::uint32_t fin = 0;
        bool fin_sent = false;
        std::optional<std::uint8_t> scale; ///< from its SYN
        std::optional<common::timestamp> window_closed;
        std::optional<std::uint16_t> mss;
        std::vector<event::code<event::tcp_option_kinds>> options;
        event::retransmission_counts again;
        std::uint64_t reordered = 0;
    };

    [[nodiscard]] end& at(side s) noexcept { return ends_[event::index(s)]; }
    void on_syn(const protocol::packet& p, side from, common::timestamp ts);
    void on_window(const protocol::tcp_segment& t, side from, common::timestamp ts);
    void tell_again(const protocol::packet& p, side from, event::retransmission why, common::timestamp ts);
    [[nodiscard]] std::optional<std::uint64_t> window_of(const protocol::tcp_segment& t, side from) noexcept;
    [[nodiscard]] static sender::segment segment_of(const protocol::packet& p, common::timestamp ts) noexcept;
    template <class Event>
    [[nodiscard]] Event begin(side from, common::timestamp ts) const;

    event::emitter& events_;
    const any_flow& of_;
    const bool follows_senders_;
    std::array<end, 2> ends_;
};

} // namespace weir::flow::tcp
