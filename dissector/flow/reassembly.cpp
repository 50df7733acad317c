#include "flow/reassembly.hpp"

#include <algorithm>

namespace weir::flow {

namespace {

/// The part of a segment in [from, to).
placed part(const placed& s, std::uint64_t from, std::uint64_t to) noexcept {
    placed p = s;
    p.offset = from;
    p.length = to - from;
    p.data = common::slice(s.data, from - s.offset, to - from);
    return p;
}

} // namespace

void reassembly::pass(const placed& piece, reader& to) {
    next_ = piece.offset + piece.length;
    if (!piece.data.empty()) to.deliver(piece);
    if (piece.data.size() < piece.length)
        to.missing(piece.offset + piece.data.size(), piece.length - piece.data.size(),
                   event::missing_cause::snaplen, piece.ts);
}

void reassembly::drain(held_budget& budget, reader& to) {
    std::size_t done = 0;
    while (done < held_.size() && held_[done].offset <= next_) {
        held& h = held_[done++];
        budget.bytes -= h.data.size();
        if (h.end() <= next_) continue;
        const placed whole{h.offset, h.length, h.data, h.ts, h.packet, h.acked};
        pass(part(whole, next_, h.end()), to);
    }
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(done));
}

arrival reassembly::take(const placed& segment, const limits& l, held_budget& budget, reader& to) {
    const std::uint64_t end = segment.offset + segment.length;
    if (end <= next_) return {.repeated = segment.length > 0};
    if (segment.offset > next_) return hold(segment, l, budget);
    arrival a;
    // bytes held already were seen before: the first copy wins, so only the parts between them are fresh
    std::uint64_t from = next_;
    const std::uint64_t start = next_;
    while (from < end) {
        const auto at =
            std::find_if(held_.begin(), held_.end(), [&](const held& h) { return h.end() > from; });
        const std::uint64_t stop = at == held_.end() ? end : std::min(end, std::max(from, at->offset));
        if (stop > from) {
            a.fresh += stop - from;
            pass(part(segment, from, stop), to);
        }
        if (stop == end) break;
        const std::uint64_t shared = std::min(end, at->end());
        const common::bytes_view first = common::slice(at->data, stop - at->offset, shared - stop);
        const common::bytes_view again = common::slice(segment.data, stop - segment.offset, shared - stop);
        const std::size_t both = std::min(first.size(), again.size());
        a.differs = a.differs || !std::equal(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(both),
                                             again.begin());
        drain(budget, to);
        from = next_;
    }
    drain(budget, to);
    a.repeated = a.fresh == 0 && end > start;
    return a;
}

arrival reassembly::hold(const placed& segment, const limits& l, held_budget& budget) {
    arrival a{.early = true};
    std::uint64_t from = segment.offset;
    const std::uint64_t end = segment.offset + segment.length;
    std::size_t held_here = 0;
    for (const held& h : held_) held_here += h.data.size();
    while (from < end) {
        const auto at =
            std::find_if(held_.begin(), held_.end(), [&](const held& h) { return h.end() > from; });
        const std::uint64_t stop = at == held_.end() ? end : std::min(end, std::max(from, at->offset));
        if (stop > from) {
            const placed piece = part(segment, from, stop);
            if (held_.size() >= l.held_segments_side || held_here + piece.data.size() > l.held_bytes_side ||
                budget.bytes + piece.data.size() > l.held_bytes) {
                a.limit_reached = true;
                return a;
            }
            a.fresh += piece.length;
            held_here += piece.data.size();
            budget.bytes += piece.data.size();
            const auto inserted = held_.insert(at, held{piece.offset,
                                                        piece.length,
                                                        {piece.data.begin(), piece.data.end()},
                                                        piece.ts,
                                                        piece.packet,
                                                        piece.acked});
            from = inserted->end();
            continue;
        }
        const std::uint64_t shared = std::min(end, at->end());
        const common::bytes_view first = common::slice(at->data, from - at->offset, shared - from);
        const common::bytes_view again = common::slice(segment.data, from - segment.offset, shared - from);
        const std::size_t both = std::min(first.size(), again.size());
        a.differs = a.differs || !std::equal(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(both),
                                             again.begin());
        from = shared;
    }
    a.repeated = a.fresh == 0;
    return a;
}

void reassembly::give_up(std::uint64_t offset, event::missing_cause cause, common::timestamp ts,
                         held_budget& budget, reader& to) {
    while (next_ < offset) {
        const std::uint64_t stop = held_.empty() ? offset : std::min(offset, held_.front().offset);
        const std::uint64_t from = next_;
        next_ = stop;
        if (stop > from) to.missing(from, stop - from, cause, ts);
        drain(budget, to);
    }
    drain(budget, to);
}

void reassembly::clear(held_budget& budget) noexcept {
    for (const held& h : held_) budget.bytes -= h.data.size();
    held_.clear();
}

} // namespace weir::flow
