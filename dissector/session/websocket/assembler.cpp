#include "session/websocket/assembler.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace weir::session::websocket {

using event::websocket_opcode;

namespace {

constexpr std::uint64_t largest_window = 32768;
constexpr std::size_t scratch_bytes = std::size_t{16} * 1024;

/// What a compressor leaves out at the end of a message (RFC 7692 section 7.2.1).
constexpr std::array<std::uint8_t, 4> deflate_tail{0x00, 0x00, 0xff, 0xff};

websocket_opcode kind_of(const frame_header& h) noexcept {
    if (h.is(opcode::text)) return websocket_opcode::text;
    if (h.is(opcode::binary)) return websocket_opcode::binary;
    if (h.is(opcode::ping)) return websocket_opcode::ping;
    if (h.is(opcode::pong)) return websocket_opcode::pong;
    return websocket_opcode::continuation;
}

} // namespace

void assembler::open(flow::side from, const assembly& how, std::uint64_t& numbers) noexcept {
    from_ = from;
    how_ = how;
    numbers_ = &numbers;
    inflater_.restart();
    is_open_ = is_behind_loss_ = needs_restart_ = is_history_partial_ = false;
    history_ = 0;
    now_ = nullptr;
}

void assembler::close() noexcept {
    data_.clear(most_.buffer_kept);
    control_.clear(most_.buffer_kept);
    now_ = nullptr;
    is_open_ = false;
}

void assembler::begin_frame(const frame_header& h, const position& where) {
    frame_ = h;
    at_ = 0;
    if (!h.is_control()) {
        begin_data(h, where);
        return;
    }
    control_.clear(most_.buffer_kept);
    control_.kind = kind_of(h);
    control_.is_close = h.is(opcode::close);
    control_.frames = 1;
    control_.first = control_.last = where.ts;
    if (!control_.is_close) control_.number = ++*numbers_;
    now_ = &control_;
}

void assembler::begin_data(const frame_header& h, const position& where) {
    const bool continues = h.is(opcode::continuation);
    if (is_open_ && !continues) {
        data_.notes.add(anomaly::message_interrupted, where.offset, where);
        end_message(data_, false, where);
    }
    now_ = &data_;
    if (!is_open_) {
        data_.clear(most_.buffer_kept);
        data_.kind = kind_of(h);
        data_.number = ++*numbers_;
        data_.first = where.ts;
        data_.is_compressed = !continues && how_.is_deflated && (h.reserved & rsv1) != 0;
        is_open_ = true;
        if (continues) {
            if (!is_behind_loss_) data_.notes.add(anomaly::continuation_unexpected, where.offset, where);
            data_.is_decoded = !how_.is_deflated; // only its first frame says whether it is compressed
        }
        if (data_.is_compressed && (needs_restart_ || !how_.takes_over)) {
            inflater_.restart();
            is_history_partial_ = needs_restart_ && how_.takes_over;
            history_ = 0;
            needs_restart_ = false;
        }
    }
    is_behind_loss_ = false;
    ++data_.frames;
    data_.last = where.ts;
}

void assembler::payload(common::bytes_view bytes, const position& where) {
    now_->wire_size += bytes.size();
    now_->last = where.ts;
    if (how_.is_wanted && !frame_.mask) {
        take(bytes, where);
    } else if (how_.is_wanted) {
        std::array<std::uint8_t, 4096> plain;
        for (std::size_t done = 0; done < bytes.size(); done += plain.size()) {
            const common::bytes_view some = common::slice(bytes, done, plain.size());
            unmask(some, *frame_.mask, at_ + done, plain);
            take(common::slice(plain, 0, some.size()), where);
        }
    }
    at_ += bytes.size();
}

void assembler::take(common::bytes_view plain, const position& where) {
    if (now_->missing.any || !now_->is_decoded) return;
    if (now_->is_compressed)
        inflate(plain, where);
    else
        keep(plain);
}

