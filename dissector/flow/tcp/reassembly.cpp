#include "flow/tcp/reassembly.hpp"

#include <algorithm>

namespace weir::flow::tcp {

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

std::vector<reassembly::held>::iterator reassembly::ending_after(std::uint64_t offset) noexcept {
    return std::partition_point(held_.begin(), held_.end(), [&](const held& h) { return h.end() <= offset; });
}

/// Whether both copies of the bytes in [from, to) were captured and are not the same.
bool reassembly::differs(const held& h, const placed& again, std::uint64_t from, std::uint64_t to) noexcept {
    const common::bytes_view first = common::slice(h.data, from - h.offset, to - from);
    const common::bytes_view second = common::slice(again.data, from - again.offset, to - from);
    const std::size_t both = std::min(first.size(), second.size());
    return !std::equal(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(both), second.begin());
}

void reassembly::release(const held& h, held_budget& budget) noexcept {
    held_bytes_ -= h.data.size();
    budget.bytes -= h.data.size();
}

void reassembly::drain(held_budget& budget, reader& to) {
    std::size_t done = 0;
    while (done < held_.size() && held_[done].offset <= next_) {
        held& h = held_[done++];
        release(h, budget);
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
        const auto at = ending_after(from);
        const std::uint64_t stop = at == held_.end() ? end : std::min(end, std::max(from, at->offset));
        if (stop > from) {
            a.fresh += stop - from;
            pass(part(segment, from, stop), to);
        }
        if (stop == end) break;
        a.differs = a.differs || differs(*at, segment, stop, std::min(end, at->end()));
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
    while (from < end) {
        const auto at = ending_after(from);
        const std::uint64_t stop = at == held_.end() ? end : std::min(end, std::max(from, at->offset));
        if (stop > from) {
            const placed piece = part(segment, from, stop);
            if (held_.size() >= l.held_segments_side || held_bytes_ + piece.data.size() > l.held_bytes_side ||
                budget.bytes + piece.data.size() > l.held_bytes) {
                a.limit_reached = true;
                return a;
            }
            a.fresh += piece.length;
            held_bytes_ += piece.data.size();
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
        a.differs = a.differs || differs(*at, segment, from, shared);
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
    for (const held& h : held_) release(h, budget);
    held_.clear();
}

} // namespace weir::flow::tcp
