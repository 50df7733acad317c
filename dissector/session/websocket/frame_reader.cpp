#include "session/websocket/frame_reader.hpp"

#include <algorithm>
#include <utility>

namespace weir::session::websocket {

void frame_reader::open(flow::side from, const frame_likeness& like, bool searching) noexcept {
    clear_account();
    from_ = from;
    like_ = like;
    like_.most_bytes = most_.frame_bytes;
    state_ = searching ? state::searching : state::header;
    header_size_ = 0;
    remaining_ = 0;
    illegal_ = 0;
    is_passed_over_ = is_replaying_ = false;
    held_.open(most_.held_bytes, most_.held_pieces);
    replayed_.open(most_.held_bytes, most_.held_pieces);
}

void frame_reader::close() noexcept {
    held_.clear();
    replayed_.clear();
    packets_.clear();
    search_.clear();
}

void frame_reader::on_data(const flow::chunk& c) {
    account_.bytes += c.data.size();
    read(c);
}

void frame_reader::read(const flow::chunk& c) {
    common::bytes_view data = c.data;
    while (!data.empty()) {
        const position where = place_in(c, c.data.size() - data.size());
        switch (state_) {
        case state::header:
            read_header_bytes(data, where);
            break;
        case state::payload:
            read_payload(data, where);
            break;
        case state::searching: {
            flow::chunk rest = c;
            rest.offset = where.offset;
            rest.data = data;
            data = search(rest);
            break;
        }
        case state::closed:
            notes_.add(anomaly::data_after_close, where.offset, where);
            state_ = state::ignoring;
            [[fallthrough]];
        case state::ignoring:
            account_.unframed += data.size();
            return;
        }
    }
}

void frame_reader::read_header_bytes(common::bytes_view& data, const position& where) {
    const std::size_t n = std::min(data.size(), held_header_.size() - header_size_);
    std::copy_n(data.begin(), n, held_header_.begin() + static_cast<std::ptrdiff_t>(header_size_));
    const auto h = read_header(common::slice(held_header_, 0, header_size_ + n));
    if (!h) {
        header_size_ += n;
        data = data.subspan(n);
        return;
    }
    data = data.subspan(h->size - header_size_);
    header_size_ = 0;
    begin_frame(*h, where);
}

std::uint8_t frame_reader::allowed_bits(const frame_header& h) const noexcept {
    const bool begins_message = h.is(opcode::text) || h.is(opcode::binary);
    return begins_message || like_.allowed_reserved != rsv1 ? like_.allowed_reserved : 0;
}

/// Whether the length of a frame may be its length.
bool frame_reader::is_believed(const frame_header& h, const position& where) {
    if (!h.has_valid_length()) {
        notes_.add(anomaly::length_invalid, where.offset, where);
        return false;
    }
    if (h.length > most_.frame_bytes) {
        notes_.add(anomaly::frame_limit, where.offset, where,
                   "a frame says it is " + std::to_string(h.length) +
                       " bytes long, above the limit; the next frame was looked for");
        return false;
    }
    const bool is_illegal = !h.is_known() || (h.reserved & ~allowed_bits(h)) != 0;
    illegal_ = is_illegal ? illegal_ + 1 : 0;
    if (illegal_ <= most_.illegal_frames) return true;
    notes_.add(anomaly::illegal_limit, where.offset, where);
    return false;
}

void frame_reader::begin_frame(const frame_header& h, const position& where) {
    if (!is_believed(h, where)) {
        account_.unframed += h.size;
        lose(nullptr, where);
        return;
    }
    frame_ = h;
    remaining_ = h.length;
    is_passed_over_ = !h.is_known();
    state_ = state::payload;
    if (is_passed_over_)
        notes_.add(anomaly::opcode_unknown, where.offset, where,
                   "a frame has the reserved opcode " + std::to_string(h.code) + "; it was passed over");
    else
        to_.begin_frame(h, where);
    note_oddities(h, where);
    if (remaining_ == 0) end_frame(where);
}

void frame_reader::note_oddities(const frame_header& h, const position& where) {
    findings& notes = is_passed_over_ ? notes_ : to_.notes();
    const auto note_if = [&](bool is_odd, anomaly a) {
        if (is_odd) notes.add(a, where.offset, where);
    };
    note_if((h.reserved & ~allowed_bits(h)) != 0, anomaly::reserved_bits);
    note_if(like_.is_masked && !h.mask, anomaly::mask_missing);
    note_if(!like_.is_masked && h.mask, anomaly::mask_unexpected);
    note_if(!h.is_minimal, anomaly::length_not_minimal);
    note_if(h.is_control() && !h.is_final, anomaly::control_fragmented);
    note_if(h.is_control() && h.length > most_in_control, anomaly::control_too_long);
}

void frame_reader::read_payload(common::bytes_view& data, const position& where) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, data.size()));
    if (!is_passed_over_) to_.payload(data.first(n), where);
    data = data.subspan(n);
    remaining_ -= n;
    if (remaining_ == 0) end_frame(where);
}

