#include "session/dns/conversation.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace weir::session::dns {

namespace {

constexpr std::uint16_t multicast_dns_port = 5353;
constexpr std::uint16_t ixfr = 251, axfr = 252;

/// Whether it asks for a zone, which may take many responses (RFC 5936 section 2.2, RFC 1995).
bool asks_for_zone(common::bytes_view message, const header& h) noexcept {
    const auto end = h.questions == 1 ? end_of_questions(message, h) : std::nullopt;
    if (!end) return false;
    question_fixed q;
    if (!question_fixed::wire::parse(message.subspan(*end - question_fixed::wire::size), q)) return false;
    return q.type == ixfr || q.type == axfr;
}

/// Of a response: servers that do not understand a query may leave its question out, or it is cut.
bool lacks_question(const header& h, const sighting& m) noexcept {
    return h.response != 0 && (h.questions == 0 || !end_of_questions(m.data, h));
}

std::uint64_t digest(common::bytes_view message) noexcept {
    return std::hash<std::string_view>{}(common::as_text(message));
}

} // namespace

void conversation::open(const place& where, event::dns_transport transport) {
    where_ = &where;
    transport_ = transport;
    is_multicast_dns_ =
        transport == event::dns_transport::udp && (where.end(side::client).port == multicast_dns_port ||
                                                   where.end(side::server).port == multicast_dns_port);
}

void conversation::close() noexcept {
    for (exchange* e : waiting_) give_back(*e);
    for (exchange* e : remembered_) give_back(*e);
    waiting_.clear();
    ids_.clear();
    remembered_.clear();
    lost_ = {};
}

void conversation::give_back(exchange& e) noexcept {
    if (e.query.capacity() > env_.most.buffer_kept) std::vector<std::uint8_t>().swap(e.query);
    env_.exchanges.give(&e);
}

void conversation::on_message(side from, const sighting& m) {
    header h;
    if (!header::wire::parse(m.data, h)) {
        if (!m.is_cut()) note(from, anomaly::header_cut, m);
        return;
    }
    if (h.response != 0)
        on_response(from, h, m);
    else
        on_query(from, h, m);
}

void conversation::on_query(side from, const header& h, const sighting& m) {
    bool id_waits = false;
    if (exchange* const asked = waiting_for(from, h, m, id_waits)) {
        ++asked->queries;
        return;
    }
    exchange& e = *env_.exchanges.take();
    e.at = stage::waiting;
    e.asker = from;
    e.id = h.id;
    e.query.assign(m.data.begin(), m.data.end());
    e.length = m.length;
    e.offset = m.offset;
    e.packet = m.packet;
    e.first = m.first;
    e.last = m.last;
    e.missing = m.missing;
    e.ended = m.ended;
    e.hole.clear();
    e.queries = 1;
    e.responses = 0;
    e.is_transfer = asks_for_zone(m.data, h);
    forget(e);
    if (waiting_.size() >= env_.most.waiting) {
        give_up(0, event::ending::evicted, m.last, anomaly::waiting_limit);
        if (waiting_.size() >= env_.most.waiting) return give_back(e); // a limit of none
    }
    e.number = where_->next_exchange();
    waiting_.push_back(&e);
    ids_.push_back(e.id);
}

/// The query from `from` that waits and asks the same as this message; `id_waits`: one with its id does.
exchange* conversation::waiting_for(side from, const header& h, const sighting& m,
                                    bool& id_waits) const noexcept {
    const bool is_bare = lacks_question(h, m);
    for (auto at = std::find(ids_.begin(), ids_.end(), h.id); at != ids_.end();
         at = std::find(at + 1, ids_.end(), h.id)) {
        exchange* const e = waiting_[static_cast<std::size_t>(at - ids_.begin())];
        if (e->asker != from) continue;
        id_waits = true;
        if (is_bare || ask_the_same(e->query, m.data)) return e;
    }
    return nullptr;
}

