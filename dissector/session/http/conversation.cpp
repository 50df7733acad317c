#include "session/http/conversation.hpp"

#include <utility>

#include "event/sse_events.hpp"
#include "session/ending.hpp"
#include "session/http/http.hpp"
#include "session/http/probe.hpp"
#include "session/http/target.hpp"
#include "session/http/text.hpp"

namespace weir::session::http {

using event::index;
using event::other;

conversation::conversation(environment& env)
    : env_(env)
    , requests_(env.messages, env.most, env.shared.asked)
    , responses_(env.messages, env.most, env.shared.asked) {}

void conversation::open(const place& id, flow::side client, std::array<bool, 2> searching) noexcept {
    id_ = &id;
    client_ = client;
    requests_.report_body_to(listener_to_pieces());
    responses_.report_body_to(listener_to_pieces());
    requests_.open(message_kind::request, searching[index(client)]);
    responses_.open(message_kind::response, searching[index(other(client))]);
    late_requests_ = 0;
    switch_.open(env_.most);
    switcher_ = nullptr;
    is_refused_ = is_taking_back_ = false;
    told_ = {};
    ended_ = {};
    saw_response_ = is_tunnel_ = client_closes_ = false;
    last_response_over_.reset();
    midstream_ = id.midstream() || searching[0] || searching[1];
}

void conversation::close() noexcept {
    if (id_ == nullptr) return;
    // A message that belongs to an exchange is given back with it.
    if (requests_.current() != nullptr && sending_ != nullptr) (void)requests_.release();
    if (responses_.current() != nullptr && answering_ != nullptr) (void)responses_.release();
    requests_.close();
    responses_.close();
    switch_.close(env_.shared.inner);
    for (exchange* const e : pairs_.waiting()) give_back(*e);
    pairs_.clear();
    sending_ = answering_ = nullptr;
    id_ = nullptr;
}

void conversation::on_data(const flow::chunk& c) {
    now_ = c.ts;
    told_[index(c.from)] = c.offset + c.data.size();
    if (switch_.takes(is_request_side(c.from))) {
        switch_.on_data(c);
        return;
    }
    reader& r = reader_of(c.from);
    if (is_request_side(c.from)) {
        if (requests_.awaits_body()) skip_unsent_body(c);
        end_denied_body(c.ts);
    } else if (!responses_.is_inside_message() && c.acked.value_or(0) <= told_[index(client_)]) {
        const position there{told_[index(client_)], c.ts};
        handle(requests_.end_http09_head(common::as_text(c.data)), client_, there);
    }
    if (r.is_searching()) r.expect_pipelined(is_request_side(c.from) || waits_for_several());
    std::string_view data = common::as_text(c.data);
    bool chunk_start = true;
    while (!data.empty()) {
        const position where = place_in(c, c.data.size() - data.size());
        const reader::outcome o = r.next(data, where, chunk_start);
        chunk_start = chunk_start && data.size() == c.data.size();
        if (o == reader::outcome::need_more) break;
        handle(o, c.from, place_in(c, c.data.size() - data.size()));
        if (is_refused_) { // what was held came before what is still to be read here
            take_back();
            now_ = c.ts;
        }
        if (!data.empty() && switch_.takes(is_request_side(c.from))) {
            flow::chunk rest = c;
            rest.offset += c.data.size() - data.size();
            rest.data = c.data.last(data.size());
            switch_.on_data(rest);
            break;
        }
    }
    settle(c.from);
}

/// What was held is HTTP after all. It may hold the next request of this kind, and that be refused at once.
void conversation::take_back() {
    if (is_taking_back_) return;
    is_taking_back_ = true;
    do {
        is_refused_ = false;
        switch_.refuse(*this);
    } while (is_refused_);
    is_taking_back_ = false;
}

/// What can be settled once a side was heard to the end of what it said.
void conversation::settle(flow::side from) {
    // Content-Length is usual in a 304: it is over where nothing came with it.
    if (responses_.awaits_denied_body() && responses_.current()->status == 304) end_denied_body(now_);
    if (late_requests_ > 0 && is_request_side(from)) settle_late_requests();
    if (is_refused_) take_back();
}

void conversation::on_gap(const flow::gap& g) {
    now_ = g.ts;
    told_[index(g.from)] = g.offset + g.length.value_or(0);
    if (switch_.takes(is_request_side(g.from))) {
        switch_.on_gap(g);
        return;
    }
    reader& r = reader_of(g.from);
    const position where{g.offset, g.ts};
    bool is_counted = false;
    if (!is_request_side(g.from)) {
        end_denied_body(g.ts);
        is_counted = lose_pipelined_response(g);
    }
    const bool cuts_events =
        !is_request_side(g.from) && answering_ != nullptr && answering_->events != nullptr;
    if (cuts_events) answering_->events->interrupt(where);
    reader::outcome o = r.skip(g);
    if (is_counted) r.disown_lost();
    handle(o, g.from, where);
    if (o == reader::outcome::unexpected) handle(r.skip(g), g.from, where); // what was held is settled now
    if (r.is_searching()) pairs_.lose_order();
    settle(g.from);
}

void conversation::on_end(flow::side from, common::timestamp ts) {
    if (switch_.takes(is_request_side(from))) {
        switch_.on_end(from, ts);
        return;
    }
    end_side(from, event::ending::closed, ts);
}

void conversation::on_close(event::close_reason why, common::timestamp ts) {
    switch_.on_close(why, ts);
    // Nobody answered: what was held is HTTP where it begins so, and belongs to nobody else.
    while (switch_.is_waiting() && is_message(probe_request(switch_.held(client_)))) take_back();
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
    const position where{told_[index(from)], ts};
    reader::outcome o = r.finish(why, where);
    handle(o, from, where);
    // What was no head, or one in doubt, is settled now, and what it led to ends as well.
    while (o == reader::outcome::unexpected || o == reader::outcome::head) {
        o = r.finish(why, where);
        handle(o, from, where);
    }
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
    case reader::outcome::cut_head: {
        message& m = *reader_of(from).current();
        if (is_request_side(from))
            on_request_head(m);
        else
            on_response_head(m);
        const bool is_there = reader_of(from).current() == &m; // what it ends may have ended it as well
        if (is_there && m.over) on_over(from, where);
        pairs_.lose_order();
        break;
    }
    case reader::outcome::unexpected:
        on_unexpected(from, where);
        break;
    }
}

