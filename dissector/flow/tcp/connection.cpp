#include "flow/tcp/connection.hpp"

#include <limits>

#include "common/check.hpp"
#include "event/anomaly.hpp"
#include "protocol/tcp_options.hpp"

namespace weir::flow::tcp {

namespace {

using protocol::tcp_segment;
namespace flag = protocol::tcp_flag;

/// Bytes of an overlap whose two versions are shown.
constexpr std::size_t overlap_shown = 64;

/// The part of a segment before `end`.
placed up_to(placed s, std::uint64_t end) noexcept {
    s.length = std::min(s.length, end - std::min(end, s.offset));
    s.data = common::slice(s.data, 0, s.length);
    return s;
}

/// Whether it bears a signature, which only who has the key can check: TCP-MD5 (RFC 2385) or TCP-AO (RFC
/// 5925).
bool is_signed(const tcp_segment& t) noexcept {
    constexpr std::uint8_t md5 = 19, ao = 29;
    bool found = false;
    protocol::for_each_tcp_option(t.options, [&](std::uint8_t kind, common::bytes_view) {
        found = found || kind == md5 || kind == ao;
    });
    return found;
}

/// `offset` moved by a signed distance; nothing lies before the start of a stream.
constexpr std::uint64_t moved(std::uint64_t offset, std::int64_t by) noexcept {
    if (by < 0 && static_cast<std::uint64_t>(-by) > offset) return 0;
    return offset + static_cast<std::uint64_t>(by);
}

} // namespace

connection::connection(environment& shared, const keyed_ends& k, std::uint64_t number,
                       const protocol::packet& first, const sighting& seen)
    : any_flow(shared, k, number, seen)
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
    if (!sender_is_client) history_.flip();
    for (half& h : halves_) h.in_order_at = seen.ts;
    if (shared.observed) watch_ = std::make_unique<observer>(shared.events, *this);
}

connection::syn_meaning connection::meaning_of_syn(const protocol::packet& p, bool from_low) const noexcept {
    const tcp_segment& t = p.tcp;
    const side from = sender(from_low);
    const half& h = at(from);
    const half& other = at(event::other(from));
    if (t.has(flag::rst) || h.guessed || is_late_syn(t, h)) return syn_meaning::its_own;
    if (t.has(flag::ack)) {
        const bool acks_it = numbered(other.phase) && acknowledges(t, other);
        if (acks_it && exception_ && exception_->syn_again) return syn_meaning::answered;
        if (acks_it || !numbered(h.phase) || t.seq + 1 == h.base) return syn_meaning::its_own;
    } else if (numbered(h.phase) ? t.seq + 1 == h.base : !midstream_ && phase_ != phase::over) {
        return syn_meaning::its_own;
    }
    return phase_ == phase::over || phase_ == phase::opening ? syn_meaning::successor : syn_meaning::rival;
}

/// Whether this SYN comes behind the bytes with which the connection was picked up: it lies so little before
/// them that chance would put it there once in 4,096 times.
bool connection::is_late_syn(const tcp_segment& t, const half& h) const noexcept {
    const std::int64_t before = distance(h.base, t.seq + 1);
    return midstream_ && numbered(h.phase) && before > 0 && before <= std::int64_t{1} << 20;
}

bool connection::claims(const protocol::packet& p, bool from_low) const noexcept {
    if (opened()) return true;
    const tcp_segment& t = p.tcp;
    const side from = sender(from_low);
    const half& h = at(from);
    const half& other = at(event::other(from));
    if (t.has(flag::syn) && !t.has(flag::ack)) return true;
    // without an answer, what goes on where it left off
    const std::int64_t sent = distance(t.seq, h.base);
    if (numbered(h.phase) && !h.guessed && sent >= 0 && sent <= static_cast<std::int64_t>(end_of(h)))
        return true;
    if (!t.has(flag::ack) || !numbered(other.phase) || !acknowledges(t, other)) return false;
    return !numbered(h.phase) || (sent >= 0 && sent <= static_cast<std::int64_t>(window_of(other)));
}

