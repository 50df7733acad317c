#include "session/http/conversation.hpp"

#include <utility>

#include "session/http/target.hpp"

namespace weir::session::http {

using event::index;
using event::other;

namespace {

event::ending ending_of(event::close_reason why, bool stopped) noexcept {
    switch (why) {
    case event::close_reason::fin:
        return event::ending::closed;
    case event::close_reason::reset:
        return event::ending::reset;
    case event::close_reason::timeout:
        return event::ending::timeout;
    case event::close_reason::evicted:
        return event::ending::evicted;
    case event::close_reason::end_of_capture:
        break;
    }
    return stopped ? event::ending::shutdown : event::ending::end_of_capture;
}

} // namespace

conversation::conversation(environment& env)
    : env_(env)
    , requests_(env.messages, env.most, env.shared.asked)
    , responses_(env.messages, env.most, env.shared.asked) {}

void conversation::open(const flow::identity& id, flow::side client, std::array<bool, 2> searching) noexcept {
    id_ = &id;
    client_ = client;
    requests_.open(message_kind::request, searching[index(client)]);
    responses_.open(message_kind::response, searching[index(other(client))]);
    numbered_ = late_requests_ = 0;
    told_ = {};
    ended_ = {};
    saw_response_ = is_tunnel_ = false;
    midstream_ = id.midstream() || searching[0] || searching[1];
}

void conversation::close() noexcept {
    if (id_ == nullptr) return;
    // A message that belongs to an exchange is given back with it.
    if (requests_.current() != nullptr && sending_ != nullptr) (void)requests_.release();
    if (responses_.current() != nullptr && answering_ != nullptr) (void)responses_.release();
    requests_.close();
    responses_.close();
    for (exchange* const e : pairs_.waiting()) give_back(*e);
    pairs_.clear();
    sending_ = answering_ = nullptr;
    id_ = nullptr;
}

void conversation::on_data(const flow::chunk& c) {
    now_ = c.ts;
    told_[index(c.from)] = c.offset + c.data.size();
    reader& r = reader_of(c.from);
    if (is_request_side(c.from) && requests_.awaits_body()) skip_unsent_body(c);
    if (!is_request_side(c.from)) {
        const position there{told_[index(client_)], c.ts, 0, 0};
        handle(requests_.end_http09_head(), client_, there);
    }
    std::string_view data = common::as_text(c.data);
    bool chunk_start = true;
    while (!data.empty()) {
        const position where{c.offset + (c.data.size() - data.size()), c.ts, c.packet, c.acked};
        const reader::outcome o = r.next(data, where, chunk_start);
        chunk_start = chunk_start && data.size() == c.data.size();
        if (o == reader::outcome::need_more) break;
        handle(o, c.from, {c.offset + (c.data.size() - data.size()), c.ts, c.packet, c.acked});
    }
    if (late_requests_ > 0 && is_request_side(c.from)) settle_late_requests();
}

void conversation::on_gap(const flow::gap& g) {
    now_ = g.ts;
    told_[index(g.from)] = g.offset + g.length;
    reader& r = reader_of(g.from);
    handle(r.skip(g), g.from, {g.offset, g.ts, 0, 0});
    if (r.is_searching()) pairs_.lose_order();
    if (late_requests_ > 0 && is_request_side(g.from)) settle_late_requests();
}

void conversation::on_end(flow::side from, common::timestamp ts) {
    end_side(from, event::ending::closed, ts);
}

void conversation::on_close(event::close_reason why, common::timestamp ts) {
    const event::ending ending = ending_of(why, env_.shared.stopped);
    end_side(client_, ending, ts);
    end_side(other(client_), ending, ts);
    now_ = ts;
    while (!pairs_.waiting().empty()) {
        exchange& e = *pairs_.waiting().front();
        if (e.response == nullptr) e.ended = ending;
        finish(e);
    }
}

void conversation::end_side(flow::side from, event::ending why, common::timestamp ts) {
    if (ended_[index(from)]) return;
    ended_[index(from)] = true;
    now_ = ts;
    reader& r = reader_of(from);
    const position where{told_[index(from)], ts, 0, 0};
    const reader::outcome o = r.finish(why, where);
    handle(o, from, where);
    // What was no head has become a body just now, and ends as well.
    if (o == reader::outcome::unexpected && r.current() != nullptr) handle(r.finish(why, where), from, where);
}

void conversation::handle(reader::outcome o, flow::side from, const position& where) {
    switch (o) {
    case reader::outcome::need_more:
        break;
    case reader::outcome::head:
        on_head(from, where);
        break;
    case reader::outcome::over:
        on_over(from, where);
        break;
    case reader::outcome::cut_head:
        if (is_request_side(from))
            on_request_head(*requests_.current());
        else
            on_response_head(*responses_.current());
        on_over(from, where);
        pairs_.lose_order();
        break;
    case reader::outcome::unexpected:
        on_unexpected(from, where);
        break;
    }
}

void conversation::on_head(flow::side from, const position& where) {
    framing f;
    if (is_request_side(from)) {
        message& m = *requests_.current();
        check_host(m);
        f = frame_request(m, where);
        on_request_head(m);
        env_.report.head(*id_, sending_->number, m, where.ts);
        env_.report.notes(*id_, sending_->number, from, m);
        handle(requests_.frame(f, where), from, where);
    } else {
        message& m = *responses_.current();
        on_response_head(m);
        answered_request to;
        if (const message* const request = answering_->request; request != nullptr) {
            to.is_head = request->view(request->method) == "HEAD";
            to.is_connect = request->view(request->method) == "CONNECT";
        }
        is_tunnel_ = to.is_connect;
        f = frame_response(m, to, where);
        env_.report.head(*id_, answering_->number, m, where.ts);
        env_.report.notes(*id_, answering_->number, from, m);
        handle(responses_.frame(f, where), from, where);
    }
}

void conversation::on_request_head(message& m) {
    if (late_requests_ > 0 || !pairs_.waiting().empty()) {
        if (exchange* const late = pairs_.for_request(m); late != nullptr) {
            late->awaits_request = false;
            --late_requests_;
            late->request = &m;
            sending_ = late;
            return;
        }
        make_room(m);
    }
    sending_ = &add_exchange();
    sending_->request = &m;
}

void conversation::on_response_head(message& m) {
    saw_response_ = true;
    answering_ = pairs_.for_response(m);
    if (answering_ == nullptr) {
        const bool may_come = m.acked > told_[index(client_)];
        answering_ = &add_exchange();
        if (may_come) {
            answering_->awaits_request = true;
            ++late_requests_;
        } else {
            if (pairs_.is_ordered() && !midstream_)
                add_note(m, anomaly::response_without_request, m.start, {m.start, m.last, 0, 0});
            answering_->missing_request = requests_.take_lost();
        }
        answering_->response_start = m.start;
        answering_->response_acked = m.acked;
    } else if (!pairs_.is_ordered()) {
        give_up_before(*answering_);
    }
    if (!m.is_informational()) answering_->response = &m;
}

void conversation::on_over(flow::side from, const position& where) {
    if (is_request_side(from)) {
        message* const m = requests_.release();
        env_.report.notes(*id_, sending_->number, from, *m);
        exchange& e = *std::exchange(sending_, nullptr);
        finish_if_over(e);
        return;
    }
    message* const m = responses_.release();
    exchange& e = *std::exchange(answering_, nullptr);
    if (!m->is_informational()) {
        env_.report.notes(*id_, e.number, from, *m);
        if (is_switched(*m)) switch_protocols(e);
        finish_if_over(e);
        return;
    }
    e.informational_found.add(m->found);
    if (e.informational.size() < env_.most.informational) {
        env_.report.notes(*id_, e.number, from, *m);
        e.informational.push_back(m);
        return;
    }
    add_note(*m, anomaly::informational_limit, m->start, where);
    e.informational_found.add(m->found);
    env_.report.notes(*id_, e.number, from, *m);
    env_.messages.give(m);
}

} // namespace weir::session::http