void conversation::on_head(flow::side from, const position& where) {
    framing f;
    if (is_request_side(from)) {
        message& m = *requests_.current();
        check_target(m);
        check_connection(m);
        f = frame_request(m, where);
        on_request_head(m);
        if (requests_.current() != &m) return; // the response that it ends has ended it as well
        env_.report.head(*id_, sending_->number, m, where.ts);
        env_.report.notes(*id_, sending_->number, from, m);
        handle(requests_.frame(f, where), from, where);
    } else {
        message& m = *responses_.current();
        on_response_head(m);
        if (responses_.current() != &m) return; // the request that it ends has ended it as well
        answered_request to;
        if (const message* const request = answering_->request; request != nullptr) {
            to.is_head = request->view(request->method) == "HEAD";
            to.is_connect = request->view(request->method) == "CONNECT";
        }
        is_tunnel_ = to.is_connect;
        if (answering_->response == &m && env_.shared.events.wants<event::http_sse>() &&
            sse_stream::is_one(m))
            begin_events(*answering_, where);
        f = frame_response(m, to, where);
        f.may_answer_head = answering_->request == nullptr;
        is_refused_ = is_refused_ || (answering_ == switcher_ && !m.is_informational() && !is_switched(m));
        env_.report.head(*id_, answering_->number, m, where.ts);
        env_.report.notes(*id_, answering_->number, from, m);
        handle(responses_.frame(f, where), from, where);
    }
}

/// What a request says about the connection, and whether it may say it.
void conversation::check_connection(message& m) {
    const position where{m.begins.start, m.last};
    if (client_closes_) add_note(m, anomaly::data_after_close, m.begins.start, where);
    if (m.has(known_field::connection))
        m.for_each_value(known_field::connection, [this](std::string_view value) {
            for_each_element(value, [this](std::string_view option) {
                client_closes_ = client_closes_ || equals_ignoring_case(option, "close");
            });
        });
    if (m.has(known_field::upgrade) && starts_ignoring_case(m.first_value(known_field::upgrade), "h2c"))
        add_note(m, anomaly::h2c_upgrade, m.begins.start, where);
}

void conversation::end_denied_body(common::timestamp ts) {
    const flow::side server = other(client_);
    const position where{told_[index(server)], ts};
    if (responses_.awaits_denied_body()) handle(responses_.end_here(where), server, where);
}

bool conversation::waits_for_several() const noexcept {
    std::size_t unanswered = 0;
    for (const exchange* const e : pairs_.waiting()) unanswered += e->is_answered ? 0 : 1;
    return unanswered > 1;
}

