#include "session/http/kept_body.hpp"

#include <algorithm>

namespace weir::session::http {

namespace {

constexpr std::size_t stage_bytes = 16 * 1024;

/// Appends what fits under `keep`; true where something did not.
bool append_cut(std::string& to, std::string_view bytes, std::uint64_t keep) {
    const std::uint64_t room = keep - std::min<std::uint64_t>(keep, to.size());
    to.append(bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(room, bytes.size()))));
    return bytes.size() > room;
}

} // namespace

void kept_body::begin(message& m, const position& where, const limits& most, std::uint64_t keep) {
    most_ = most;
    keep_ = keep;
    state_ = state::plain;
    interrupted_ = raw_cut_ = decoded_cut_ = false;
    consumed_ = produced_ = 0;
    raw_.clear();
    decoded_.clear();
    codings_.clear();
    for (auto& s : chain_) idle_.push_back(std::move(s));
    chain_.clear();

    collect_codings(m, codings_);
    if (codings_.empty()) return;
    if (codings_.size() > most.codings) {
        add_note(m, anomaly::coding_limit, where.offset, where);
        return;
    }
    if (std::find(codings_.begin(), codings_.end(), coding::unknown) != codings_.end()) {
        add_note(m, anomaly::content_coding_unknown, where.offset, where);
        return;
    }
    for (auto c = codings_.rbegin(); c != codings_.rend(); ++c) {
        stage& s = next_stage(*c);
        s.over = false;
        s.with->restart();
    }
    state_ = state::decoding;
}

kept_body::stage& kept_body::next_stage(coding kind) {
    const auto found =
        std::find_if(idle_.begin(), idle_.end(), [kind](const auto& s) { return s->kind == kind; });
    if (found != idle_.end()) {
        chain_.push_back(std::move(*found));
        idle_.erase(found);
    } else {
        chain_.push_back(std::make_unique<stage>());
        chain_.back()->kind = kind;
        chain_.back()->with = make_decoder(kind);
        chain_.back()->out.resize(stage_bytes);
    }
    return *chain_.back();
}

void kept_body::append(message& m, std::string_view bytes, const position& where) {
    if (interrupted_) return;
    if (state_ == state::plain || !is_decoded()) raw_cut_ = append_cut(raw_, bytes, keep_) || raw_cut_;
    if (state_ != state::decoding) return;
    consumed_ += bytes.size();
    decode(0, common::as_bytes(bytes), m, where);
}

void kept_body::decode(std::size_t level, common::bytes_view in, message& m, const position& where) {
    if (level == chain_.size()) {
        keep_decoded(in, m, where);
        return;
    }
    stage& s = *chain_[level];
    while (state_ == state::decoding) {
        if (s.over) {
            // A gzip body may have several members (RFC 1952 section 2.2), a zstd one several frames.
            const bool goes_on = (s.kind == coding::gzip && in.size() >= 1 && in.front() == 0x1f) ||
                                 (s.kind == coding::zstd && in.size() >= 1 && in.front() == 0x28);
            if (!goes_on) {
                if (!in.empty()) add_note(m, anomaly::content_coding_trailing_data, where.offset, where);
                return;
            }
            s.over = false;
            s.with->restart();
        }
        const decoder::step done = s.with->run(in, s.out);
        if (done.produced > 0) decode(level + 1, common::slice(s.out, 0, done.produced), m, where);
        if (state_ != state::decoding) return;
        if (done.what == decoder::result::broken) {
            fail(m, where);
            return;
        }
        if (done.what == decoder::result::end) s.over = true;
        else if (done.produced < s.out.size() && in.empty()) return;
        else if (done.produced == 0 && !in.empty()) {
            fail(m, where);
            return;
        }
    }
}

void kept_body::keep_decoded(common::bytes_view bytes, message& m, const position& where) {
    produced_ += bytes.size();
    decoded_cut_ = append_cut(decoded_, common::as_text(bytes), keep_) || decoded_cut_;
    const bool too_dense = produced_ > most_.decode_ratio_from && produced_ / most_.decode_ratio > consumed_;
    if (produced_ <= most_.decoded_bytes && !too_dense) return;
    const std::string detail = "decoding stopped after " + std::to_string(produced_) + " bytes made of " +
                               std::to_string(consumed_) + " or less";
    add_note(m, anomaly::decoded_limit, where.offset, where, detail);
    state_ = state::stopped;
    decoded_cut_ = true;
}

void kept_body::fail(message& m, const position& where) {
    add_note(m, anomaly::content_coding_invalid, where.offset, where);
    state_ = state::broken;
}

void kept_body::interrupt() noexcept {
    interrupted_ = true;
    raw_cut_ = decoded_cut_ = true;
    if (state_ == state::decoding) state_ = state::stopped;
}

void kept_body::end(message& m, bool complete, const position& where) {
    if (state_ != state::decoding) return;
    const bool all_over = std::all_of(chain_.begin(), chain_.end(), [](const auto& s) { return s->over; });
    if (all_over) {
        state_ = state::ended;
        return;
    }
    state_ = state::stopped;
    if (complete && consumed_ > 0) add_note(m, anomaly::content_coding_cut_short, where.offset, where);
}

std::optional<std::uint64_t> kept_body::decoded_size() const noexcept {
    const bool is_whole = state_ == state::ended || state_ == state::broken || (state_ == state::stopped && !decoded_cut_);
    if (!is_decoded() || !is_whole) return std::nullopt;
    return produced_;
}

void kept_body::clear(std::size_t buffer_kept) {
    if (raw_.capacity() > buffer_kept) raw_ = {};
    if (decoded_.capacity() > buffer_kept) decoded_ = {};
}

} // namespace weir::session::http