/// The newest query from `from` that is over and asked the same.
exchange* conversation::remembered_for(side from, const header& h, const sighting& m) const noexcept {
    const bool is_bare = lacks_question(h, m);
    for (auto at = remembered_.rbegin(); at != remembered_.rend(); ++at) {
        exchange* const e = *at;
        if (e->id != h.id || e->asker != from) continue;
        if (is_bare || ask_the_same(e->query, m.data)) return e;
    }
    return nullptr;
}

void conversation::on_response(side from, const header& h, const sighting& m) {
    bool id_waits = false;
    account a;
    a.response = &m;
    a.asker = other(from);
    a.now = m.last;
    exchange* const waits = waiting_for(a.asker, h, m, id_waits);
    exchange* const e = waits != nullptr ? waits : remembered_for(a.asker, h, m);
    if (e == nullptr) {
        if (id_waits) a.also = anomaly::question_differs;
        if (loss& queries = lost_[index(a.asker)]; queries.any) {
            a.lost_query = queries;
            queries.bytes = 0;
        }
        env_.report.report(around(), a);
        return;
    }
    a.of = e;
    a.with_query = waits != nullptr;
    e->at = next_stage(e->at, occasion::response);
    ++e->responses;
    const std::uint64_t said = digest(m.data);
    if (e->responses == 1)
        e->answer = said;
    else if (!e->is_transfer && e->responses > e->queries && said != e->answer)
        a.also = anomaly::responses_differ;
    env_.report.report(around(), a);
    if (waits == nullptr) return;
    stop_waiting(
        static_cast<std::size_t>(std::find(waiting_.begin(), waiting_.end(), waits) - waiting_.begin()));
    remember(*e);
}

void conversation::stop_waiting(std::size_t index) noexcept {
    const auto at = static_cast<std::ptrdiff_t>(index);
    waiting_.erase(waiting_.begin() + at);
    ids_.erase(ids_.begin() + at);
}

void conversation::give_up(std::size_t place, event::ending why, common::timestamp ts,
                           std::optional<anomaly> also) {
    exchange& e = *waiting_[place];
    // how many bytes belonged to which message cannot be known: the first that was lost has them all
    if (e.hole.any) e.hole.bytes = std::exchange(lost_[index(other(e.asker))].bytes, 0);
    e.at = next_stage(e.at, occasion::impatience);
    account a;
    a.of = &e;
    a.asker = e.asker;
    a.with_query = true;
    a.also = also;
    a.ended = why;
    a.now = ts;
    env_.report.report(around(), a);
    stop_waiting(place);
    remember(e);
}

void conversation::remember(exchange& e) {
    if (remembered_.size() >= env_.most.remembered && !remembered_.empty()) {
        give_back(*remembered_.front());
        remembered_.erase(remembered_.begin());
    }
    if (env_.most.remembered == 0) return give_back(e);
    remembered_.push_back(&e);
}

/// It is asked anew: what was remembered of it is over for good.
void conversation::forget(const exchange& like) noexcept {
    const auto known = std::find_if(remembered_.begin(), remembered_.end(), [&](const exchange* e) {
        return e->id == like.id && e->asker == like.asker && ask_the_same(e->query, like.query);
    });
    if (known == remembered_.end()) return;
    give_back(**known);
    remembered_.erase(known);
}

void conversation::on_lost(side from, const flow::gap& g) {
    lost_[index(from)].add(g);
    for (exchange* e : waiting_)
        if (e->asker != from && !e->hole.any) e->hole.add(0, g);
}

void conversation::on_end(side from, event::ending why, common::timestamp ts) {
    for (std::size_t i = 0; i < waiting_.size();) {
        if (waiting_[i]->asker == from)
            ++i;
        else
            give_up(i, why, ts);
    }
}

std::optional<common::timestamp> conversation::due() const noexcept {
    if (waiting_.empty()) return std::nullopt;
    return waiting_.front()->first + env_.most.patience;
}

void conversation::on_due(common::timestamp ts) {
    while (!waiting_.empty() && waiting_.front()->first + env_.most.patience <= ts)
        give_up(0, event::ending::timeout, ts);
}

} // namespace weir::session::dns