/// A hole where the next of several responses should begin: that one is in it.
bool conversation::lose_pipelined_response(const flow::gap& g) {
    if (!responses_.is_between_messages() || !pairs_.is_ordered() || !waits_for_several()) return false;
    for (exchange* const e : pairs_.waiting()) {
        if (e->is_answered) continue;
        e->is_answered = e->response_lost = true;
        e->missing_response.add(g);
        return true;
    }
    return false;
}

void conversation::on_body(message_kind kind, std::uint64_t offset, std::string_view bytes,
                           const position& where) {
    const bool is_request = kind == message_kind::request;
    const exchange* const e = is_request ? sending_ : answering_;
    if (!is_request && e->events != nullptr) e->events->feed(*e->response, bytes, where);
    if (!env_.shared.events.wants<event::http_body_piece>()) return;
    env_.report.piece(*id_, e->number, is_request ? client_ : other(client_), offset, bytes, where);
}

// --- server-sent events

void conversation::begin_events(exchange& e, const position& where) {
    e.events = env_.event_streams.take();
    const options& asked = env_.shared.asked;
    e.events->open(*e.response, env_.most, asked.bodies ? asked.body_limit : env_.most.sse_field_bytes, where,
                   *this);
    responses_.report_body_to(this);
}

void conversation::end_events(exchange& e, const position& where) {
    e.events->finish(where);
    env_.event_streams.give(std::exchange(e.events, nullptr));
    responses_.report_body_to(listener_to_pieces());
}

void conversation::on_server_event(const server_event& e, const position& where) {
    env_.report.server_event(*id_, answering_->number, ++answering_->events->number, e, where);
}

void conversation::on_request_head(message& m) {
    if (responses_.has_lost_head()) {
        const flow::side server = other(client_);
        const position there{told_[index(server)], m.last};
        handle(responses_.end_here(there), server, there);
    }
    if (late_requests_ > 0 || !pairs_.waiting().empty()) {
        if (exchange* const late = pairs_.for_question(m.begins); late != nullptr) {
            late->awaits_question = false;
            --late_requests_;
            sending_ = late;
        } else {
            make_room(m);
        }
    }
    if (sending_ == nullptr) sending_ = &add_exchange();
    sending_->request = &m;
    sending_->question = m.begins;
    // the answer came first and is framed as that of another method would be
    if (sending_ == answering_ && responses_.awaits_first_body_byte() && m.view(m.method) == "HEAD") {
        const flow::side server = other(client_);
        const position there{told_[index(server)], m.last};
        handle(responses_.end_without_body(there), server, there);
    }
}

void conversation::on_response_head(message& m) {
    saw_response_ = true;
    answering_ = pairs_.for_answer(m.begins);
    if (answering_ == nullptr) {
        const bool may_come =
            m.begins.acked.value_or(0) > told_[index(client_)] || answers_unfinished_head(m);
        answering_ = &add_exchange();
        if (may_come) {
            answering_->awaits_question = true;
            ++late_requests_;
        } else {
            if (pairs_.is_ordered() && !midstream_)
                add_note(m, anomaly::response_without_request, m.begins.start, {m.begins.start, m.last});
            answering_->missing_request = requests_.take_lost();
        }
        answering_->early_answer = m.begins;
    } else if (!pairs_.is_ordered()) {
        give_up_before(*answering_);
    }
    if (m.is_informational()) return;
    answering_->response = &m;
    answering_->is_answered = true;
    answering_->blocked_until = last_response_over_;
}

/// The head of the request that it answers has begun and is not over: a server need not wait for it.
bool conversation::answers_unfinished_head(const message& response) const noexcept {
    const message* const head = sending_ == nullptr ? requests_.current() : nullptr;
    return head != nullptr && head->start_line_seen && response.begins.acked.value_or(0) > head->begins.start;
}