/// Whether it acknowledges the SYN of `h`, and no more than was sent.
bool connection::acknowledges(const tcp_segment& t, const half& h) noexcept {
    const std::int64_t acked = distance(t.ack, h.base);
    return acked >= 0 && acked <= static_cast<std::int64_t>(end_of(h)) + 1;
}

std::pair<protocol::packet, sighting> connection::take_repeated_syn(const protocol::packet& answer) {
    common::check(exception_ && exception_->syn_again, "a SYN that came again is taken once");
    protocol::packet p;
    p.what = protocol::disposition::tcp;
    p.ends = answer.ends;
    std::swap(p.ends.src, p.ends.dst);
    std::swap(p.ends.src_port, p.ends.dst_port);
    p.tcp = exception_->syn;
    --at(side::client).count.packets;
    const sighting seen = *exception_->syn_again;
    exception_->syn_again.reset();
    return {p, seen};
}

connection::exception& connection::unusual() {
    if (!exception_) exception_ = std::make_unique<exception>();
    return *exception_;
}

void connection::on_error(std::string_view kind, const common::ip_address& from) {
    if (phase_ == phase::opening && !unusual().refused) unusual().refused = event::refusal{from, kind};
}

/// It was reset before it was more than a SYN and its answer: the same SYN may come again.
bool connection::was_refused() const noexcept {
    return phase_ == phase::over && ended_ && ended_->why == event::close_reason::reset && !midstream_ &&
           !history_.saw('a', side::client) && end_of(at(side::client)) == 0 && end_of(at(side::server)) == 0;
}

void connection::count(const protocol::packet& p, side from) {
    const tcp_segment& t = p.tcp;
    half& h = at(from);
    ++h.count.packets;
    h.count.payload += p.payload_length;
    const bool closes = t.window == 0 && !t.has(flag::syn | flag::rst | flag::fin) && t.has(flag::ack);
    if (closes && !h.window_closed) ++h.count.zero_windows;
    h.window_closed = closes;
}

/// The letters that flags and window say, as Zeek's update_history() and update_window() do.
void connection::tell_history(const protocol::packet& p, side from) {
    const tcp_segment& t = p.tcp;
    half& h = at(from);
    switch (t.flags & (flag::syn | flag::fin | flag::rst)) {
    case 0:
        if (p.payload_length > 0)
            history_.once('d', from);
        else if (t.has(flag::ack))
            history_.once('a', from);
        break;
    case flag::syn:
        history_.syn(t.has(flag::ack), from, numbered(h.phase) && !h.guessed && t.seq + 1 != h.base);
        break;
    case flag::fin:
        history_.again('f', from, fin_seen(h.phase) && offset_of(h, t.seq + p.payload_length) != h.fin);
        break;
    case flag::rst:
        history_.again('r', from, t.seq != h.reset);
        h.reset = t.seq;
        break;
    case flag::fin | flag::rst:
    case flag::syn | flag::fin | flag::rst:
        history_.once('i', from);
        break;
    default:
        history_.once('q', from);
    }
    const auto state = [&](side s) { return ends_[event::index(s)]; };
    if (t.window == 0 && !t.has(flag::rst) && state(event::other(from)) != end_state::closed &&
        state(from) != end_state::reset && state(from) != end_state::aborted)
        history_.counted('w', from);
}

