// How exchanges leave a conversation: over, given up, or become another protocol.
#include <utility>

#include "session/http/conversation.hpp"
#include "session/http/probe.hpp"
#include "session/http/text.hpp"

namespace weir::session::http {

using event::index;

exchange& conversation::add_exchange() {
    exchange* const e = env_.exchanges.take();
    e->clear(++numbered_);
    pairs_.add(e);
    return *e;
}

void conversation::finish_if_over(exchange& e) {
    if (e.is_over() && &e != sending_ && &e != answering_) finish(e);
}

void conversation::finish(exchange& e) {
    if (e.awaits_request) --late_requests_;
    if (e.request == nullptr && e.missing_request.bytes == 0) e.missing_request = requests_.take_lost();
    if (e.response == nullptr) e.missing_response = responses_.take_lost();
    env_.report.over(*id_, e, now_);
    pairs_.remove(&e);
    give_back(e);
}

void conversation::give_back(exchange& e) noexcept {
    env_.messages.give(e.request);
    env_.messages.give(e.response);
    for (message* const m : e.informational) env_.messages.give(m);
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
    add_note(newest, anomaly::waiting_limit, newest.start, {newest.start, newest.last, 0, 0});
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
        const bool is_settled = e.awaits_request && told_[index(client_)] >= e.response_acked &&
                                !(head != nullptr && head->start < e.response_acked);
        if (is_settled) {
            e.awaits_request = false;
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
    on_over(c.from, {c.offset, c.ts, c.packet, c.acked});
}

bool conversation::is_switched(const message& response) const noexcept {
    if (response.status == 101) return true;
    const bool is_success = response.status && *response.status >= 200 && *response.status < 300;
    return is_success && is_tunnel_;
}

void conversation::switch_protocols(const exchange& switching) {
    if (requests_.current() != nullptr) {
        if (sending_ == nullptr) {
            env_.messages.give(requests_.release());
        } else {
            requests_.release()->over = true;
            exchange& sent = *std::exchange(sending_, nullptr);
            if (&sent != &switching) finish_if_over(sent);
        }
    }
    if (switching.response->status == 101) {
        requests_.ignore();
        responses_.ignore();
    } else {
        requests_.search();
        responses_.search();
        midstream_ = true;
    }
}

void conversation::on_unexpected(flow::side from, const position& where) {
    reader& r = reader_of(from);
    message& m = *r.current();
    if (!is_request_side(from) && may_be_http09(m)) {
        on_response_head(m);
        responses_.take_as_body(where);
        env_.report.notes(*id_, answering_->number, from, m);
        return;
    }
    add_note(m, is_request_side(from) ? anomaly::request_line_invalid : anomaly::unexpected_data, m.start,
             where);
    env_.report.notes(*id_, 0, from, m);
    env_.messages.give(r.release());
}

bool conversation::may_be_http09(const message& response) noexcept {
    const bool begins_like_head =
        starts_ignoring_case(response.text, "http/") || probe_response(response.text) == guess::unsure;
    if (begins_like_head) return false;
    const exchange* const e = pairs_.for_response(response);
    if (e == nullptr || e->request == nullptr) return false;
    return e->request->version.size == 0 || !saw_response_;
}

} // namespace weir::session::http
