#include "session/dns/framing.hpp"

#include <algorithm>

namespace weir::session::dns {

namespace {

constexpr std::size_t prefix = 2;

} // namespace

void frame_reader::open(side from, side asks, bool searching) noexcept {
    from_ = from;
    is_asker_ = from == asks;
    state_ = searching ? state::searching : state::reading;
    skip_ = 0;
    drop();
}

void frame_reader::close(std::size_t most) noexcept {
    drop();
    for (auto* buffer : {&held_, &found_})
        if (buffer->capacity() > most) std::vector<std::uint8_t>().swap(*buffer);
}

void frame_reader::begin_at(const flow::chunk& c, std::size_t skipped) noexcept {
    begin_offset_ = c.offset + skipped;
    begin_ts_ = c.ts;
    begin_packet_ = c.packet;
}

sighting frame_reader::message(common::bytes_view data, std::size_t length,
                               common::timestamp last) const noexcept {
    sighting m;
    m.data = data;
    m.length = length;
    m.offset = begin_offset_ + prefix;
    m.first = begin_ts_;
    m.last = last;
    m.packet = begin_packet_;
    return m;
}

void frame_reader::skip(std::size_t bytes) noexcept {
    drop();
    skip_ = bytes;
    state_ = bytes > 0 ? state::skipping : state::reading;
}

void frame_reader::on_data(const flow::chunk& c, receiver& to) {
    last_ = c.ts;
    if (state_ == state::searching)
        search(c, to);
    else
        read(c, to);
}

void frame_reader::read(const flow::chunk& c, receiver& to) {
    common::bytes_view rest = c.data;
    while (!rest.empty()) {
        if (state_ == state::skipping) {
            const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, rest.size()));
            rest = rest.subspan(n);
            skip_ -= n;
            if (skip_ == 0) state_ = state::reading;
            continue;
        }
        if (held_.empty()) begin_at(c, c.data.size() - rest.size());
        if (held_.empty() && rest.size() >= prefix) {
            // a whole message is read where it is
            const std::size_t size = prefix + common::load<std::uint16_t>(rest, 0);
            if (size >= prefix + header::wire::size && rest.size() >= size) {
                to.on_message(from_, message(rest.subspan(prefix, size - prefix), size - prefix, c.ts));
                rest = rest.subspan(size);
                continue;
            }
        }
        if (held_.size() < prefix) {
            held_.push_back(rest.front());
            rest = rest.subspan(1);
            if (held_.size() < prefix || length() >= header::wire::size) continue;
            to.on_wrong(from_, anomaly::length_too_small, message({}, 0, c.ts));
            skip(length());
            continue;
        }
        const std::size_t size = prefix + length();
        const common::bytes_view more = common::slice(rest, 0, size - held_.size());
        held_.insert(held_.end(), more.begin(), more.end());
        rest = rest.subspan(more.size());
        if (held_.size() < size) return;
        to.on_message(from_, message(common::bytes_view(held_).subspan(prefix), size - prefix, c.ts));
        drop();
    }
}

/// Whether a length and a message of this side begin here.
likeness frame_reader::begins(common::bytes_view bytes) const noexcept {
    if (bytes.size() < prefix) return likeness::unsure;
    const std::size_t size = common::load<std::uint16_t>(bytes, 0);
    if (size < header::wire::size) return likeness::no;
    const common::bytes_view message = common::slice(bytes, prefix, size);
    if (header h; header::wire::parse(message, h) && (h.response == 0) != is_asker_) return likeness::no;
    return looks_like_message(message, message.size() == size);
}

void frame_reader::search(const flow::chunk& c, receiver& to) {
    const std::size_t before = held_.size();
    if (before == 0) begin_at(c, 0);
    held_.insert(held_.end(), c.data.begin(), c.data.end());
    const common::bytes_view all(held_);
    std::size_t at = 0;
    likeness found = likeness::no;
    while (at < all.size() && (found = begins(all.subspan(at))) == likeness::no) ++at;
    if (at >= before)
        begin_at(c, at - before);
    else
        begin_offset_ += at;
    if (found != likeness::yes) {
        held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(at));
        return;
    }
    found_.assign(held_.begin() + static_cast<std::ptrdiff_t>(at), held_.end());
    drop();
    state_ = state::reading;
    flow::chunk begun = c;
    begun.offset = begin_offset_;
    begun.data = found_;
    begun.packet = begin_packet_;
    begun.ts = begin_ts_;
    read(begun, to);
}

void frame_reader::on_gap(const flow::gap& g, receiver& to) {
    const bool is_bounded = g.length.has_value();
    if (state_ == state::skipping && is_bounded && *g.length <= skip_) {
        skip_ -= *g.length;
        if (skip_ == 0) state_ = state::reading;
        return;
    }
    if (state_ != state::reading || held_.size() < prefix) {
        state_ = state::searching;
        skip_ = 0;
        drop();
        to.on_lost(from_, g);
        return;
    }
    const std::size_t size = prefix + length(), rest = size - held_.size();
    const std::uint64_t lost = g.length.value_or(0);
    sighting m = message(common::bytes_view(held_).subspan(prefix), size - prefix, last_);
    m.missing.add(std::min<std::uint64_t>(lost, rest), g);
    if (m.data.size() >= header::wire::size)
        to.on_message(from_, m);
    else
        to.on_lost(from_, g);
    if (is_bounded && lost <= rest) return skip(rest - static_cast<std::size_t>(lost));
    state_ = state::searching;
    drop();
    if (m.data.size() < header::wire::size) return;
    flow::gap behind = g;
    behind.offset += rest;
    if (is_bounded) behind.length = lost - rest;
    to.on_lost(from_, behind);
}

void frame_reader::on_end(event::ending why, common::timestamp ts, receiver& to) {
    if (state_ == state::reading && held_.size() >= prefix + header::wire::size) {
        sighting m = message(common::bytes_view(held_).subspan(prefix), length(), ts);
        m.ended = why;
        to.on_message(from_, m);
    }
    drop();
}

} // namespace weir::session::dns
