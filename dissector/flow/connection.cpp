#include "flow/connection.hpp"

#include <algorithm>

#include "event/anomaly.hpp"

namespace weir::flow {

namespace {

using protocol::tcp_segment;
namespace flag = protocol::tcp_flag;

/// Largest window that RFC 7323 allows: no plausible sequence or acknowledgement number lies further ahead.
constexpr std::int64_t largest_window = std::int64_t{1} << 30;

/// Distance from `known` to `number` on the circle of sequence numbers (RFC 1982).
constexpr std::int64_t distance(std::uint32_t number, std::uint32_t known) noexcept {
    return static_cast<std::int32_t>(number - known);
}

/// `offset` moved by a signed distance; nothing lies before the start of a stream.
constexpr std::uint64_t moved(std::uint64_t offset, std::int64_t by) noexcept {
    if (by < 0 && static_cast<std::uint64_t>(-by) > offset) return 0;
    return offset + static_cast<std::uint64_t>(by);
}

} // namespace

connection::connection(environment& shared, std::uint64_t number, const keyed_packet& k,
                       const protocol::packet& first, const sighting& seen)
    : shared_(shared)
    , key_(k.id)
    , number_(number)
    , interface_(seen.interface)
    , start_(seen.ts)
    , last_(seen.ts)
    , client_is_low_(k.from_low) {
    const tcp_segment& t = first.tcp;
    const bool syn = t.has(flag::syn), ack = t.has(flag::ack);
    roles_certain_ = syn;
    midstream_ = !syn;
    bool sender_is_client = syn && !ack;
    if (!syn) {
        const auto who = t.payload.empty() ? std::nullopt : shared.sessions.sender_of(t.payload);
        roles_certain_ = who.has_value();
        // without a SYN or telling bytes: servers mostly have the lower port
        sender_is_client = who ? *who == side::client : t.src_port >= t.dst_port;
    }
    const event::endpoint src{first.src, t.src_port}, dst{first.dst, t.dst_port};
    at(side::client).end = sender_is_client ? src : dst;
    at(side::server).end = sender_is_client ? dst : src;
    if (!sender_is_client) client_is_low_ = !client_is_low_;
    for (half& h : halves_) h.in_order_at = seen.ts;
}

bool connection::is_reused_by(const protocol::packet& p, bool from_low) const noexcept {
    const tcp_segment& t = p.tcp;
    if (!t.has(flag::syn) || t.has(flag::ack) || t.has(flag::rst)) return false;
    const half& h = at(sender(from_low));
    if (h.base_known) return t.seq + 1 != h.base;
    return phase_ == flow::phase::over || midstream_;
}

void connection::count(const tcp_segment& t, side from) {
    half& h = at(from);
    ++h.count.packets;
    h.count.payload += t.payload_length;
    const bool closes = t.window == 0 && !t.has(flag::syn | flag::rst | flag::fin) && t.has(flag::ack);
    if (closes && !h.window_closed) history_.counted('w', from, ++h.count.zero_windows);
    h.window_closed = closes;
}

void connection::feed(const protocol::packet& p, bool from_low, const sighting& seen) {
    const tcp_segment& t = p.tcp;
    const common::timestamp ts = seen.ts;
    side from = sender(from_low);
    last_ = std::max(last_, ts);
    if (!roles_certain_ && session_ == nullptr && !t.payload.empty()) {
        if (const auto who = shared_.sessions.sender_of(t.payload)) {
            roles_certain_ = true;
            if (*who != from) {
                flip_roles();
                from = sender(from_low);
            }
        }
    }
    count(t, from);
    if (t.has(flag::syn))
        on_syn(t, from, ts);
    else
        pick_up(t, from, ts);
    if (t.has(flag::ack)) on_ack(t, from, ts);
    if (t.has(flag::rst)) {
        history_.once('r', from);
        on_reset(from, ts);
        return;
    }
    open_if_established(t, from, ts);
    if (t.payload_length > 0)
        on_payload(t, from, seen);
    else if (t.has(flag::ack) && !t.has(flag::syn | flag::fin))
        history_.once('a', from);
    if (t.has(flag::fin)) on_fin(t, from, ts);
    expire_gaps(ts);
    tell_ends(ts);
}

void connection::on_syn(const tcp_segment& t, side from, common::timestamp) {
    half& h = at(from);
    const bool ack = t.has(flag::ack);
    history_.once(ack ? 'h' : 's', from);
    (ack ? h.syn_ack : h.syn) = true;
    if (h.base_known) return;
    h.base = t.seq + 1;
    h.base_known = true;
    if (!ack && from == side::client) syn_at_ = start_;
}

/// A side whose first byte we did not see starts with what we see of it.
void connection::pick_up(const tcp_segment& t, side from, common::timestamp ts) {
    half& h = at(from);
    if (!h.base_known && !t.has(flag::rst)) {
        h.base = t.seq;
        h.base_known = true;
    }
    // pure ACKs do not tell who is who; wait for bytes that may
    if (midstream_ && !open_told_ && t.payload_length > 0) {
        phase_ = flow::phase::established;
        tell_open(ts);
    }
}

void connection::on_ack(const tcp_segment& t, side from, common::timestamp ts) {
    half& h = at(event::other(from));
    if (!h.base_known) {
        if (midstream_ || t.has(flag::syn)) return;
        h.base = t.ack; // the SYN+ACK was lost to the capture, its number was not
        h.base_known = true;
        return;
    }
    const std::int64_t ahead = distance(t.ack, h.base + static_cast<std::uint32_t>(h.acked));
    if (ahead <= 0 || ahead > largest_window) return;
    std::uint64_t acked = moved(h.acked, ahead);
    if (h.fin && acked > *h.fin) {
        h.fin_acked = true;
        acked = *h.fin;
    } else if (!h.fin && acked == h.highest + 1 && h.stream.next() == h.highest && midstream_) {
        return; // a FIN that was not seen, rather than a lost byte
    }
    h.acked = std::max(h.acked, acked);
    note_hole(h, ts);
}

void connection::note_hole(half& h, common::timestamp ts) noexcept {
    const bool hole = h.stream.holds_anything() || h.acked > h.stream.next();
    if (!hole)
        h.hole_since.reset();
    else if (!h.hole_since)
        h.hole_since = ts;
}

bool connection::waits_for_bytes() const noexcept {
    return halves_[0].hole_since.has_value() || halves_[1].hole_since.has_value();
}

void connection::open_if_established(const tcp_segment& t, side from, common::timestamp ts) {
    if (open_told_ || midstream_ || !t.has(flag::ack) || t.has(flag::syn)) return;
    const bool third_ack = from == side::client && at(side::server).base_known;
    // the third ACK may be lost to the capture; data of the server shows that it arrived there
    const bool implied = from == side::server && t.payload_length > 0;
    if (!third_ack && !implied) return;
    phase_ = flow::phase::established;
    if (third_ack && at(side::server).syn_ack && syn_at_) established_at_ = ts;
    tell_open(ts);
}

void connection::tell_open(common::timestamp ts) {
    open_told_ = true;
    if (!shared_.events.wants<event::tcp_open>()) return;
    event::tcp_open e;
    e.ts = ts;
    e.connection = ref();
    e.handshake = handshake();
    e.midstream = midstream_;
    shared_.events.emit(e);
}

/// Takes a segment. Where it finds no room, the holes in front of what is held are given up one by one, so
/// that nothing that was seen is lost.
arrival connection::take(half& h, const placed& s, const sighting& seen) {
    arrival whole = h.stream.take(s, shared_.limit, shared_.held, *this);
    for (arrival now = whole; now.limit_reached;) {
        const std::uint64_t up_to = h.stream.holds_anything() ? h.stream.first_held() : s.offset;
        give_up(h, up_to, event::missing_cause::limit, seen.ts);
        now = h.stream.take(s, shared_.limit, shared_.held, *this);
        whole.fresh += now.fresh;
        whole.differs = whole.differs || now.differs;
    }
    return whole;
}

void connection::on_payload(const tcp_segment& t, side from, const sighting& seen) {
    half& h = at(from);
    const std::uint32_t seq = t.has(flag::syn) ? t.seq + 1 : t.seq;
    const std::int64_t ahead = distance(seq, h.base + static_cast<std::uint32_t>(h.stream.next()));
    const auto length = static_cast<std::int64_t>(t.payload_length);
    history_.once('d', from);
    if (ahead > largest_window)
        return report("tcp.sequence_out_of_window", from, h.stream.next(), seen,
                      "the sequence number is more than 2^30 bytes ahead");
    if (ahead + length <= 0) {
        // RFC 9293 section 3.8.4: a keep-alive probe repeats at most the last byte
        if (!(ahead == -1 && length == 1)) history_.counted('t', from, ++h.count.retransmits);
        return;
    }
    placed s{moved(h.stream.next(), ahead), t.payload_length, t.payload, seen.ts, seen.packet,
             at(event::other(from)).acked};
    if (ahead < 0 && static_cast<std::uint64_t>(-ahead) > h.stream.next()) {
        // it begins before the first byte we know of
        const auto before = static_cast<std::size_t>(-ahead - static_cast<std::int64_t>(h.stream.next()));
        s.length -= before;
        s.data = common::slice(s.data, before);
    }
    delivering_ = from;
    const arrival a = take(h, s, seen);
    h.count.bytes += a.fresh;
    if (a.fresh > 0) h.highest = std::max(h.highest, s.offset + s.length);
    if (a.repeated) history_.counted('t', from, ++h.count.retransmits);
    if (a.early) ++h.count.out_of_order;
    if (a.differs) ++h.count.overlaps;
    if (a.limit_reached && !limit_told_) {
        limit_told_ = true;
        report("tcp.held_limit", from, s.offset, seen,
               "a hole was given up early: the limit of what is held behind it is reached");
    }
    if (a.fresh > 0 && !a.early) h.blind = false;
    note_hole(h, seen.ts);
}

void connection::on_fin(const tcp_segment& t, side from, common::timestamp) {
    half& h = at(from);
    history_.once('f', from);
    if (!first_fin_) first_fin_ = from;
    if (h.fin) return;
    const std::uint32_t seq = t.seq + t.payload_length + (t.has(flag::syn) ? 1u : 0u);
    const std::int64_t ahead = distance(seq, h.base + static_cast<std::uint32_t>(h.stream.next()));
    if (ahead > largest_window) return;
    h.fin = std::max(moved(h.stream.next(), ahead), h.stream.next());
    if (at(event::other(from)).fin) phase_ = flow::phase::transitory;
    h.highest = std::max(h.highest, *h.fin);
}

void connection::on_reset(side from, common::timestamp ts) {
    at(from).reset = true;
    if (!ended_) finish(event::close_reason::reset, from, ts);
}

/// Tells the session of ends of streams that were reached, and finds out whether both are.
void connection::tell_ends(common::timestamp ts) {
    for (const side s : {side::client, side::server}) {
        half& h = at(s);
        if (!h.fin || h.fin_told || h.stream.next() < *h.fin) continue;
        h.fin_told = true;
        if (session_ != nullptr) session_->on_end(s, ts);
    }
    const half &c = at(side::client), &s = at(side::server);
    if (!ended_ && c.fin_told && s.fin_told && at(event::other(*first_fin_)).fin_acked)
        finish(event::close_reason::fin, first_fin_, ts);
}

/// The connection is over for its session; packets that are late still count until it is closed.
void connection::finish(event::close_reason why, std::optional<side> by, common::timestamp ts) {
    ended_ = why;
    ended_by_ = by;
    phase_ = flow::phase::over;
    if (why == event::close_reason::reset) {
        for (const side s : {side::client, side::server}) {
            half& h = at(s);
            delivering_ = s;
            if (h.stream.holds_anything() || h.acked > h.stream.next())
                give_up(h, std::max(h.acked, h.highest), event::missing_cause::upstream, ts);
            h.hole_since.reset();
        }
    }
    close_session(why, ts);
}

void connection::close_session(event::close_reason why, common::timestamp ts) {
    session_over_ = true;
    if (session_ == nullptr) return;
    session_->on_close(why, ts);
    service_ = session_->service();
    shared_.sessions.release(session_);
    session_ = nullptr;
}

/// Ends what is missing before `up_to`; `unexplained` is its cause where nothing shows another one.
void connection::give_up(half& h, std::uint64_t up_to, event::missing_cause unexplained,
                         common::timestamp ts) {
    h.stream.give_up(up_to, unexplained, ts, shared_.held, *this);
}

void connection::expire_gaps(common::timestamp now) {
    for (const side s : {side::client, side::server}) {
        half& h = at(s);
        if (!h.hole_since) continue;
        const bool acknowledged = h.acked > h.stream.next();
        const common::nanoseconds waited = now - *h.hole_since;
        if (waited < (acknowledged ? shared_.limit.gap_grace : shared_.limit.gap_timeout)) continue;
        delivering_ = s;
        const std::uint64_t up_to = acknowledged ? h.acked : h.stream.first_held();
        give_up(h, up_to, event::missing_cause::upstream, now);
        h.hole_since.reset();
        note_hole(h, now);
    }
    tell_ends(now);
}

void connection::close(event::close_reason why, common::timestamp ts) {
    for (const side s : {side::client, side::server}) {
        half& h = at(s);
        delivering_ = s;
        if (h.acked > h.stream.next() || h.stream.holds_anything())
            give_up(h, std::max(h.acked, h.highest), event::missing_cause::not_captured, ts);
        h.stream.clear(shared_.held);
    }
    tell_ends(ts);
    // only the last ACK is wanting: the ends have said all they had to say
    if (!ended_ && at(side::client).fin_told && at(side::server).fin_told)
        finish(event::close_reason::fin, first_fin_, ts);
    if (!session_over_) close_session(why, ts);
    if (midstream_ && !open_told_) tell_open(ts);
    if (!shared_.events.wants<event::tcp_close>()) return;
    event::tcp_close e;
    e.ts = ts;
    e.connection = ref();
    e.start = start_;
    e.duration = last_ - start_;
    e.handshake = handshake();
    e.reason = ended_.value_or(why);
    e.by = ended_by_;
    e.service = service_;
    e.state = state();
    e.history = history_.text();
    e.midstream = midstream_;
    e.from_client = at(side::client).count;
    e.from_server = at(side::server).count;
    shared_.events.emit(e);
}

event::connection_ref connection::ref() const {
    const half &c = at(side::client), &s = at(side::server);
    if (!community_id_) community_id_ = community_id(c.end.ip, c.end.port, s.end.ip, s.end.port);
    return {number_,
            {community_id_->data(), community_id_->size()},
            c.end,
            s.end,
            {shared_.path.name(interface_)}};
}

std::optional<common::nanoseconds> connection::handshake() const {
    if (!established_at_ || !syn_at_) return std::nullopt;
    return *established_at_ - *syn_at_;
}

void connection::flip_roles() noexcept {
    std::swap(halves_[0], halves_[1]);
    client_is_low_ = !client_is_low_;
    history_.flip();
    if (first_fin_) first_fin_ = event::other(*first_fin_);
}

/// Zeek's conn_state: what both ends' SYN, FIN and RST say together.
std::string_view connection::state() const noexcept {
    const half &c = at(side::client), &s = at(side::server);
    if (midstream_ || (!c.syn && !s.syn_ack)) return "OTH";
    if (!c.syn) return s.reset ? "RSTRH" : s.fin ? "SHR" : "OTH";
    if (!s.syn_ack && !s.syn) {
        if (s.reset) return "REJ";
        if (c.reset) return "RSTOS0";
        return c.fin ? "SH" : "S0";
    }
    if (c.reset && !(s.reset && ended_by_ == side::server)) return "RSTO";
    if (s.reset) return "RSTR";
    if (c.fin && s.fin) return "SF";
    if (c.fin) return "S2";
    if (s.fin) return "S3";
    return "S1";
}

event::missing_cause connection::cause_now(const gap& g) const {
    const bool may_be_the_kernels =
        g.cause == event::missing_cause::upstream || g.cause == event::missing_cause::limit;
    return may_be_the_kernels && shared_.path.dropped(interface_, g.lost_after, g.lost_before)
               ? event::missing_cause::kernel_drop
               : g.cause;
}

void connection::report(std::string_view code, side from, std::uint64_t offset, const sighting& seen,
                        std::string_view detail) {
    ++shared_.anomalies;
    if (!shared_.events.wants<event::anomaly>()) return;
    event::anomaly e;
    e.ts = seen.ts;
    e.connection = ref();
    e.code = code;
    e.layer = "tcp";
    e.packet = seen.packet;
    e.side = from;
    e.offset = offset;
    e.detail = {detail};
    shared_.events.emit(e);
}

void connection::deliver(const placed& piece) {
    half& h = at(delivering_);
    h.in_order_at = std::max(h.in_order_at, piece.ts);
    if (session_over_) return;
    if (session_ == nullptr) session_ = shared_.sessions.open(*this);
    session_->on_data({delivering_, piece.offset, piece.data, piece.ts, piece.packet, piece.acked});
}

void connection::missing(std::uint64_t offset, std::uint64_t length, event::missing_cause cause,
                         common::timestamp ts) {
    half& h = at(delivering_);
    h.count.missing += length;
    history_.counted('g', delivering_, 1);
    const common::timestamp shown =
        h.stream.holds_anything() ? h.stream.first_held_at() : h.hole_since.value_or(ts);
    gap g{delivering_, offset, length, cause, ts, h.in_order_at, std::max(h.in_order_at, shown)};
    if (cause != event::missing_cause::snaplen) {
        if (h.blind)
            g.cause = event::missing_cause::not_captured;
        else if (shared_.path.dropped(interface_, g.lost_after, g.lost_before))
            g.cause = event::missing_cause::kernel_drop;
        else if (h.acked > offset)
            g.cause = event::missing_cause::upstream;
        h.blind = false;
    }
    if (session_over_) return;
    if (session_ == nullptr) session_ = shared_.sessions.open(*this);
    session_->on_gap(g);
}

} // namespace weir::flow
