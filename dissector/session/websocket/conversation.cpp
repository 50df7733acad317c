#include "session/websocket/conversation.hpp"

#include <algorithm>

#include "session/ending.hpp"
#include "session/pool.hpp"
#include "session/websocket/websocket.hpp"

namespace weir::session::websocket {

using event::index;
using event::other;
using event::websocket_opcode;

namespace {

constexpr std::size_t hixie_key_bytes = 8, hixie_answer_bytes = 16;

/// Codes that a close frame may hold (RFC 6455 section 7.4, and IANA's registry up to 1014).
bool may_be_sent(std::uint16_t code) noexcept {
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

} // namespace

conversation::conversation(environment& env)
    : env_(env)
    , speakers_{speaker(env, *this), speaker(env, *this)} {}

void conversation::open(const place& id, flow::side client, common::timestamp ts) {
    id_ = &id;
    client_ = client;
    messages_ = 0;
    first_closer_.reset();
    found_ = {};
    opened_ = ts;
    is_announced_ = is_over_ = false;
    agreed_.clear();
}

void conversation::open_upgraded(const place& id, const upgrade& by, const position& at) {
    open(id, by.asks(), at.ts);
    read_handshake(by, at, agreed_);
    env_.report.notes(id, agreed_, std::nullopt, agreed_.notes);
    env_.report.open(id, agreed_, false, at.ts);
    is_announced_ = true;
    open_speakers(false);
}

void conversation::open_midstream(const place& id, flow::side client) {
    open(id, client, {});
    agreed_.deflate.emplace(); // nobody knows; RSV1 will say so
    open_speakers(true);
    agreed_.deflate.reset();
}

void conversation::open_speakers(bool searching) {
    const options& asked = env_.shared.asked;
    for (const flow::side s : {flow::side::client, flow::side::server}) {
        speaker& to = of(s);
        const bool is_client = s == client_;
        assembly how;
        how.is_wanted = env_.report.wants_messages();
        how.keep = asked.bodies ? asked.body_limit : env_.most.message_bytes;
        how.is_deflated = agreed_.deflate.has_value();
        if (agreed_.deflate)
            how.takes_over = !(is_client ? agreed_.deflate->client_no_context_takeover
                                         : agreed_.deflate->server_no_context_takeover);
        to.messages.open(s, how, messages_);
        if (searching) to.messages.lose(nullptr, {});
        frame_likeness like;
        like.is_masked = is_client;
        like.allowed_reserved = agreed_.has_unknown_extension ? 7 : agreed_.deflate ? rsv1 : 0;
        switch (agreed_.frames) {
        case framing::rfc6455:
            to.frames.open(s, like, searching);
            to.reader = &to.frames;
            break;
        case framing::hixie:
            to.hixie.open(!agreed_.challenge ? 0 : is_client ? hixie_key_bytes : hixie_answer_bytes);
            to.reader = &to.hixie;
            break;
        case framing::unreadable:
            to.reader = nullptr;
            break;
        }
        to.pings.clear();
        to.totals = {};
        to.said_close.code.reset();
        to.said_close.reason.clear();
        to.has_closed = to.has_ended = false;
        to.told = 0;
    }
}

void conversation::close() noexcept {
    for (speaker& s : speakers_) {
        s.messages.close();
        s.frames.close();
        s.reader = nullptr;
    }
    id_ = nullptr;
}

void conversation::on_data(const flow::chunk& c) {
    if (!is_announced_) {
        opened_ = c.ts;
        env_.report.open(*id_, agreed_, true, c.ts);
        is_announced_ = true;
    }
    speaker& s = of(c.from);
    s.told = c.offset + c.data.size();
    if (s.reader == nullptr) {
        s.totals.bytes += c.data.size();
        s.totals.unframed += c.data.size();
        return;
    }
    s.reader->on_data(c);
    if (agreed_.challenge) check_challenge(place_in(c));
    report_side_notes(c.from);
    end_if_closed(c.ts);
}

void conversation::on_gap(const flow::gap& g) {
    speaker& s = of(g.from);
    s.told = g.offset + g.length.value_or(0);
    of(other(g.from)).pings.clear(); // their pongs may be in it
    if (s.reader == nullptr) {
        s.totals.missing += g.length.value_or(0);
        return;
    }
    s.reader->on_gap(g);
    report_side_notes(g.from);
    end_if_closed(g.ts);
}

void conversation::on_end(flow::side from, common::timestamp ts) {
    finish_side(from, event::ending::closed, ts);
}

void conversation::on_close(event::close_reason why, common::timestamp ts) {
    const event::ending ended = ending_of(why, env_.shared.stopped);
    for (const flow::side s : {client_, other(client_)}) finish_side(s, ended, ts);
    report_over(ended, ts);
}

void conversation::finish_side(flow::side from, event::ending why, common::timestamp ts) {
    speaker& s = of(from);
    if (s.has_ended) return;
    s.has_ended = true;
    if (s.reader == nullptr) return;
    s.reader->finish(why, {s.told, ts});
    report_side_notes(from);
}

void conversation::report_side_notes(flow::side from) {
    findings& notes = of(from).reader->notes();
    if (notes.unreported.empty()) return;
    found_.add(notes.found);
    env_.report.notes(*id_, agreed_, from, notes);
}

/// hixie-76: both have said what stands before the first frame.
void conversation::check_challenge(const position& where) {
    const std::string_view key = of(client_).hixie.challenge(), answer = of(other(client_)).hixie.challenge();
    if (key.empty() || answer.empty()) return;
    const bool is_right = agreed_.is_answered_by(common::as_bytes(key), common::as_bytes(answer));
    agreed_.challenge.reset();
    if (is_right) return;
    found_.add(anomaly::accept_invalid);
    agreed_.notes.add(anomaly::accept_invalid, where.offset, where);
    env_.report.notes(*id_, agreed_, std::nullopt, agreed_.notes);
}

// --- messages

void conversation::on_message(flow::side from, message& m, const position& where) {
    if (m.is_close) {
        on_close_frame(from, m, where);
        return;
    }
    speaker& s = of(from);
    std::optional<common::nanoseconds> latency;
    if (m.kind == websocket_opcode::ping) {
        ++s.totals.pings;
        if (m.is_whole) remember(from, m, where);
    } else if (m.kind == websocket_opcode::pong) {
        ++s.totals.pongs;
        if (m.is_whole) latency = latency_of(from, m);
    } else {
        ++s.totals.messages;
    }
    env_.report.notes(*id_, agreed_, from, m.notes);
    env_.report.message(*id_, agreed_, from, m, latency, where.ts);
}

void conversation::remember(flow::side from, const message& m, const position& where) {
    std::vector<ping>& waiting = of(from).pings;
    if (waiting.size() >= env_.most.pings) {
        of(from).reader->notes().add(anomaly::ping_limit, where.offset, where);
        waiting.erase(waiting.begin());
    }
    ping& p = waiting.emplace_back();
    p.size = m.data.copy(p.payload.data(), p.payload.size());
    p.ts = m.last;
}

/// Since the ping that it answers; those before that one will have no pong (RFC 6455 section 5.5.3).
std::optional<common::nanoseconds> conversation::latency_of(flow::side from, const message& pong) {
    std::vector<ping>& waiting = of(other(from)).pings;
    const auto asked =
        std::find_if(waiting.begin(), waiting.end(), [&](const ping& p) { return p.said() == pong.data; });
    if (asked == waiting.end()) return std::nullopt;
    const common::nanoseconds took = pong.first - asked->ts;
    waiting.erase(waiting.begin(), asked + 1);
    return took;
}

void conversation::on_close_frame(flow::side from, message& m, const position& where) {
    speaker& s = of(from);
    s.has_closed = true;
    if (!first_closer_) first_closer_ = from;
    const common::bytes_view said = common::as_bytes(m.data);
    if (said.size() >= 2) {
        s.said_close.code = common::load<std::uint16_t>(said, 0);
        s.said_close.reason.assign(m.data, 2);
    }
    if (m.is_whole && (said.size() == 1 || (s.said_close.code && !may_be_sent(*s.said_close.code))))
        m.notes.add(anomaly::close_invalid, where.offset, where);
    utf8_check reason;
    reason.feed(common::as_bytes(s.said_close.reason));
    if (m.is_whole && !reason.is_whole()) m.notes.add(anomaly::reason_not_utf8, where.offset, where);
    found_.add(m.notes.found);
    env_.report.notes(*id_, agreed_, from, m.notes);
}

/// Where both have said close, it is over, whatever becomes of the connection.
void conversation::end_if_closed(common::timestamp ts) {
    if (is_over_ || !of(client_).has_closed || !of(other(client_)).has_closed) return;
    for (const flow::side s : {client_, other(client_)}) finish_side(s, event::ending::closed, ts);
    report_over(std::nullopt, ts);
}

void conversation::report_over(std::optional<event::ending> ended, common::timestamp ts) {
    if (is_over_) return;
    is_over_ = true;
    closing c;
    c.opened = is_announced_ ? opened_ : ts;
    c.first = first_closer_;
    c.ended = ended;
    c.found = found_;
    for (const flow::side one : {flow::side::client, flow::side::server}) {
        const speaker& s = of(one);
        if (s.has_closed) c.frames[index(one)] = &s.said_close;
        event::websocket_totals& t = c.totals[index(one)];
        t = s.totals;
        if (s.reader == nullptr) continue;
        const side_account& a = s.reader->account();
        t.bytes = a.bytes;
        t.missing = a.missing;
        t.unframed = a.unframed;
        t.lost = a.is_lost;
    }
    env_.report.close(*id_, agreed_, c, ts);
}

// --- the application

struct application::sessions {
    sessions(context& shared, const limits& most)
        : env(shared, most) {}

    environment env;
    pool<conversation> all;
};

application::application(context& shared, const limits& most)
    : sessions_(std::make_unique<sessions>(shared, most)) {}

application::~application() = default;

std::span<const std::string_view> application::announced_as() const noexcept {
    static constexpr std::array<std::string_view, 1> names{"websocket"};
    return names;
}

flow::stream_consumer* application::open_upgraded(const place& where, const upgrade& by, const position& at) {
    conversation* const c = sessions_->all.take(sessions_->env);
    c->open_upgraded(where, by, at);
    return c;
}

flow::stream_consumer* application::open(const place& where, side asks, std::array<bool, 2>) {
    conversation* const c = sessions_->all.take(sessions_->env);
    c->open_midstream(where, asks);
    return c;
}

void application::release(flow::stream_consumer* session) noexcept {
    auto* const c = static_cast<conversation*>(session);
    c->close();
    sessions_->all.give(c);
}

} // namespace weir::session::websocket