void conversation::on_over(flow::side from, const position& where) {
    if (!is_request_side(from) && sending_ != nullptr && sending_ == answering_ &&
        requests_.has_lost_head()) {
        const position there{told_[index(client_)], where.ts};
        handle(requests_.end_here(there), client_, there);
    }
    if (is_request_side(from)) {
        message* const m = requests_.release();
        env_.report.notes(*id_, sending_->number, from, *m);
        exchange& e = *std::exchange(sending_, nullptr);
        if (may_switch(*m) && e.response == nullptr) {
            switcher_ = &e;
            switch_.wait();
        }
        finish_if_over(e);
        return;
    }
    message* const m = responses_.release();
    if (answering_->events != nullptr) end_events(*answering_, where);
    exchange& e = *std::exchange(answering_, nullptr);
    if (!m->is_informational()) {
        env_.report.notes(*id_, e.number, from, *m);
        last_response_over_ = m->last;
        if (is_switched(*m))
            switch_protocols(e, where);
        else
            finish_if_over(e);
        return;
    }
    e.informational_found.add(m->notes.found);
    if (e.informational.size() < env_.most.informational) {
        env_.report.notes(*id_, e.number, from, *m);
        e.informational.push_back(m);
        return;
    }
    add_note(*m, anomaly::informational_limit, m->begins.start, where);
    e.informational_found.add(m->notes.found);
    env_.report.notes(*id_, e.number, from, *m);
    env_.messages.give(m);
}

// --- how exchanges leave

exchange& conversation::add_exchange() {
    exchange* const e = env_.exchanges.take();
    e->clear(id_->next_exchange());
    e->stalled_before = id_->stalled();
    env_.open.add(*e, now_);
    pairs_.add(e);
    return *e;
}

void conversation::finish_if_over(exchange& e) {
    if (e.is_over() && &e != sending_ && &e != answering_) finish(e);
}

void conversation::finish(exchange& e) {
    report_over(e);
    leave(e);
}

void conversation::report_over(exchange& e) {
    if (e.awaits_question) --late_requests_;
    if (&e == switcher_) {
        switcher_ = nullptr;
        is_refused_ = switch_.is_waiting();
    }
    if (e.request == nullptr && !e.missing_request.any) e.missing_request = requests_.take_lost();
    if (e.response == nullptr) promote_informational(e);
    if (e.response == nullptr && !e.missing_response.any) e.missing_response = responses_.take_lost();
    env_.report.over(*id_, e, now_);
}

void conversation::leave(exchange& e) noexcept {
    pairs_.remove(&e);
    give_back(e);
}

/// An interim response that had a body, and nothing behind it, was the response.
void conversation::promote_informational(exchange& e) noexcept {
    if (e.informational.empty()) return;
    const message& last = *e.informational.back();
    if (last.body_size == 0 && !last.missing.any) return;
    e.response = e.informational.back();
    e.informational.pop_back();
}

void conversation::give_back(exchange& e) noexcept {
    if (e.events != nullptr) env_.event_streams.give(e.events);
    env_.messages.give(e.request);
    env_.messages.give(e.response);
    for (message* const m : e.informational) env_.messages.give(m);
    env_.open.remove(e);
    env_.exchanges.give(&e);
}

void conversation::give_up_before(const exchange& e) {
    while (pairs_.waiting().front() != &e) {
        exchange& older = *pairs_.waiting().front();
        if (&older == sending_) return;
        older.response_lost = older.response == nullptr;
        finish(older);
    }
}

void conversation::make_room(message& newest) {
    if (pairs_.waiting().size() < env_.most.waiting) return;
    add_note(newest, anomaly::waiting_limit, newest.begins.start, {newest.begins.start, newest.last});
    pairs_.lose_order();
    for (exchange* const e : pairs_.waiting()) {
        if (e == answering_) continue;
        if (e->response == nullptr) e->ended = event::ending::evicted;
        finish(*e);
        return;
    }
}

void conversation::settle_late_requests() {
    const message* const head = sending_ == nullptr ? requests_.current() : nullptr;
    for (std::size_t i = 0; i < pairs_.waiting().size();) {
        exchange& e = *pairs_.waiting()[i];
        const std::uint64_t acked = e.early_answer ? e.early_answer->acked.value_or(0) : 0;
        const bool is_settled = e.awaits_question && told_[index(client_)] >= acked &&
                                !(head != nullptr && head->begins.start < acked);
        if (is_settled) {
            e.awaits_question = false;
            --late_requests_;
        }
        if (is_settled && e.is_over() && &e != answering_)
            finish(e);
        else
            ++i;
    }
}

// RFC 9110 section 10.1.1: a client that was refused before it sent the body may go on with its next request.
void conversation::skip_unsent_body(const flow::chunk& c) {
    if (sending_ == nullptr || sending_->response == nullptr) return;
    if (probe_request(common::as_text(c.data)) != guess::request) return;
    requests_.abandon_body();
    on_over(c.from, place_in(c));
}

