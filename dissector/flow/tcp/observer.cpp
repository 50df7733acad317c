#include "flow/tcp/observer.hpp"

namespace weir::flow::tcp {

namespace {

namespace flag = protocol::tcp_flag;
using event::retransmission;

/// Where nothing was measured: less than any path but that within a host or a rack.
constexpr common::nanoseconds assumed_round_trip{1'000'000};

std::uint64_t& count_of(event::retransmission_counts& c, retransmission why) noexcept {
    switch (why) {
    case retransmission::fast:
        return c.fast;
    case retransmission::timeout:
        return c.timeout;
    case retransmission::spurious:
        return c.spurious;
    case retransmission::unseen:
        break;
    }
    return c.unseen;
}

} // namespace

bool observer::is_needed(const event::emitter& events) noexcept {
    return events.wants<event::tcp_syn_retry>() || events.wants<event::tcp_retransmit>() ||
           events.wants<event::tcp_out_of_order>() || events.wants<event::tcp_gap>() ||
           events.wants<event::tcp_overlap>() || events.wants<event::tcp_zero_window>() ||
           events.wants<event::tcp_reset>() || events.wants<event::tcp_data>() ||
           events.wants<event::tcp_stats>();
}

observer::observer(event::emitter& events, const any_flow& of) noexcept
    : events_(events)
    , of_(of)
    , follows_senders_(events.wants<event::tcp_retransmit>() || events.wants<event::tcp_stats>()) {}

template <class Event>
Event observer::begin(side from, common::timestamp ts) const {
    Event e;
    e.ts = ts;
    e.connection = of_.ref();
    e.side = from;
    return e;
}

sender::segment observer::segment_of(const protocol::packet& p, common::timestamp ts) noexcept {
    const protocol::tcp_options options(p.tcp.options);
    sender::segment s;
    s.seq = p.tcp.seq;
    s.length = p.payload_length + (p.tcp.has(flag::syn) ? 1u : 0u) + (p.tcp.has(flag::fin) ? 1u : 0u);
    s.syn = p.tcp.has(flag::syn);
    s.fin = p.tcp.has(flag::fin);
    if (options.timestamps) s.stamp = options.timestamps->value;
    s.ts = ts;
    return s;
}

/// Of the sender of `t`, in bytes; nothing where its scale is not known (RFC 7323 section 2.3).
std::optional<std::uint64_t> observer::window_of(const protocol::tcp_segment& t, side from) noexcept {
    const end &own = at(from), &other = at(event::other(from));
    if (t.window == 0) return 0;
    if (own.syn_tries == 0 || other.syn_tries == 0) return std::nullopt;
    const bool scaled = own.scale && other.scale && !t.has(flag::syn);
    return std::uint64_t{t.window} << (scaled ? *own.scale : 0);
}

void observer::on_packet(const protocol::packet& p, side from, bool acknowledges, common::timestamp ts) {
    const protocol::tcp_segment& t = p.tcp;
    if (t.has(flag::rst)) return;
    if (t.has(flag::syn)) on_syn(p, from, ts);
    on_window(t, from, ts);
    if (!follows_senders_) return;
    end& own = at(from);
    const sender::segment s = segment_of(p, ts);
    own.sender.sent(s);
    if (acknowledges) {
        const protocol::tcp_options options(t.options);
        at(event::other(from)).sender.answered({t.ack, window_of(t, from), s.length == 0, options, ts});
    }
    if (t.has(flag::fin) && own.fin_sent && own.fin == s.end() && p.payload_length == 0)
        tell_again(p, from, own.sender.sent_again(s), ts);
    if (t.has(flag::fin)) {
        own.fin_sent = true;
        own.fin = s.end();
    }
}

void observer::on_syn(const protocol::packet& p, side from, common::timestamp ts) {
    end& own = at(from);
    const bool again = own.syn_tries > 0 && own.syn == p.tcp.seq;
    if (!again) {
        own.syn = p.tcp.seq;
        own.syn_tries = 0;
        own.options.clear();
        own.scale = p.tcp.window_scale;
        own.mss = protocol::tcp_options(p.tcp.options).mss;
        protocol::for_each_tcp_option(
            p.tcp.options, [&](std::uint8_t kind, common::bytes_view) { own.options.push_back({kind}); });
    }
    ++own.syn_tries;
    if (again && events_.wants<event::tcp_syn_retry>()) {
        auto e = begin<event::tcp_syn_retry>(from, ts);
        e.seq = p.tcp.seq;
        e.tries = own.syn_tries;
        e.after = ts - own.syn_at;
        events_.emit(e);
    }
    own.syn_at = ts;
}

void observer::on_window(const protocol::tcp_segment& t, side from, common::timestamp ts) {
    end& own = at(from);
    const bool closed = t.window == 0;
    if (!t.has(flag::ack) || t.has(flag::syn | flag::fin) || closed == own.window_closed.has_value()) return;
    auto e = begin<event::tcp_zero_window>(from, ts);
    if (closed) {
        own.window_closed = ts;
    } else {
        e.opened_after = ts - *own.window_closed;
        own.window_closed.reset();
    }
    events_.emit(e);
}

void observer::tell_again(const protocol::packet& p, side from, retransmission why, common::timestamp ts) {
    end& own = at(from);
    ++count_of(own.again, why);
    if (!events_.wants<event::tcp_retransmit>()) return;
    auto e = begin<event::tcp_retransmit>(from, ts);
    e.seq = p.tcp.seq;
    e.length = p.payload_length;
    e.kind = why;
    if (why != retransmission::unseen)
        if (const auto first = own.sender.sent_first(segment_of(p, ts))) e.after = ts - *first;
    events_.emit(e);
}

void observer::on_repeated(const protocol::packet& p, side from, common::timestamp ts) {
    if (follows_senders_) tell_again(p, from, at(from).sender.sent_again(segment_of(p, ts)), ts);
}

void observer::on_early(const protocol::packet& p, side from, std::uint64_t ahead, common::timestamp ts) {
    if (!events_.wants<event::tcp_out_of_order>()) return;
    auto e = begin<event::tcp_out_of_order>(from, ts);
    e.seq = p.tcp.seq;
    e.length = p.payload_length;
    e.ahead = ahead;
    events_.emit(e);
}

void observer::on_filling(const protocol::packet& p, side from, common::timestamp ts) {
    if (!follows_senders_) return;
    end &own = at(from), &other = at(event::other(from));
    const auto there = own.sender.least_round_trip(), here = other.sender.least_round_trip();
    const common::nanoseconds round_trip =
        there && here ? common::nanoseconds{there->count + here->count} : assumed_round_trip;
    const sender::segment s = segment_of(p, ts);
    if (own.sender.was_overtaken(s, round_trip)) {
        ++own.reordered;
        return;
    }
    (void)own.sender.sent_again(s);
    tell_again(p, from, retransmission::unseen, ts);
}

void observer::on_data(side from, const placed& piece) {
    if (!events_.wants<event::tcp_data>()) return;
    auto e = begin<event::tcp_data>(from, piece.ts);
    e.offset = piece.offset;
    e.data = {common::as_text(piece.data)};
    events_.emit(e);
}

void observer::on_missing(const gap& g, std::uint64_t length) {
    if (events_.wants<event::tcp_gap>()) {
        auto e = begin<event::tcp_gap>(g.from, g.ts);
        e.offset = g.offset;
        e.length = length;
        e.cause = g.cause;
        events_.emit(e);
    }
    if (!events_.wants<event::tcp_data>()) return;
    auto e = begin<event::tcp_data>(g.from, g.ts);
    e.offset = g.offset;
    e.missing = length;
    e.cause = g.cause;
    events_.emit(e);
}

void observer::on_overlap(side from, std::uint64_t offset, common::bytes_view first,
                          common::bytes_view second, common::timestamp ts) {
    if (!events_.wants<event::tcp_overlap>()) return;
    auto e = begin<event::tcp_overlap>(from, ts);
    e.offset = offset;
    e.first = {common::as_text(first)};
    e.second = {common::as_text(second)};
    events_.emit(e);
}

void observer::on_reset(const protocol::tcp_segment& t, side from, phase hit, bool ignored,
                        common::timestamp ts) {
    if (!events_.wants<event::tcp_reset>()) return;
    auto e = begin<event::tcp_reset>(from, ts);
    e.seq = t.seq;
    e.state = word(hit);
    e.ignored = ignored;
    events_.emit(e);
}

std::optional<event::tcp_stalls> observer::stalled(common::timestamp now) const noexcept {
    if (!events_.wants<event::tcp_stats>()) return std::nullopt;
    event::tcp_stalls all = ends_[0].sender.stalled(now);
    const event::tcp_stalls other = ends_[1].sender.stalled(now);
    all.loss.count += other.loss.count;
    all.window.count += other.window.count;
    all.application.count += other.application.count;
    return all;
}

void observer::on_close(common::timestamp ts, common::timestamp last) {
    if (!events_.wants<event::tcp_stats>()) return;
    event::tcp_stats e;
    e.ts = ts;
    e.connection = of_.ref();
    for (const side s : {side::client, side::server}) {
        const end& own = at(s);
        event::tcp_sender& out = s == side::client ? e.client : e.server;
        out.options = own.options;
        out.mss = own.mss;
        out.window_scale = own.scale;
        out.retransmits = own.again;
        out.reordered = own.reordered;
        own.sender.describe(out, last);
    }
    events_.emit(e);
}

} // namespace weir::flow::tcp