void frame_reader::end_frame(const position& where) {
    state_ = !is_passed_over_ && frame_.is(opcode::close) ? state::closed : state::header;
    if (!is_passed_over_) to_.end_frame(where);
}

// --- holes

void frame_reader::on_gap(const flow::gap& g) {
    account_.missing += g.length.value_or(0);
    const position where{g.offset, g.ts};
    if (state_ == state::closed || state_ == state::ignoring) return;
    if (state_ == state::searching) {
        give_up_held();
        to_.lose(&g, where);
        return;
    }
    flow::gap behind = g;
    if (state_ == state::payload) {
        const std::uint64_t inside = std::min(remaining_, g.length.value_or(0));
        if (inside > 0 && !is_passed_over_) to_.skip(inside, g);
        remaining_ -= inside;
        if (remaining_ > 0 && g.length) return;
        if (remaining_ == 0) {
            end_frame(where);
            if (state_ == state::closed || g.length == inside) return;
        }
        if (behind.length) *behind.length -= inside;
        behind.offset += inside;
    }
    account_.unframed += header_size_;
    lose(&behind, where);
}

/// Where frames go on is not known any more.
void frame_reader::lose(const flow::gap* g, const position& where) {
    to_.lose(g, where);
    header_size_ = 0;
    illegal_ = 0;
    state_ = state::searching;
}

/// What is held begins no frame, as far as anybody can tell.
void frame_reader::give_up_held() noexcept {
    account_.unframed += held_.said(from_).size();
    held_.clear();
    packets_.clear();
    search_.clear();
}

/// Answers what of `c` is to be read now.
common::bytes_view frame_reader::search(const flow::chunk& c) {
    const position where = place_in(c);
    if (!held_.hold(c)) {
        notes_.add(anomaly::framing_lost, where.offset, where);
        account_.is_lost = true;
        give_up_held();
        if (!held_.hold(c)) return search_alone(c);
    }
    packets_.push_back({packets_.empty() ? 0 : packets_.back().begin + packets_.back().size, c.data.size()});
    while (state_ == state::searching && !is_replaying_) {
        const auto found = search_.look(common::as_bytes(held_.said(c.from)), packets_, like_);
        if (!found) break;
        go_on_from(*found);
    }
    return {};
}

/// In a packet that is larger than all that may be held.
common::bytes_view frame_reader::search_alone(const flow::chunk& c) {
    const packet_span all{0, c.data.size()};
    const auto found = search_.look(c.data, {&all, 1}, like_);
    search_.clear();
    account_.unframed += found.value_or(c.data.size());
    if (!found) return {};
    state_ = state::header;
    account_.is_lost = false;
    return c.data.subspan(*found);
}

/// A frame begins `at` bytes into what is held.
void frame_reader::go_on_from(std::size_t at) {
    /// Passes on what is behind the first `skipped` bytes.
    class rest final : public flow::stream_consumer {
    public:
        rest(frame_reader& to, std::size_t skipped) noexcept
            : to_(to)
            , skipped_(skipped) {}
        void on_data(const flow::chunk& c) override {
            const std::size_t n = std::min(skipped_, c.data.size());
            skipped_ -= n;
            flow::chunk behind = c;
            behind.offset += n;
            behind.data = c.data.subspan(n);
            if (!behind.data.empty()) to_.read(behind);
        }
        void on_gap(const flow::gap&) override {}
        void on_end(flow::side, common::timestamp) override {}
        void on_close(event::close_reason, common::timestamp) override {}

    private:
        frame_reader& to_;
        std::size_t skipped_;
    };

    account_.unframed += at;
    account_.is_lost = false;
    state_ = state::header;
    packets_.clear();
    search_.clear();
    std::swap(held_, replayed_); // some of it may have to be held anew
    is_replaying_ = true;
    rest behind(*this, at);
    replayed_.replay(behind);
    is_replaying_ = false;
}

// --- the end

void frame_reader::finish(event::ending why, const position& where) {
    const bool is_inside = header_size_ > 0 || (state_ == state::payload && is_passed_over_);
    if (is_inside && (why == event::ending::closed || why == event::ending::reset))
        notes_.add(anomaly::message_cut_short, where.offset, where);
    to_.finish(why, where);
    account_.unframed += header_size_;
    header_size_ = 0;
    if (state_ == state::searching && (account_.is_lost || !held_.empty())) {
        notes_.add(anomaly::framing_lost, where.offset, where);
        account_.is_lost = true;
        give_up_held();
    }
    if (state_ != state::closed) state_ = state::ignoring;
}

} // namespace weir::session::websocket