bool conversation::is_switched(const message& response) const noexcept {
    if (response.status == 101) return true;
    const bool is_success = response.status && *response.status >= 200 && *response.status < 300;
    return is_success && is_tunnel_;
}

void conversation::switch_protocols(exchange& switching, const position& where) {
    if (requests_.current() != nullptr) {
        if (sending_ == nullptr) {
            env_.messages.give(requests_.release());
        } else {
            requests_.release()->over = true;
            exchange& sent = *std::exchange(sending_, nullptr);
            if (&sent != &switching) finish_if_over(sent);
        }
    }
    requests_.ignore();
    responses_.ignore();
    switcher_ = nullptr;
    const bool is_over = switching.is_over();
    if (is_over) report_over(switching); // before what it led to
    const switched_exchange by(switching, client_, id_->is_secure());
    const bool is_upgrade = switching.response->status == 101;
    if (is_upgrade) by.token(env_.token);
    switch_.grant(*env_.shared.inner, *id_,
                  {.hint = is_upgrade ? std::string_view(env_.token) : std::string_view(),
                   .by = is_upgrade ? &by : nullptr},
                  where);
    if (is_over) leave(switching);
}

bool conversation::may_switch(const message& request) const noexcept {
    return request.has(known_field::upgrade) || request.view(request.method) == "CONNECT";
}

void conversation::on_unexpected(flow::side from, const position& where) {
    reader& r = reader_of(from);
    message& m = *r.current();
    if (is_request_side(from)) {
        add_note(m, anomaly::request_line_invalid, m.begins.start, where);
        env_.report.notes(*id_, std::nullopt, from, m);
        r.skip_junk();
        return;
    }
    const exchange* const answered = headless_answer_of(m);
    // HTTP/0.9 has no status line; where the request has a version, one may follow.
    const bool is_old = answered != nullptr && answered->request->version.size == 0;
    if (answered != nullptr && (is_old || r.was_hunted())) {
        on_response_head(m);
        if (!is_old) add_note(m, anomaly::status_line_missing, m.begins.start, where);
        r.take_as_body(where);
        env_.report.notes(*id_, answering_->number, from, m);
        return;
    }
    if (r.was_hunted()) {
        const std::string detail = std::string(row(anomaly::unexpected_data).sentence) + ": " +
                                   std::to_string(m.text.size()) + " bytes";
        add_note(m, anomaly::unexpected_data, m.begins.start, where, detail);
        env_.report.notes(*id_, std::nullopt, from, m);
    }
    r.skip_junk();
}

/// The exchange whose response may be these bytes without a head; null where there is none.
const exchange* conversation::headless_answer_of(const message& response) noexcept {
    const bool begins_like_head =
        starts_ignoring_case(response.text, "http/") || probe_response(response.text) == guess::unsure;
    if (begins_like_head) return nullptr;
    const exchange* const e = pairs_.for_answer(response.begins);
    if (e == nullptr || e->request == nullptr) return nullptr;
    return e->request->version.size == 0 || !saw_response_ ? e : nullptr;
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

finding application::probe(const opening& o) const noexcept {
    finding f;
    for (const side s : {side::client, side::server}) {
        const std::string_view said = o.said[index(s)];
        if (said.empty()) continue;
        switch (o.cut[index(s)] ? probe_cut(said) : http::probe(said)) {
        case guess::request:
            f = {verdict::yes, s, {}};
            f.begins[index(s)] = true;
            return f;
        case guess::response:
            f = {verdict::yes, other(s), {}};
            f.begins[index(s)] = true;
            return f;
        case guess::unsure:
            f.what = verdict::unsure;
            if (is_bare_request(said) && o.aligned[index(other(s))] && !o.said[index(other(s))].empty() &&
                probe_response(o.said[index(other(s))]) == guess::no) {
                f = {verdict::yes, s, {}};
                f.begins[index(s)] = true;
                return f;
            }
            break;
        case guess::no:
            break;
        }
    }
    return f;
}

std::span<const std::string_view> application::announced_as() const noexcept {
    static constexpr std::array<std::string_view, 2> names{"http/1.1", "http/1.0"};
    return names;
}

flow::stream_consumer* application::open(const place& where, side asks, std::array<bool, 2> searching) {
    conversation* const c = sessions_->all.take(sessions_->env);
    c->open(where, asks, searching);
    return c;
}

void application::release(flow::stream_consumer* session) noexcept {
    auto* const c = static_cast<conversation*>(session);
    c->close();
    sessions_->all.give(c);
}

} // namespace weir::session::http