/// What its flags say of both ends, a RST excepted.
void connection::see_flags(const protocol::packet& p, side from) {
    const tcp_segment& t = p.tcp;
    if (t.has(flag::syn)) see(ends_, t.has(flag::ack) ? segment_kind::syn_ack : segment_kind::syn, from);
    if (p.payload_length > 0)
        see(ends_, segment_kind::data, from);
    else if (!t.has(flag::syn | flag::fin))
        see(ends_, segment_kind::bare, from);
    if (t.has(flag::fin)) see(ends_, segment_kind::fin, from);
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
    last_ = std::max(last_, ts);
    if (t.has(flag::syn)) correct_roles(t, from_low);
    side from = sender(from_low);
    if (const auto who = told_sender(p); who && *who != from) {
        flip_roles();
        from = sender(from_low);
    }
    count(p, from);
    if (t.has(flag::syn)) t.has(flag::ack) ? on_syn_ack(t, from) : on_plain_syn(t, from, seen);
    if (watch_) watch_->on_packet(p, from, t.has(flag::ack) && believes_ack(t, from), ts);
    if (!t.has(flag::syn | flag::fin | flag::rst) && ends_ == both_established && t.window != 0) {
        // most packets: no more than their letter
        if (p.payload_length > 0)
            history_.once('d', from);
        else if (t.has(flag::ack))
            history_.once('a', from);
    } else {
        tell_history(p, from);
        if (t.has(flag::rst)) return on_reset(t, from, seen);
        see_flags(p, from);
    }
    if (t.has(flag::syn))
        on_syn(t, from);
    else
        pick_up(p, from, ts);
    if (t.has(flag::ack)) on_ack(t, from, seen);
    at(from).window = t.window;
    open_if_established(p, from, ts);
    if (p.payload_length > 0) on_payload(p, from, seen);
    if (t.has(flag::fin)) on_fin(p, from, ts);
    if (first_fin_) tell_ends(ts);
}

/// A SYN tells who the client is, unless its connection was picked up and a session knows the roles already.
void connection::correct_roles(const tcp_segment& t, bool from_low) noexcept {
    const bool by_client = sender(from_low) == side::client;
    if (midstream_ && session_ == nullptr && service_.empty() && by_client == t.has(flag::ack)) flip_roles();
}

void connection::on_plain_syn(const tcp_segment& t, side from, const sighting& seen) {
    if (was_refused()) reopen();
    if (from == side::server) return;
    if (syns_ < std::numeric_limits<std::uint16_t>::max()) ++syns_;
    if (phase_ < phase::closing || !history_.saw('s', from)) return;
    unusual().syn_again = seen;
    unusual().syn = t;
    // its record goes away; of the options a signature is what must be known
    static constexpr std::array<std::uint8_t, 2> signature{29, 2};
    unusual().syn.options = is_signed(t) ? common::bytes_view(signature) : common::bytes_view{};
}

/// The SYN is answered after all: the refusal before it was not the server's, or the client did not take it.
/// A RST behind the number of this answer is one that overtook it.
void connection::on_syn_ack(const tcp_segment& t, side from) {
    if (from == side::server && was_refused() && ended_->by == from && acknowledges(t, at(side::client)) &&
        at(from).reset != t.seq + 1)
        reopen();
}

/// The client tries again after its SYN was refused, or it is answered; nothing that the refusal said holds,
/// and no FIN before it.
void connection::reopen() {
    on(occasion::reopened);
    ended_.reset();
    first_fin_.reset();
    ends_ = {};
    half& client = at(side::client);
    if (fin_seen(client.phase)) client.phase = stream_phase::flowing;
    half& server = at(side::server);
    server.phase = stream_phase::unnumbered;
    server.acked = 0;
}

void connection::on_syn(const tcp_segment& t, side from) {
    half& h = at(from);
    h.window_scale = t.window_scale.value_or(0);
    h.is_unsigned = !is_signed(t);
    // RFC 7323 section 2.2: it is in force where both SYNs have it
    if (t.has(flag::ack) && !t.window_scale) at(event::other(from)).window_scale = 0;
    if (!numbered(h.phase) || t.seq + 1 != h.base) {
        // a guess is corrected while no offset counts from it
        const bool counted_from = h.stream.end() > 0 || fin_seen(h.phase);
        if (numbered(h.phase) && (!h.guessed || counted_from)) return;
        h.number(t.seq + 1);
        h.acked = 0;
        h.hole = hole::none;
    }
    h.guessed = false;
}

/// A side whose first byte we did not see starts with what we see of it.
void connection::pick_up(const protocol::packet& p, side from, common::timestamp ts) {
    half& h = at(from);
    if (!numbered(h.phase)) {
        h.number(p.tcp.seq);
        h.guessed = !midstream_;
    }
    // pure ACKs do not tell who is who; wait for bytes that may
    if (phase_ == phase::picked_up && p.payload_length > 0) tell_open(ts);
}

