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
    auto& pieces = held_->pieces;
    return std::partition_point(pieces.begin(), pieces.end(),
                                [&](const held& h) { return h.end() <= offset; });
}

/// Whether both copies of the bytes in [from, to) were captured and are not the same.
bool reassembly::differs(const held& h, const placed& again, std::uint64_t from, std::uint64_t to,
                         reader& told) {
    common::bytes_view first = common::slice(h.data, from - h.offset, to - from);
    common::bytes_view second = common::slice(again.data, from - again.offset, to - from);
    const std::size_t both = std::min(first.size(), second.size());
    first = first.first(both), second = second.first(both);
    const auto same = static_cast<std::size_t>(
        std::mismatch(first.begin(), first.end(), second.begin()).first - first.begin());
    if (same == both) return false;
    told.differing(from + same, common::slice(first, same), common::slice(second, same));
    return true;
}

void reassembly::release(const held& h, held_budget& budget) noexcept {
    held_->bytes -= h.data.size();
    budget.bytes -= h.data.size();
    --budget.segments;
}

void reassembly::drain(held_budget& budget, reader& to) {
    if (!held_) return;
    auto& pieces = held_->pieces;
    std::size_t done = 0;
    while (done < pieces.size() && pieces[done].offset <= next_) {
        held& h = pieces[done++];
        release(h, budget);
        if (h.end() <= next_) continue;
        const placed whole{h.offset, h.length, h.data, h.ts, h.packet, h.acked};
        pass(part(whole, next_, h.end()), to);
    }
    if (done == pieces.size())
        held_.reset();
    else
        pieces.erase(pieces.begin(), pieces.begin() + static_cast<std::ptrdiff_t>(done));
}

arrival reassembly::take(const placed& segment, const limits& l, held_budget& budget, reader& to,
                         std::size_t beside) {
    const std::uint64_t end = segment.offset + segment.length;
    if (end <= next_) return {.repeated = segment.length > 0};
    if (segment.offset > next_) return hold(segment, l, budget, to, beside);
    arrival a;
    // bytes held already were seen before: the first copy wins, so only the parts between them are fresh
    std::uint64_t from = next_;
    while (held_ && from < end) {
        const auto at = ending_after(from);
        if (at == held_->pieces.end()) break;
        const std::uint64_t stop = std::min(end, std::max(from, at->offset));
        if (stop > from) {
            a.fresh += stop - from;
            pass(part(segment, from, stop), to);
        }
        if (stop == end) {
            drain(budget, to);
            return a;
        }
        a.differs = differs(*at, segment, stop, std::min(end, at->end()), to) || a.differs;
        drain(budget, to);
        from = next_;
    }
    if (from < end) {
        a.fresh += end - from;
        pass(part(segment, from, end), to);
    }
    drain(budget, to);
    a.repeated = a.fresh == 0;
    return a;
}

arrival reassembly::hold(const placed& segment, const limits& l, held_budget& budget, reader& to,
                         std::size_t beside) {
    arrival a{.early = true};
    std::uint64_t from = segment.offset;
    const std::uint64_t end = segment.offset + segment.length;
    if (!held_) held_ = std::make_unique<store>();
    while (from < end) {
        const auto at = ending_after(from);
        const std::uint64_t stop =
            at == held_->pieces.end() ? end : std::min(end, std::max(from, at->offset));
        if (stop > from) {
            const placed piece = part(segment, from, stop);
            const std::size_t bytes = held_->bytes + piece.data.size();
            if (held_->pieces.size() >= l.held_segments_side || bytes > l.held_bytes_side ||
                bytes + beside > l.held_bytes_connection || budget.bytes + piece.data.size() > l.held_bytes ||
                budget.segments >= l.held_segments) {
                a.limit_reached = true;
                break;
            }
            a.fresh += piece.length;
            held_->bytes = bytes;
            budget.bytes += piece.data.size();
            ++budget.segments;
            const auto inserted = held_->pieces.insert(at, held{piece.offset,
                                                                piece.length,
                                                                {piece.data.begin(), piece.data.end()},
                                                                piece.ts,
                                                                piece.packet,
                                                                piece.acked});
            from = inserted->end();
            continue;
        }
        const std::uint64_t shared = std::min(end, at->end());
        a.differs = differs(*at, segment, from, shared, to) || a.differs;
        from = shared;
    }
    if (held_->pieces.empty()) held_.reset();
    a.repeated = a.fresh == 0 && !a.limit_reached;
    return a;
}

void reassembly::give_up(std::uint64_t offset, event::missing_cause cause, common::timestamp ts,
                         held_budget& budget, reader& to) {
    while (next_ < offset) {
        const std::uint64_t stop = held_ ? std::min(offset, held_->pieces.front().offset) : offset;
        const std::uint64_t from = next_;
        next_ = stop;
        if (stop > from) to.missing(from, stop - from, cause, ts);
        drain(budget, to);
    }
    drain(budget, to);
}

std::uint64_t reassembly::cut(std::uint64_t offset, held_budget& budget) noexcept {
    if (!held_) return 0;
    std::uint64_t gone = 0;
    auto& pieces = held_->pieces;
    while (!pieces.empty() && pieces.back().offset >= offset) {
        gone += pieces.back().length;
        release(pieces.back(), budget);
        pieces.pop_back();
    }
    if (pieces.empty()) {
        held_.reset();
        return gone;
    }
    held& last = pieces.back();
    if (last.end() <= offset) return gone;
    gone += last.end() - offset;
    last.length = offset - last.offset;
    if (last.data.size() <= last.length) return gone;
    const std::size_t behind = last.data.size() - static_cast<std::size_t>(last.length);
    held_->bytes -= behind;
    budget.bytes -= behind;
    last.data.resize(static_cast<std::size_t>(last.length));
    return gone;
}

} // namespace weir::flow::tcp
