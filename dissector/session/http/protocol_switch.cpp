#include "session/http/protocol_switch.hpp"

#include <utility>

namespace weir::session::http {

void protocol_switch::open(const limits& most) noexcept {
    phase_ = phase::speaking;
    held_.open(most.held_before_switch, most.held_pieces);
    replayed_.open(most.held_before_switch, most.held_pieces);
}

void protocol_switch::close(inner_source* source) noexcept {
    if (inner_ != nullptr && source != nullptr) source->release(inner_);
    inner_ = nullptr;
    held_.clear();
    above_.reset();
}

void protocol_switch::on_data(const flow::chunk& c) {
    if (phase_ == phase::switched) {
        if (inner_ != nullptr) inner_->on_data(c);
        return;
    }
    if (!above_ && held_.hold(c)) return;
    if (!above_) {
        above_.emplace();
        above_->from = c.from;
        above_->offset = c.offset;
        above_->length = 0;
        above_->cause = event::missing_cause::limit;
        above_->ts = above_->lost_after = above_->lost_before = c.ts;
    }
    if (above_->length) *above_->length += c.data.size();
}

void protocol_switch::on_gap(const flow::gap& g) {
    if (phase_ == phase::switched) {
        if (inner_ != nullptr) inner_->on_gap(g);
        return;
    }
    if (!above_ && held_.hold(g)) return;
    if (!above_) {
        above_ = g;
        return;
    }
    if (above_->length && g.length)
        *above_->length += *g.length;
    else
        above_->length.reset();
}

void protocol_switch::on_end(flow::side from, common::timestamp ts) {
    if (phase_ == phase::switched) {
        if (inner_ != nullptr) inner_->on_end(from, ts);
        return;
    }
    (void)held_.hold_end(from, ts); // where it does not fit, on_close() says it
}

void protocol_switch::on_close(event::close_reason why, common::timestamp ts) {
    if (inner_ != nullptr) inner_->on_close(why, ts);
}

void protocol_switch::replay(flow::stream_consumer& to) {
    std::swap(held_, replayed_);
    const std::optional<flow::gap> above = std::exchange(above_, std::nullopt);
    replayed_.replay(to);
    if (above) to.on_gap(*above);
}

void protocol_switch::grant(inner_source& source, const place& outer, const inner_stream& what,
                            const position& where) {
    phase_ = phase::switched;
    inner_ = source.open(outer, what, where);
    if (inner_ != nullptr) {
        replay(*inner_);
    } else {
        held_.clear();
        above_.reset();
    }
}

void protocol_switch::refuse(flow::stream_consumer& back) {
    phase_ = phase::speaking;
    replay(back);
}

} // namespace weir::session::http