void assembler::keep(common::bytes_view plain) {
    message& m = *now_;
    m.size += plain.size();
    if (m.kind == websocket_opcode::text) m.text.feed(plain);
    const std::uint64_t most = now_ == &control_ ? std::max(how_.keep, most_in_control) : how_.keep;
    const std::uint64_t room = most - std::min<std::uint64_t>(most, m.data.size());
    m.data.append(common::as_text(plain).substr(
        0, static_cast<std::size_t>(std::min<std::uint64_t>(room, plain.size()))));
    m.is_cut = m.is_cut || plain.size() > room;
}

// --- compression

void assembler::inflate(common::bytes_view in, const position& where) {
    if (scratch_.size() < scratch_bytes) scratch_.resize(scratch_bytes);
    message& m = *now_;
    for (;;) {
        const std::size_t before = in.size();
        const decoder::step done = inflater_.run(in, scratch_);
        keep(common::slice(scratch_, 0, done.produced));
        history_ += done.produced;
        const bool is_stuck = done.produced == 0 && in.size() == before && !in.empty();
        if (done.what == decoder::result::broken || is_stuck) {
            // Where what it refers to may be lost, it is not at fault.
            if (!is_history_partial_ || history_ >= largest_window)
                m.notes.add(anomaly::deflate_invalid, where.offset, where);
            give_up_inflating();
            return;
        }
        if (m.size > most_.decoded_bytes) {
            m.notes.add(anomaly::decoded_limit, where.offset, where);
            give_up_inflating();
            return;
        }
        if (in.empty() && done.produced < scratch_.size()) return;
    }
}

void assembler::give_up_inflating() noexcept {
    now_->is_decoded = false;
    needs_restart_ = true;
}

void assembler::end_inflating(const position& where) {
    if (now_->wire_size == 0 || inflater_.is_behind_last()) return;
    inflate(deflate_tail, where);
    if (!now_->is_decoded || inflater_.is_at_block_start()) return;
    now_->notes.add(anomaly::deflate_invalid, where.offset, where);
    give_up_inflating();
}

// --- ends and holes

void assembler::skip(std::uint64_t n, const flow::gap& g) noexcept {
    now_->missing.add(n, g);
    at_ += n;
    if (now_->is_compressed) needs_restart_ = true;
}

void assembler::end_frame(const position& where) {
    if (now_ == &control_)
        end_message(control_, true, where);
    else if (frame_.is_final)
        end_message(data_, true, where);
    now_ = is_open_ ? &data_ : nullptr;
}

void assembler::end_message(message& m, bool is_whole, const position& where) {
    m.is_whole = is_whole && !m.missing.any && (&m == &control_ || m.kind != websocket_opcode::continuation);
    if (m.is_whole && m.is_compressed && m.is_decoded && how_.is_wanted) end_inflating(where);
    if (!m.is_whole && m.is_compressed) needs_restart_ = true;
    const bool is_read = m.is_whole && m.is_decoded && how_.is_wanted;
    if (is_read && m.kind == websocket_opcode::text && !m.text.is_whole())
        m.notes.add(anomaly::text_not_utf8, where.offset, where);
    if (&m == &data_) is_open_ = false;
    to_.on_message(from_, m, where);
}

void assembler::lose(const flow::gap* g, const position& where) {
    for (message* const m : {&control_, &data_}) {
        const bool is_open = m == &control_ ? now_ == &control_ : is_open_;
        if (!is_open) continue;
        now_ = m;
        if (g != nullptr) m->missing.add(*g);
        end_message(*m, false, where);
    }
    now_ = nullptr;
    is_behind_loss_ = true;
    needs_restart_ = needs_restart_ || how_.is_deflated;
}

void assembler::finish(event::ending why, const position& where) {
    if (!is_inside()) return;
    for (message* const m : {&control_, &data_}) {
        const bool is_open = m == &control_ ? now_ == &control_ : is_open_;
        if (!is_open) continue;
        now_ = m;
        m->ended = why;
        if (why == event::ending::closed || why == event::ending::reset)
            m->notes.add(anomaly::message_cut_short, where.offset, where);
        end_message(*m, false, where);
    }
    now_ = nullptr;
}

} // namespace weir::session::websocket
