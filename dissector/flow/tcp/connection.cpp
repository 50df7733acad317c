#include "flow/tcp/connection.hpp"

#include "event/anomaly.hpp"

namespace weir::flow::tcp {

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

connection::connection(environment& shared, const keyed_ends& k, std::uint64_t number,
                       const protocol::packet& first, const sighting& seen)
    : any_flow(shared, k.id, number, seen)
    , midstream_(!first.tcp.has(flag::syn))
    , role_probes_(midstream_ ? shared.limit.role_probes : std::uint8_t{0}) {
    if (midstream_) phase_ = phase::picked_up;
    bool sender_is_client = first.tcp.has(flag::syn) && !first.tcp.has(flag::ack);
    if (midstream_) {
        const auto who = told_sender(first);
        // without a SYN or telling bytes: servers mostly have the lower port
        sender_is_client = who ? *who == side::client : first.ends.src_port >= first.ends.dst_port;
    }
    client_is_low_ = k.from_low == sender_is_client;
    for (half& h : halves_) h.in_order_at = seen.ts;
}

bool connection::is_reused_by(const protocol::packet& p, bool from_low) const noexcept {
    const tcp_segment& t = p.tcp;
    if (!t.has(flag::syn) || t.has(flag::ack) || t.has(flag::rst)) return false;
    const half& h = at(sender(from_low));
    if (numbered(h.phase)) return t.seq + 1 != h.base;
    return phase_ == phase::over || midstream_;
}

void connection::count(const protocol::packet& p, side from) {
    const tcp_segment& t = p.tcp;
    half& h = at(from);
    ++h.count.packets;
    h.count.payload += p.payload_length;
    const bool closes = t.window == 0 && !t.has(flag::syn | flag::rst | flag::fin) && t.has(flag::ack);
    if (closes && !h.window_closed) history_.counted('w', from, ++h.count.zero_windows);
    h.window_closed = closes;
}

/// Who would send this payload, while that is worth asking: no session knows the roles yet.
std::optional<side> connection::told_sender(const protocol::packet& p) {
    if (role_probes_ == 0 || p.payload.empty() || session_ != nullptr) return std::nullopt;
    --role_probes_;
    const auto who = shared_.sessions.sender_of(p.payload);
    if (who) role_probes_ = 0;
    return who;
}

void connection::feed(const protocol::packet& p, bool from_low, const sighting& seen) {
    const tcp_segment& t = p.tcp;
    const common::timestamp ts = seen.ts;
    side from = sender(from_low);
    last_ = std::max(last_, ts);
    if (const auto who = told_sender(p); who && *who != from) {
        flip_roles();
        from = sender(from_low);
    }
    count(p, from);
    if (t.has(flag::syn))
        on_syn(t, from);
    else
        pick_up(p, from, ts);
    if (t.has(flag::ack)) on_ack(t, from);
    if (t.has(flag::rst)) {
        history_.once('r', from);
        on_reset(from, ts);
        return;
    }
    open_if_established(p, from, ts);
    if (p.payload_length > 0)
        on_payload(p, from, seen);
    else if (t.has(flag::ack) && !t.has(flag::syn | flag::fin))
        history_.once('a', from);
    if (t.has(flag::fin)) on_fin(p, from, ts);
    tell_ends(ts);
}

void connection::on_syn(const tcp_segment& t, side from) {
    history_.once(t.has(flag::ack) ? 'h' : 's', from);
    if (!numbered(at(from).phase)) at(from).number(t.seq + 1);
}

/// A side whose first byte we did not see starts with what we see of it.
void connection::pick_up(const protocol::packet& p, side from, common::timestamp ts) {
    half& h = at(from);
    if (!numbered(h.phase) && !p.tcp.has(flag::rst)) h.number(p.tcp.seq);
    // pure ACKs do not tell who is who; wait for bytes that may
    if (phase_ == phase::picked_up && p.payload_length > 0) tell_open(ts);
}

void connection::on_ack(const tcp_segment& t, side from) {
    half& h = at(event::other(from));
    if (!numbered(h.phase)) {
        // the SYN+ACK was lost to the capture, its number was not
        if (!midstream_ && !t.has(flag::syn)) h.number(t.ack);
        return;
    }
    const std::int64_t ahead = distance(t.ack, h.base + static_cast<std::uint32_t>(h.acked));
    if (ahead <= 0 || ahead > largest_window) return;
    std::uint64_t acked = moved(h.acked, ahead);
    if (fin_seen(h.phase) && acked > h.fin) {
        h.on(stream_occasion::acked);
        acked = h.fin;
    } else if (midstream_ && !fin_seen(h.phase) && acked == h.stream.next() + 1 &&
               !h.stream.holds_anything()) {
        return; // a FIN that was not seen, rather than a lost byte
    }
    h.acked = std::max(h.acked, acked);
    note_hole(h);
}

/// Whether bytes are missing now, and until when they are waited for.
void connection::note_hole(half& h) noexcept {
    const bool acknowledged = h.acked > h.stream.next();
    if (!acknowledged && !h.stream.holds_anything()) {
        h.hole = hole::none;
        return;
    }
    const hole now = acknowledged ? hole::acknowledged : hole::noticed;
    if (h.hole == now) return;
    h.hole = now;
    h.hole_due = shared_.now.time + (acknowledged ? shared_.limit.gap_grace : shared_.limit.gap_timeout);
}

std::optional<common::timestamp> connection::next_due() const noexcept {
    std::optional<common::timestamp> due;
    for (const half& h : halves_)
        if (h.hole != hole::none && (!due || h.hole_due < *due)) due = h.hole_due;
    return due;
}

flow::patience connection::patience() const noexcept {
    switch (phase_) {
    case phase::opening:
    case phase::picked_up:
    case phase::closing:
        return flow::patience::opening;
    case phase::established:
        return flow::patience::established;
    case phase::over:
        break;
    }
    return flow::patience::over;
}

void connection::open_if_established(const protocol::packet& p, side from, common::timestamp ts) {
    const tcp_segment& t = p.tcp;
    if (phase_ != phase::opening || !t.has(flag::ack) || t.has(flag::syn)) return;
    const bool third_ack = from == side::client && numbered(at(side::server).phase);
    // the third ACK may be lost to the capture; data of the server shows that it arrived there
    const bool implied = from == side::server && p.payload_length > 0;
    if (!third_ack && !implied) return;
    if (third_ack && history_.saw('s', side::client) && history_.saw('h', side::server)) {
        whole_handshake_ = true;
        established_at_ = ts;
    }
    tell_open(ts);
}

void connection::tell_open(common::timestamp ts) {
    on(occasion::opened);
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

void connection::on_payload(const protocol::packet& p, side from, const sighting& seen) {
    const tcp_segment& t = p.tcp;
    half& h = at(from);
    const std::uint32_t seq = t.has(flag::syn) ? t.seq + 1 : t.seq;
    const std::int64_t ahead = distance(seq, h.base + static_cast<std::uint32_t>(h.stream.next()));
    const auto length = static_cast<std::int64_t>(p.payload_length);
    history_.once('d', from);
    if (ahead > largest_window)
        return report("tcp.sequence_out_of_window", from, h.stream.next(), seen,
                      "the sequence number is more than 2^30 bytes ahead");
    if (ahead + length <= 0) {
        // RFC 9293 section 3.8.4: a keep-alive probe repeats at most the last byte
        if (!(ahead == -1 && length == 1)) history_.counted('t', from, ++h.count.retransmits);
        return;
    }
    const half& other = at(event::other(from));
    placed s{moved(h.stream.next(), ahead), p.payload_length, p.payload, seen.ts, seen.packet, std::nullopt};
    if (t.has(flag::ack) && numbered(other.phase)) s.acked = other.acked;
    if (ahead < 0 && static_cast<std::uint64_t>(-ahead) > h.stream.next()) {
        // it begins before the first byte we know of
        const auto before = static_cast<std::size_t>(-ahead - static_cast<std::int64_t>(h.stream.next()));
        s.length -= before;
        s.data = common::slice(s.data, before);
    }
    delivering_ = from;
    const arrival a = take(h, s, seen);
    h.count.bytes += a.fresh;
    if (a.repeated) history_.counted('t', from, ++h.count.retransmits);
    if (a.early) ++h.count.out_of_order;
    if (a.differs) ++h.count.overlaps;
    if (a.limit_reached && !limit_told_) {
        limit_told_ = true;
        report("tcp.held_limit", from, s.offset, seen,
               "a hole was given up early: the limit of what is held behind it is reached");
    }
    if (a.fresh > 0 && !a.early) {
        h.blind = false;
        h.hole = hole::none; // it is filled; what is missing now is another one
    }
    note_hole(h);
}

void connection::on_fin(const protocol::packet& p, side from, common::timestamp ts) {
    const tcp_segment& t = p.tcp;
    half& h = at(from);
    history_.once('f', from);
    if (!first_fin_) first_fin_ = from;
    if (fin_seen(h.phase)) return;
    const std::uint32_t seq = t.seq + p.payload_length + (t.has(flag::syn) ? 1u : 0u);
    const std::int64_t ahead = distance(seq, h.base + static_cast<std::uint32_t>(h.stream.next()));
    if (ahead > largest_window) return;
    h.fin = std::max(moved(h.stream.next(), ahead), h.stream.next());
    h.on(stream_occasion::fin);
    if (phase_ == phase::picked_up) tell_open(ts);
    if (phase_ != phase::over) fin_at_ = ts;
    if (fin_seen(at(event::other(from)).phase)) on(occasion::both_fins);
}

void connection::on_reset(side from, common::timestamp ts) {
    if (phase_ == phase::over) return;
    if (phase_ == phase::picked_up) tell_open(ts);
    fin_at_ = ts;
    finish(event::close_reason::reset, from, ts);
}

/// Tells the session of ends of streams that were reached, and finds out whether both are.
void connection::tell_ends(common::timestamp ts) {
    for (const side s : {side::client, side::server}) {
        half& h = at(s);
        if (!fin_seen(h.phase) || ended(h.phase) || h.stream.next() < h.fin) continue;
        h.on(stream_occasion::whole);
        if (session_ != nullptr) session_->on_end(s, ts);
    }
    if (phase_ != phase::over && ended(at(side::client).phase) && ended(at(side::server).phase) &&
        fin_acked(at(event::other(*first_fin_)).phase))
        finish(event::close_reason::fin, first_fin_, ts);
}

/// The connection is over for its session; packets that are late still count until it is closed.
void connection::finish(event::close_reason why, std::optional<side> by, common::timestamp ts) {
    ended_ = ending{why, by};
    if (why == event::close_reason::reset) {
        for (const side s : {side::client, side::server}) {
            half& h = at(s);
            delivering_ = s;
            if (h.stream.holds_anything() || h.acked > h.stream.next())
                give_up(h, end_of(h), event::missing_cause::upstream, ts);
            h.hole = hole::none;
        }
    }
    on(occasion::ended);
    close_session(why, ts);
}

void connection::close_session(event::close_reason why, common::timestamp ts) {
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
    h.hole = hole::none;
}

void connection::on_due(common::timestamp due) {
    for (const side s : {side::client, side::server}) {
        half& h = at(s);
        if (h.hole == hole::none || h.hole_due > due) continue;
        delivering_ = s;
        give_up(h, h.hole == hole::acknowledged ? h.acked : h.stream.first_held(),
                event::missing_cause::upstream, due);
        note_hole(h);
    }
    tell_ends(due);
}

void connection::close(event::close_reason why, common::timestamp ts) {
    if (phase_ == phase::picked_up) tell_open(ts);
    for (const side s : {side::client, side::server}) {
        half& h = at(s);
        delivering_ = s;
        if (h.acked > h.stream.next() || h.stream.holds_anything())
            give_up(h, end_of(h), event::missing_cause::not_captured, ts);
        h.stream.clear(shared_.held);
    }
    tell_ends(ts);
    // both FINs were delivered; only the final ACK is missing
    if (phase_ != phase::over && ended(at(side::client).phase) && ended(at(side::server).phase))
        finish(event::close_reason::fin, first_fin_, fin_at_);
    if (phase_ != phase::over) {
        on(occasion::ended);
        close_session(why, ts);
    }
    if (!shared_.events.wants<event::tcp_close>()) return;
    event::tcp_close e;
    std::vector<std::string> names;
    const std::vector<event::wire> interfaces = this->interfaces(names);
    e.ts = ended_ ? fin_at_ : ts;
    e.connection = ref();
    e.start = start_;
    e.duration = last_ - start_;
    e.handshake = handshake();
    e.reason = ended_ ? ended_->why : why;
    if (ended_) e.by = ended_->by;
    e.service = service_;
    e.state = state();
    e.history = history_.text();
    e.midstream = midstream_;
    e.interfaces = interfaces;
    e.from_client = at(side::client).count;
    e.from_server = at(side::server).count;
    shared_.events.emit(e);
}

std::optional<common::nanoseconds> connection::handshake() const {
    if (!whole_handshake_) return std::nullopt;
    return established_at_ - start_;
}

void connection::flip_roles() noexcept {
    std::swap(halves_[0], halves_[1]);
    client_is_low_ = !client_is_low_;
    history_.flip();
    if (first_fin_) first_fin_ = event::other(*first_fin_);
}

/// Zeek's conn_state: what both ends' SYN, FIN and RST say together.
std::string_view connection::state() const noexcept {
    const auto saw = [&](char letter, side s) { return history_.saw(letter, s); };
    const bool reset_by_client = saw('r', side::client), reset_by_server = saw('r', side::server);
    const bool client_fin = fin_seen(at(side::client).phase), server_fin = fin_seen(at(side::server).phase);
    const bool client_syn = saw('s', side::client), server_syn_ack = saw('h', side::server);
    if (midstream_ || (!client_syn && !server_syn_ack)) return "OTH";
    if (!client_syn) return reset_by_server ? "RSTRH" : server_fin ? "SHR" : "OTH";
    if (!server_syn_ack && !saw('s', side::server)) {
        if (reset_by_server) return "REJ";
        if (reset_by_client) return "RSTOS0";
        return client_fin ? "SH" : "S0";
    }
    if (reset_by_client && !(reset_by_server && ended_ && ended_->by == side::server)) return "RSTO";
    if (reset_by_server) return "RSTR";
    if (client_fin && server_fin) return "SF";
    if (client_fin) return "S2";
    if (server_fin) return "S3";
    return "S1";
}

event::missing_cause connection::cause_now(const gap& g) const {
    const bool may_be_the_kernels =
        g.cause == event::missing_cause::upstream || g.cause == event::missing_cause::limit;
    return may_be_the_kernels && shared_.path.dropped(interface_, g.lost_after, g.lost_before)
               ? event::missing_cause::kernel_drop
               : g.cause;
}

/// Where its stream ends, as far as anything told.
std::uint64_t connection::end_of(const half& h) noexcept {
    return std::max({h.acked, h.stream.end(), fin_seen(h.phase) ? h.fin : 0});
}

common::timestamp connection::hole_shown(const half& h, common::timestamp now) const noexcept {
    if (h.stream.holds_anything()) return h.stream.first_held_at();
    // nothing came behind it, so an acknowledgement showed it
    return h.hole == hole::acknowledged ? h.hole_due + common::nanoseconds{-shared_.limit.gap_grace.count}
                                        : now;
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

stream_consumer& connection::session() {
    if (session_ == nullptr) session_ = shared_.sessions.open(*this);
    return *session_;
}

void connection::deliver(const placed& piece) {
    half& h = at(delivering_);
    h.in_order_at = std::max(h.in_order_at, piece.ts);
    if (phase_ == phase::over) return;
    session().on_data({delivering_, piece.offset, piece.data, piece.ts, piece.packet, piece.acked});
}

void connection::missing(std::uint64_t offset, std::uint64_t length, event::missing_cause cause,
                         common::timestamp ts) {
    half& h = at(delivering_);
    h.count.missing += length;
    history_.counted('g', delivering_, 1);
    gap g{delivering_, offset, length, cause, ts, h.in_order_at, h.in_order_at};
    if (cause != event::missing_cause::snaplen) {
        g.lost_before = std::max(g.lost_after, hole_shown(h, ts));
        if (h.blind)
            g.cause = event::missing_cause::not_captured;
        else if (shared_.path.dropped(interface_, g.lost_after, g.lost_before))
            g.cause = event::missing_cause::kernel_drop;
        else if (h.acked > offset)
            g.cause = event::missing_cause::upstream;
        h.blind = false;
    }
    if (phase_ != phase::over) session().on_gap(g);
}

} // namespace weir::flow::tcp
