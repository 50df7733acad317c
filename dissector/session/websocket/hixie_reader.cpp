#include "session/websocket/hixie_reader.hpp"

#include <algorithm>

namespace weir::session::websocket {

namespace {

constexpr std::uint8_t text_end = 0xff, has_length = 0x80, closing = 0xff;

} // namespace

void hixie_reader::open(std::size_t challenge_bytes) noexcept {
    clear_account();
    challenge_bytes_ = challenge_bytes;
    challenge_.clear();
    state_ = challenge_bytes > 0 ? state::challenge : state::frame;
    remaining_ = 0;
}

void hixie_reader::on_data(const flow::chunk& c) {
    account_.bytes += c.data.size();
    common::bytes_view data = c.data;
    while (!data.empty()) read(data, place_in(c, c.data.size() - data.size()));
}

void hixie_reader::read(common::bytes_view& data, const position& where) {
    switch (state_) {
    case state::challenge: {
        const std::size_t n = std::min(data.size(), challenge_bytes_ - challenge_.size());
        challenge_.append(common::as_text(data.first(n)));
        data = data.subspan(n);
        if (challenge_.size() == challenge_bytes_) state_ = state::frame;
        break;
    }
    case state::frame:
        begin_frame(data.front(), where);
        data = data.subspan(1);
        break;
    case state::text: {
        const auto end = std::find(data.begin(), data.end(), text_end);
        const auto n = static_cast<std::size_t>(end - data.begin());
        to_.payload(data.first(n), where);
        data = data.subspan(n);
        if (data.empty()) break;
        data = data.subspan(1);
        state_ = state::frame;
        to_.end_frame(where);
        break;
    }
    case state::length:
        read_length(data.front(), where);
        data = data.subspan(1);
        break;
    case state::counted: {
        const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, data.size()));
        to_.payload(data.first(n), where);
        data = data.subspan(n);
        remaining_ -= n;
        if (remaining_ > 0) break;
        state_ = state::frame;
        to_.end_frame(where);
        break;
    }
    case state::searching: {
        const auto end = std::find(data.begin(), data.end(), text_end);
        const auto n = static_cast<std::size_t>(end - data.begin());
        const std::size_t taken = std::min(n + 1, data.size());
        account_.unframed += taken;
        if (end != data.end()) state_ = state::frame;
        data = data.subspan(taken);
        break;
    }
    case state::closed:
        notes_.add(anomaly::data_after_close, where.offset, where);
        account_.unframed += data.size();
        data = {};
        break;
    }
}

void hixie_reader::begin_message(bool is_text, const position& where) {
    frame_header h;
    h.is_final = true;
    h.code = static_cast<std::uint8_t>(is_text ? opcode::text : opcode::binary);
    to_.begin_frame(h, where);
}

void hixie_reader::begin_frame(std::uint8_t type, const position& where) {
    type_ = type;
    if ((type & has_length) != 0) {
        remaining_ = 0;
        state_ = state::length;
        return;
    }
    begin_message(true, where);
    if (type != 0) to_.notes().add(anomaly::opcode_unknown, where.offset, where);
    state_ = state::text;
}

/// Seven bits of a length; the last byte has no high bit.
void hixie_reader::read_length(std::uint8_t digit, const position& where) {
    if (remaining_ >> 56 != 0) {
        notes_.add(anomaly::length_invalid, where.offset, where);
        to_.lose(nullptr, where);
        state_ = state::searching;
        return;
    }
    remaining_ = remaining_ << 7 | (digit & 0x7fU);
    if ((digit & has_length) != 0) return;
    const bool is_closing = type_ == closing && remaining_ == 0;
    if (is_closing) {
        frame_header h;
        h.is_final = true;
        h.code = static_cast<std::uint8_t>(opcode::close);
        to_.begin_frame(h, where);
    } else {
        begin_message(false, where);
    }
    if (remaining_ == 0) {
        to_.end_frame(where);
        state_ = is_closing ? state::closed : state::frame;
    } else {
        state_ = state::counted;
    }
}

void hixie_reader::on_gap(const flow::gap& g) {
    account_.missing += g.length.value_or(0);
    const position where{g.offset, g.ts};
    if (state_ == state::closed) return;
    if (state_ == state::counted && g.length && *g.length < remaining_) {
        to_.skip(*g.length, g);
        remaining_ -= *g.length;
        return;
    }
    to_.lose(&g, where);
    state_ = state::searching;
}

void hixie_reader::finish(event::ending why, const position& where) {
    if (state_ == state::searching) {
        account_.is_lost = true;
        notes_.add(anomaly::framing_lost, where.offset, where);
    }
    to_.finish(why, where);
    state_ = state::closed;
}

} // namespace weir::session::websocket