/// Whether `acked` bytes of `h` can have been sent: they were seen, or the window let them out. RFC 5961
/// section 5.2: an end ignores what acknowledges more. Here it counts when the next one goes on
/// from it, for a capture may miss many packets of both directions.
bool connection::believes(const half& h, std::uint64_t acked, side by) const noexcept {
    if (h.blind || fin_seen(h.phase) || acked <= end_of(h) + 1) return true; // a FIN has a number, too
    const std::uint64_t window = window_of(at(by));
    if (const doubt* const d = doubted(by); d != nullptr && acked >= d->acked)
        return acked > d->acked && acked <= d->acked + window;
    return acked <= h.acked + window;
}

bool connection::believes_ack(const tcp_segment& t, side from) const noexcept {
    const half& h = at(event::other(from));
    if (!numbered(h.phase)) return true;
    const std::int64_t ahead = distance(t.ack, h.base + static_cast<std::uint32_t>(h.acked));
    return ahead <= largest_window && believes(h, moved(h.acked, ahead), from);
}

/// Whether it is believed, which settles a doubt, or else is doubted now.
bool connection::weigh(const half& h, std::uint64_t acked, side by, const sighting& seen) {
    if (believes(h, acked, by)) {
        settle_doubt(by, acked);
        return true;
    }
    if (const doubt* const d = doubted(by); d != nullptr && d->acked == acked) return false;
    settle_doubt(by, 0);
    unusual().doubted[event::index(by)] = doubt{acked, seen};
    return false;
}

const connection::doubt* connection::doubted(side by) const noexcept {
    if (!exception_) return nullptr;
    const std::optional<doubt>& d = exception_->doubted[event::index(by)];
    return d ? &*d : nullptr;
}

/// Another acknowledgement of `by` says `acked`.
void connection::settle_doubt(side by, std::uint64_t acked) {
    if (doubted(by) == nullptr) return;
    const doubt d = *std::exchange(exception_->doubted[event::index(by)], std::nullopt);
    if (acked >= d.acked) return;
    report("tcp.acknowledged_unsent", by, d.acked, d.seen,
           "it acknowledges bytes that nobody sent and no window let out; it was ignored");
}

/// Bytes of `h` that it acknowledges, as far as that is believed; later packets may have acknowledged more.
std::uint64_t connection::acked_by(const tcp_segment& t, const half& h) noexcept {
    const std::int64_t ahead = distance(t.ack, h.base + static_cast<std::uint32_t>(h.acked));
    return ahead < 0 ? moved(h.acked, ahead) : h.acked;
}

void connection::on_ack(const tcp_segment& t, side from, const sighting& seen) {
    half& h = at(event::other(from));
    if (!numbered(h.phase)) {
        // the SYN+ACK was lost to the capture, its number was not
        if (!midstream_ && !t.has(flag::syn)) {
            h.number(t.ack);
            h.guessed = true;
        }
        return;
    }
    h.answered = true;
    const std::int64_t ahead = distance(t.ack, h.base + static_cast<std::uint32_t>(h.acked));
    if (ahead > largest_window) return;
    if (ahead <= 0) {
        if (exception_) settle_doubt(from, 0);
        return;
    }
    std::uint64_t acked = h.acked + static_cast<std::uint64_t>(ahead);
    if ((exception_ || acked > h.stream.end() + 1) && !weigh(h, acked, from, seen)) return;
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
    h.answered = false;
    h.hole_due = shared_.now.time + (acknowledged ? shared_.limit.gap_grace : shared_.limit.gap_timeout);
}

