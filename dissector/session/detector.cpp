#include "session/detector.hpp"

#include <algorithm>

namespace weir::session {

const application* expected_on(const application_vector& known, const flow::identity& connection) noexcept {
    const std::uint16_t server = connection.end(side::server).port,
                        client = connection.end(side::client).port;
    for (const auto& a : known)
        for (const std::uint16_t port : a->ports())
            if (port == server || port == client) return a.get();
    return nullptr;
}

recognised ask(const application_vector& known, const application* first, opening o) noexcept {
    recognised best;
    const auto answers = [&](application& a) {
        o.expected = &a == first;
        const finding f = a.probe(o);
        if (f.what == verdict::yes) best = {&a, f};
        if (f.what == verdict::unsure) best.found.what = f.what;
        return f.what == verdict::yes;
    };
    for (const auto& a : known)
        if (a.get() == first && answers(*a)) return best;
    for (const auto& a : known)
        if (a.get() != first && answers(*a)) return best;
    return best;
}

void detector::open(const flow::identity& connection) {
    place_.stand_on(connection);
    first_ = expected_on(shared_.known, connection);
    open_sides();
}

void detector::open(const place& outer, const inner_stream& what, application* announced,
                    const position& where) {
    place_.stand_in(outer, what.secure);
    first_ = announced;
    open_sides();
    if (announced == nullptr || what.by == nullptr) return;
    spoken_ = announced;
    session_ = announced->open_upgraded(place_, *what.by, where);
}

void detector::open_sides() noexcept {
    spoken_ = nullptr;
    session_ = nullptr;
    side_state s;
    s.lost = place_.midstream();
    s.aligned = !s.lost;
    s.probes_left = s.lost ? shared_.most.probes_midstream : shared_.most.probes;
    sides_ = {s, s};
}

void detector::close() noexcept {
    if (session_ != nullptr) spoken_->release(session_);
    session_ = nullptr;
    drop_beginning();
}

void detector::drop_beginning() noexcept {
    if (beginning_ == nullptr) return;
    beginning_->clear();
    shared_.beginnings.give(beginning_);
    beginning_ = nullptr;
}

void detector::on_data(const flow::chunk& c) {
    if (session_ != nullptr)
        session_->on_data(c);
    else if (sides_[index(c.from)].probes_left > 0)
        look_at(c);
}

opening detector::seen() const noexcept {
    opening o;
    for (const side s : {side::client, side::server}) {
        if (beginning_ != nullptr) o.said[index(s)] = beginning_->said(s);
        o.aligned[index(s)] = sides_[index(s)].aligned;
    }
    return o;
}

void detector::look_at(const flow::chunk& c) {
    opening o = seen();
    std::string_view& said = o.said[index(c.from)];
    const bool is_held = !said.empty();
    said = is_held ? beginning_->said_with(c.from, c.data) : common::as_text(c.data);
    recognised r = ask(shared_.known, first_, o);
    if (is_held && r.by == nullptr) {
        // What came before may be something else, and the protocol begin here.
        said = common::as_text(c.data);
        o.aligned[index(c.from)] = false;
        const recognised alone = ask(shared_.known, first_, o);
        if (alone.by != nullptr || r.found.what == verdict::no) {
            deny(c.from);
            r = alone;
        }
    }
    if (r.by != nullptr) {
        begin(r);
        session_->on_data(c);
        return;
    }
    if (r.found.what == verdict::unsure && hold(c)) return;
    deny(c.from);
    side_state& s = sides_[index(c.from)];
    --s.probes_left;
}

/// What this side has said begins nothing.
void detector::deny(side s) noexcept {
    sides_[index(s)].aligned = false;
    if (beginning_ == nullptr) return;
    beginning_->forget(s);
    if (beginning_->empty()) drop_beginning();
}

bool detector::may_hold() {
    if (beginning_ != nullptr) return true;
    if (shared_.beginnings.in_use() >= shared_.most.holding) return false;
    beginning_ = shared_.beginnings.take();
    beginning_->open(shared_.most.held_bytes, shared_.most.held_pieces);
    return true;
}

bool detector::hold(const flow::chunk& c) { return may_hold() && beginning_->hold(c); }

void detector::begin(const recognised& r) {
    std::array<bool, 2> searching{};
    for (const side s : {side::client, side::server}) {
        searching[index(s)] = !sides_[index(s)].aligned && !r.found.begins[index(s)];
    }
    spoken_ = r.by;
    session_ = spoken_->open(place_, r.found.asks, searching);
    if (beginning_ != nullptr) beginning_->replay(*session_);
    drop_beginning();
    for (const side s : {side::client, side::server})
        if (const auto ts = sides_[index(s)].ended) session_->on_end(s, *ts);
}

void detector::on_gap(const flow::gap& g) {
    if (session_ != nullptr) {
        session_->on_gap(g);
        return;
    }
    side_state& s = sides_[index(g.from)];
    if (is_left_alone()) return;
    opening o = seen();
    if (!o.said[index(g.from)].empty()) {
        o.cut[index(g.from)] = true;
        if (const recognised r = ask(shared_.known, first_, o); r.by != nullptr) {
            begin(r);
            session_->on_gap(g);
            return;
        }
        deny(g.from);
    }
    if (!s.lost && s.probes_left > 0) s.probes_left = shared_.most.probes_midstream;
    s.lost = true;
    s.aligned = false;
    // The session that comes counts it, unless it was before the capture.
    if (may_hold() && !beginning_->hold(g)) deny(g.from);
}

void detector::on_end(side from, common::timestamp ts) {
    if (session_ != nullptr) {
        session_->on_end(from, ts);
        return;
    }
    sides_[index(from)].ended = ts;
}

void detector::on_close(event::close_reason why, common::timestamp ts) {
    if (session_ != nullptr) session_->on_close(why, ts);
}

} // namespace weir::session
