#include "session/held_stream.hpp"

#include <algorithm>

namespace weir::session {

using event::index;

bool held_stream::hold(const flow::chunk& c) {
    const std::size_t i = index(c.from);
    if (pieces_.size() >= most_pieces_ || c.data.size() > most_bytes_ - std::min(most_bytes_, size_[i]))
        return false;
    bytes_[i].resize(size_[i]);
    bytes_[i].insert(bytes_[i].end(), c.data.begin(), c.data.end());
    size_[i] += c.data.size();
    flow::chunk meta = c;
    meta.data = {};
    pieces_.emplace_back(data{meta, c.data.size()});
    return true;
}

bool held_stream::hold(const flow::gap& g) {
    if (pieces_.size() >= most_pieces_) return false;
    pieces_.emplace_back(g);
    return true;
}

bool held_stream::hold_end(flow::side from, common::timestamp ts) {
    if (pieces_.size() >= most_pieces_) return false;
    pieces_.emplace_back(end{from, ts});
    return true;
}

std::string_view held_stream::said(flow::side s) const noexcept {
    return common::as_text(common::slice(bytes_[index(s)], 0, size_[index(s)]));
}

std::string_view held_stream::said_with(flow::side s, common::bytes_view more) {
    const std::size_t i = index(s);
    const std::size_t room = std::min(more.size(), most_bytes_ - std::min(most_bytes_, size_[i]));
    bytes_[i].resize(size_[i]);
    bytes_[i].insert(bytes_[i].end(), more.begin(), more.begin() + static_cast<std::ptrdiff_t>(room));
    return common::as_text(common::slice(bytes_[i], 0, size_[i] + room));
}

flow::side held_stream::side_of(const piece& p) noexcept {
    if (const auto* d = std::get_if<data>(&p)) return d->meta.from;
    if (const auto* g = std::get_if<flow::gap>(&p)) return g->from;
    return std::get_if<end>(&p)->from;
}

void held_stream::forget(flow::side s) noexcept {
    size_[index(s)] = 0;
    std::erase_if(pieces_, [s](const piece& p) { return side_of(p) == s; });
}

void held_stream::clear() noexcept {
    size_ = {};
    pieces_.clear();
}

void held_stream::replay(flow::stream_consumer& to) {
    std::array<std::size_t, 2> at{};
    for (const piece& p : pieces_) {
        if (const auto* d = std::get_if<data>(&p)) {
            const std::size_t i = index(d->meta.from);
            flow::chunk c = d->meta;
            c.data = common::slice(bytes_[i], at[i], d->size);
            at[i] += d->size;
            to.on_data(c);
        } else if (const auto* g = std::get_if<flow::gap>(&p)) {
            to.on_gap(*g);
        } else {
            const end& e = *std::get_if<end>(&p);
            to.on_end(e.from, e.ts);
        }
    }
    clear();
}

} // namespace weir::session