std::optional<common::timestamp> connection::next_due() const noexcept {
    std::optional<common::timestamp> due;
    if (session_due_ != never) due = session_due_;
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
    if (third_ack && history_.text().starts_with('S') && ends_ == both_established) {
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
arrival connection::take(side from, const placed& s, const sighting& seen) {
    half& h = at(from);
    const std::size_t beside = at(event::other(from)).stream.held_bytes();
    arrival whole = h.stream.take(s, shared_.limit, shared_.held, *this, beside);
    for (arrival now = whole; now.limit_reached;) {
        const std::uint64_t up_to = h.stream.holds_anything() ? h.stream.first_held() : s.offset;
        give_up(h, up_to, event::missing_cause::limit, seen.ts);
        now = h.stream.take(s, shared_.limit, shared_.held, *this, beside);
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
    if (ahead >= largest_window)
        return report("tcp.sequence_out_of_window", from, h.stream.next(), seen,
                      "the sequence number is 2^30 bytes ahead or more");
    if (was_sent(h, ahead + length)) history_.counted('t', from);
    // RFC 9293 section 3.8.4: a keep-alive probe repeats at most the last byte, which may be anything
    if (ahead == -1 && length == 1) return;
    const half& other = at(event::other(from));
    placed s{moved(h.stream.next(), ahead), p.payload_length, p.payload, seen.ts, seen.packet, std::nullopt};
    if (t.has(flag::ack) && numbered(other.phase)) s.acked = acked_by(t, other);
    if (ahead < 0 && static_cast<std::uint64_t>(-ahead) > h.stream.next()) {
        // it begins before the first byte we know of
        const auto before = static_cast<std::uint64_t>(-ahead) - h.stream.next();
        s.length -= std::min(s.length, before);
        s.data = common::slice(s.data, before);
    } else if (ahead + length > largest_window) {
        s = up_to(s, h.stream.next() + static_cast<std::uint64_t>(largest_window));
    }
    if (fin_seen(h.phase)) { // nobody takes what lies behind it
        if (s.offset >= h.fin) return;
        s = up_to(s, h.fin);
    }
    delivering_ = from;
    const bool differs = ahead < 0 && compare_delivered(h, s);
    if (s.offset + s.length <= h.stream.next()) {
        ++h.count.retransmits;
        if (differs) ++h.count.overlaps;
        if (watch_) watch_->on_repeated(p, from, seen.ts);
        return;
    }
    const std::uint64_t end_before = h.stream.end();
    const arrival a = take(from, s, seen);
    h.count.bytes += a.fresh;
    if (a.repeated) ++h.count.retransmits;
    if (a.early) ++h.count.out_of_order;
    if (a.differs || differs) ++h.count.overlaps;
    if (watch_) {
        if (a.repeated) watch_->on_repeated(p, from, seen.ts);
        if (a.early) watch_->on_early(p, from, s.offset - h.stream.next(), seen.ts);
        if (a.fresh > 0 && s.offset + s.length < end_before) watch_->on_filling(p, from, seen.ts);
    }
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

bool connection::compare_delivered(const half& h, const placed& s) {
    if (h.delivered == nullptr) return false;
    const tail& t = *h.delivered;
    std::uint64_t from = std::max(t.begin(), s.offset);
    const std::uint64_t end = std::min(t.end(), s.offset + s.data.size());
    while (from < end && t.at(from) == s.data[from - s.offset]) ++from;
    if (from >= end) return false;
    std::array<std::uint8_t, overlap_shown> first{};
    const std::size_t shown = std::min<std::uint64_t>(first.size(), end - from);
    for (std::size_t i = 0; i < shown; ++i) first[i] = t.at(from + i);
    differing(from, common::bytes_view(first).first(shown), common::slice(s.data, from - s.offset, shown));
    return true;
}

void connection::on_fin(const protocol::packet& p, side from, common::timestamp ts) {
    const tcp_segment& t = p.tcp;
    half& h = at(from);
    if (!first_fin_) first_fin_ = from;
    if (fin_seen(h.phase)) return;
    const std::uint32_t seq = t.seq + p.payload_length + (t.has(flag::syn) ? 1u : 0u);
    const std::int64_t ahead = distance(seq, h.base + static_cast<std::uint32_t>(h.stream.next()));
    if (ahead > largest_window) return;
    h.fin = std::max(moved(h.stream.next(), ahead), h.stream.next());
    h.on(stream_occasion::fin);
    h.count.bytes -= h.stream.cut(h.fin, shared_.held);
    if (h.acked > h.fin) {
        h.on(stream_occasion::acked);
        h.acked = h.fin;
    }
    note_hole(h);
    if (phase_ == phase::picked_up) tell_open(ts);
    if (phase_ != phase::over) fin_at_ = ts;
    if (fin_seen(at(event::other(from)).phase)) on(occasion::both_fins);
}

/// RFC 9293 section 3.10.7.3, RFC 5961 section 3: a RST counts where its receiver would take it, in the
/// window that it offers or as the answer to its SYN. Bytes that it received and has not acknowledged yet
/// count as if they were acknowledged or not.
bool connection::acceptable_reset(const tcp_segment& t, side from) const noexcept {
    const half& h = at(from);
    const half& receiver = at(event::other(from));
    if (!numbered(h.phase) || h.guessed) {
        if (midstream_ || !numbered(receiver.phase)) return true;
        if (t.has(flag::ack) && acknowledges(t, receiver)) return true;
        if (!numbered(h.phase)) return false;
    }
    const std::int64_t ahead = distance(t.seq, h.base + static_cast<std::uint32_t>(h.acked));
    const std::int64_t sent = static_cast<std::int64_t>(end_of(h) - h.acked) + 1;
    return ahead >= 0 && ahead <= std::max(sent, static_cast<std::int64_t>(window_of(receiver)));
}

void connection::on_reset(const tcp_segment& t, side from, const sighting& seen) {
    // its receiver expects no signature, and discards what bears one
    const bool oddly_signed = at(from).is_unsigned && is_signed(t);
    const bool acceptable = !oddly_signed && acceptable_reset(t, from);
    if (watch_) watch_->on_reset(t, from, phase_, !acceptable || phase_ == phase::over, seen.ts);
    if (!acceptable) {
        if (phase_ == phase::over || reset_told_) return;
        reset_told_ = true;
        const std::uint64_t offset = at(from).stream.next();
        if (oddly_signed)
            return report("tcp.reset_signed", from, offset, seen,
                          "a RST is signed, and the connection is not: its receiver ignores it");
        return report("tcp.reset_out_of_window", from, offset, seen,
                      "a RST lies outside the window of its receiver, which ignores it");
    }
    see(ends_, segment_kind::rst, from);
    if (phase_ == phase::over) return;
    if (phase_ == phase::picked_up) tell_open(seen.ts);
    fin_at_ = seen.ts;
    finish(event::close_reason::reset, from, seen.ts);
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
            if (end_of(h) > h.stream.next()) give_up(h, end_of(h), event::missing_cause::upstream, ts);
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
    shared_.charged -= limits::session_bytes;
    session_ = nullptr;
    session_due_ = never;
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
        if (h.hole == hole::noticed && h.answered) {
            // who acknowledges, and not this, waits for it too
            h.answered = false;
            h.hole_due = due + shared_.limit.gap_timeout;
            continue;
        }
        delivering_ = s;
        give_up(h, h.hole == hole::acknowledged ? h.acked : h.stream.first_held(),
                event::missing_cause::upstream, due);
        note_hole(h);
    }
    if (session_due_ <= due) {
        session_due_ = never;
        session_->on_due(due);
    }
    tell_ends(due);
}

void connection::close(event::close_reason why, common::timestamp ts) {
    if (phase_ == phase::picked_up) tell_open(ts);
    for (const side s : {side::client, side::server}) {
        half& h = at(s);
        delivering_ = s;
        settle_doubt(s, 0);
        if (end_of(h) > h.stream.next()) give_up(h, end_of(h), event::missing_cause::not_captured, ts);
        shared_.tails.give_back(h.delivered);
    }
    tell_ends(ts);
    // both FINs were delivered; only the final ACK is missing
    if (phase_ != phase::over && ended(at(side::client).phase) && ended(at(side::server).phase))
        finish(event::close_reason::fin, first_fin_, fin_at_);
    if (phase_ != phase::over) {
        on(occasion::ended);
        close_session(why, ts);
    }
    if (watch_) watch_->on_close(ended_ ? fin_at_ : ts, last_);
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
    e.state = conn_state(ends_, end_of(at(side::client)) + end_of(at(side::server)) > 0, history_.text());
    e.history = history_.text();
    if (syns_ > 0 && !history_.saw('s', side::server)) e.tries = syns_;
    e.refused = refusal();
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

/// Who says that the SYN leads nowhere.
std::optional<event::refusal> connection::refusal() const {
    if (syns_ == 0 || history_.saw('s', side::server)) return std::nullopt;
    if (ended_ && ended_->why == event::close_reason::reset && ended_->by == side::server)
        return event::refusal{ref().server.ip, "reset"};
    return exception_ ? exception_->refused : std::nullopt;
}

void connection::flip_roles() noexcept {
    for (half& h : halves_) shared_.tails.give_back(h.delivered);
    std::swap(halves_[0], halves_[1]);
    client_is_low_ = !client_is_low_;
    history_.flip();
    std::swap(ends_[0], ends_[1]);
    if (watch_) watch_->on_flip();
    if (first_fin_) first_fin_ = event::other(*first_fin_);
    if (exception_) std::swap(exception_->doubted[0], exception_->doubted[1]);
}

event::missing_cause connection::cause_now(const gap& g) const {
    const bool may_be_the_kernels =
        g.cause == event::missing_cause::upstream || g.cause == event::missing_cause::limit;
    return may_be_the_kernels && shared_.path.dropped(interface_, g.lost_after, g.lost_before)
               ? event::missing_cause::kernel_drop
               : g.cause;
}

/// Zeek writes the letter of a gap where both ends are established, or closed by a FIN since.
bool connection::cleanly_open() const noexcept {
    return std::all_of(ends_.begin(), ends_.end(),
                       [](end_state s) { return s == end_state::established || s == end_state::closed; });
}

std::uint64_t connection::offset_of(const half& h, std::uint32_t seq) noexcept {
    return moved(h.stream.next(), distance(seq, h.base + static_cast<std::uint32_t>(h.stream.next())));
}

/// Whether bytes up to `ahead` of the next one were seen, or given up, before.
bool connection::was_sent(const half& h, std::int64_t ahead) noexcept {
    return ahead <= static_cast<std::int64_t>(h.stream.end() - h.stream.next());
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
    if (session_ != nullptr) return *session_;
    session_ = shared_.sessions.open(*this);
    shared_.charged += limits::session_bytes;
    for (const side s : {side::client, side::server}) // it had nothing to say before its end
        if (ended(at(s).phase)) session_->on_end(s, fin_at_);
    return *session_;
}

void connection::deliver(const placed& piece) {
    half& h = at(delivering_);
    h.in_order_at = std::max(h.in_order_at, piece.ts);
    if (phase_ == phase::over) return;
    shared_.tails.keep(h.delivered, piece.offset, piece.data);
    if (watch_) watch_->on_data(delivering_, piece);
    session().on_data({delivering_, piece.offset, piece.data, piece.ts, piece.packet, piece.acked});
}

void connection::differing(std::uint64_t offset, common::bytes_view first, common::bytes_view second) {
    if (watch_)
        watch_->on_overlap(delivering_, offset, common::slice(first, 0, overlap_shown),
                           common::slice(second, 0, overlap_shown), last_);
}

void connection::missing(std::uint64_t offset, std::uint64_t length, event::missing_cause cause,
                         common::timestamp ts) {
    half& h = at(delivering_);
    h.count.missing += length;
    if (cleanly_open()) history_.counted('g', delivering_);
    gap g{delivering_, offset, length, cause, ts, h.in_order_at, h.in_order_at};
    if (cause == event::missing_cause::snaplen) {
        h.count.bytes -= length; // its segment counts it as seen
    } else {
        g.lost_before = std::max(g.lost_after, hole_shown(h, ts));
        if (h.blind)
            g.cause = event::missing_cause::not_captured;
        else if (shared_.path.dropped(interface_, g.lost_after, g.lost_before))
            g.cause = event::missing_cause::kernel_drop;
        else if (h.acked > offset)
            g.cause = event::missing_cause::upstream;
        h.blind = false;
    }
    if (watch_) watch_->on_missing(g, length);
    if (phase_ != phase::over) session().on_gap(g);
}

} // namespace weir::flow::tcp
