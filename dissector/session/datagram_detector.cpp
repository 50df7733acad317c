#include "session/datagram_detector.hpp"

namespace weir::session {

namespace {

/// Makes datagrams of held pieces again.
class as_datagrams final : public flow::stream_consumer {
public:
    explicit as_datagrams(flow::datagram_consumer& to) noexcept
        : to_(to) {}
    void on_data(const flow::chunk& c) override {
        to_.on_datagram({c.from, c.data, c.offset, c.ts, c.packet});
    }
    void on_gap(const flow::gap&) override {}
    void on_end(flow::side, common::timestamp) override {}
    void on_close(event::close_reason, common::timestamp) override {}

private:
    flow::datagram_consumer& to_;
};

} // namespace

void datagram_detector::open(const flow::identity& conversation) noexcept {
    place_.stand_on(conversation);
    first_ = expected_on(shared_.known, conversation);
    spoken_ = nullptr;
    session_ = nullptr;
    probes_left_ = shared_.most.probes;
}

void datagram_detector::close() noexcept {
    if (session_ != nullptr) spoken_->release(session_);
    session_ = nullptr;
    drop_beginning();
}

void datagram_detector::drop_beginning() noexcept {
    if (beginning_ == nullptr) return;
    beginning_->clear();
    shared_.beginnings.give(beginning_);
    beginning_ = nullptr;
}

bool datagram_detector::begin(const recognised& r) {
    session_ = r.by->open_datagrams(place_, r.found.asks);
    if (session_ == nullptr) return false;
    spoken_ = r.by;
    if (beginning_ != nullptr) {
        as_datagrams to(*session_);
        beginning_->replay(to);
    }
    drop_beginning();
    return true;
}

void datagram_detector::on_datagram(const flow::datagram& d) {
    if (session_ != nullptr) {
        session_->on_datagram(d);
        return;
    }
    if (probes_left_ == 0) return;
    opening o;
    o.datagrams = true;
    if (beginning_ != nullptr) o.said[index(other(d.from))] = beginning_->said(other(d.from));
    o.said[index(d.from)] = common::as_text(d.data);
    const recognised r = ask(shared_.known, first_, o);
    if (r.by != nullptr && begin(r)) {
        session_->on_datagram(d);
        return;
    }
    --probes_left_;
    if (r.found.what == verdict::unsure &&
        (beginning_ != nullptr || shared_.beginnings.in_use() < shared_.most.holding)) {
        if (beginning_ == nullptr) {
            beginning_ = shared_.beginnings.take();
            beginning_->open(shared_.most.held_bytes, shared_.most.held_pieces);
        }
        // One of each side: it is what the next one of the other side is asked about together with.
        beginning_->forget(d.from);
        if (beginning_->hold(flow::chunk{d.from, d.length, d.data, d.ts, d.packet, {}})) return;
    }
    drop_beginning();
}

void datagram_detector::on_close(event::close_reason why, common::timestamp ts) {
    if (session_ != nullptr) session_->on_close(why, ts);
}

} // namespace weir::session
