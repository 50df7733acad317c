#include "session/http/kept_body.hpp"

#include <algorithm>

#include "session/coding/decoders.hpp"
#include "session/coding/gzip_decoder.hpp"
#include "session/coding/lzw_decoder.hpp"
#include "session/coding/sha256.hpp"
#include "session/http/form.hpp"

namespace weir::session::http {

namespace {

constexpr std::size_t stage_bytes = 16 * 1024;

/// Appends what fits under `limit`; false where something did not.
bool append_up_to(std::uint64_t limit, std::string& to, std::string_view bytes) {
    const std::uint64_t room = limit - std::min<std::uint64_t>(limit, to.size());
    to.append(bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(room, bytes.size()))));
    return bytes.size() <= room;
}

/// A body may hold several gzip members (RFC 1952 section 2.2) or zstd frames (RFC 8878 section 3.1).
bool goes_on(coding kind, common::bytes_view in) noexcept {
    if (in.empty()) return false;
    return (kind == coding::gzip && in.front() == 0x1f) || (kind == coding::zstd && in.front() == 0x28);
}

std::unique_ptr<decoder> make_decoder(coding c) {
    switch (c) {
    case coding::gzip:
        return make_gzip_decoder();
    case coding::deflate:
        return make_deflate_decoder(make_gzip_decoder());
    case coding::brotli:
        return make_brotli_decoder();
    case coding::zstd:
        return make_zstd_decoder();
    case coding::compress:
        return make_lzw_decoder();
    case coding::lzma:
        return make_lzma_decoder();
    case coding::unknown:
        break;
    }
    return nullptr;
}

} // namespace

kept_body::stage::stage(coding c)
    : kind(c)
    , with(make_decoder(c)) {}

kept_body::kept_body(std::uint64_t& room) noexcept
    : room_(room) {}

kept_body::~kept_body() = default;

void kept_body::begin(std::span<const coding> codings, findings& notes, const position& where,
                      const limits& most, const body_uses& uses) {
    listener_ = uses.listener;
    most_ = most;
    limit_ = uses.keep;
    stopped_ = partial_ = cut_ = limited_ = false;
    consumed_ = produced_ = 0;
    hashes_ = uses.hash;
    if (hashes_ && !hash_) hash_ = std::make_unique<sha256>();
    if (hashes_) hash_->restart();
    digest_size_ = 0;
    reads_form_ = !uses.form_type.empty();
    if (reads_form_ && !form_) form_ = std::make_unique<form>();
    if (reads_form_) form_->begin(uses.form_type, most);
    for (auto& s : chain_) idle_.push_back(std::move(s));
    chain_.clear();

    if (codings.size() > most.codings) {
        notes.add(anomaly::coding_limit, where.offset, where);
        return;
    }
    if (std::find(codings.begin(), codings.end(), coding::unknown) != codings.end()) {
        notes.add(anomaly::content_coding_unknown, where.offset, where);
        return;
    }
    for (auto c = codings.rbegin(); c != codings.rend(); ++c) chain_.push_back(take_stage(*c));
}

std::unique_ptr<kept_body::stage> kept_body::take_stage(coding kind) {
    const auto found =
        std::find_if(idle_.begin(), idle_.end(), [kind](const auto& s) { return s->kind == kind; });
    std::unique_ptr<stage> s;
    if (found == idle_.end()) {
        s = std::make_unique<stage>(kind);
        s->out.resize(stage_bytes);
    } else {
        s = std::move(*found);
        idle_.erase(found);
        s->unanswered.clear();
        s->began = s->over = s->bypassed = false;
    }
    s->with->restart();
    return s;
}

void kept_body::append(findings& notes, std::string_view bytes, const position& where) {
    consumed_ += bytes.size();
    push(0, common::as_bytes(bytes), notes, where);
}

void kept_body::push(std::size_t level, common::bytes_view in, findings& notes, const position& where) {
    if (stopped_) return;
    if (level == chain_.size())
        keep(in, notes, where);
    else if (chain_[level]->bypassed)
        push(level + 1, in, notes, where);
    else
        decode(level, in, notes, where);
}

void kept_body::decode(std::size_t level, common::bytes_view in, findings& notes, const position& where) {
    stage& s = *chain_[level];
    if (!s.began && !append_up_to(limit_, s.unanswered, common::as_text(in))) cut_ = true;
    while (!stopped_) {
        if (s.over) {
            if (!goes_on(s.kind, in)) {
                if (!in.empty()) notes.add(anomaly::content_coding_trailing_data, where.offset, where);
                return;
            }
            s.over = false;
            s.with->restart();
        }
        const std::size_t before = in.size();
        const decoder::step done = s.with->run(in, s.out);
        s.over = done.what == decoder::result::end;
        if (s.over && s.with->is_odd()) notes.add(anomaly::content_coding_odd, where.offset, where);
        s.began = s.began || s.over || done.produced > 0;
        if (done.produced > 0) push(level + 1, common::slice(s.out, 0, done.produced), notes, where);
        const bool is_stuck = done.produced == 0 && in.size() == before && !in.empty() && !s.over;
        if (done.what == decoder::result::broken || is_stuck) {
            fail(level, notes, where);
            return;
        }
        if (!s.over && in.empty() && done.produced < s.out.size()) return;
    }
}

/// A coding that is not true from the first byte on is left out of the chain; one that breaks later ends the
/// body.
void kept_body::fail(std::size_t level, findings& notes, const position& where) {
    notes.add(anomaly::content_coding_invalid, where.offset, where);
    stage& s = *chain_[level];
    if (s.began) {
        stopped_ = true;
        return;
    }
    s.bypassed = true;
    push(level + 1, common::as_bytes(s.unanswered), notes, where);
}

void kept_body::keep(common::bytes_view bytes, findings& notes, const position& where) {
    produced_ += bytes.size();
    const std::string_view text = common::as_text(bytes);
    store(text, notes, where);
    if (hashes_) hash_->update(text);
    if (reads_form_) form_->append(text);
    if (listener_ != nullptr) listener_->on_decoded(text, where);
    const bool too_dense = produced_ > most_.decode_ratio_from && produced_ / most_.decode_ratio > consumed_;
    if (chain_.empty() || (produced_ <= most_.decoded_bytes && !too_dense)) return;
    const std::string detail = "decoding stopped when " + std::to_string(consumed_) + " bytes had become " +
                               std::to_string(produced_);
    notes.add(anomaly::decoded_limit, where.offset, where, detail);
    stopped_ = partial_ = cut_ = limited_ = true;
}

void kept_body::store(std::string_view bytes, findings& notes, const position& where) {
    const std::size_t before = kept_.size();
    const std::uint64_t most = std::min(limit_, before + room_);
    if (!append_up_to(most, kept_, bytes)) cut_ = true;
    room_ -= kept_.size() - before;
    if (!cut_ || most == limit_ || limited_) return;
    notes.add(anomaly::kept_limit, where.offset, where);
    limited_ = true;
}

void kept_body::interrupt() noexcept { stopped_ = partial_ = true; }

void kept_body::end(findings& notes, bool complete, const position& where) {
    if (reads_form_) {
        form_->end(complete && !stopped_);
        if (form_->is_invalid()) notes.add(anomaly::form_invalid, where.offset, where);
        if (form_->is_over_limit()) notes.add(anomaly::form_limit, where.offset, where);
    }
    if (stopped_) return;
    if (hashes_ && complete) {
        digest_ = hash_->finish();
        digest_size_ = digest_.size();
    }
    const bool is_cut_short = std::any_of(chain_.begin(), chain_.end(), [](const auto& s) {
        return !s->over && !s->bypassed && s->with->has_end();
    });
    if (is_cut_short && complete) notes.add(anomaly::content_coding_cut_short, where.offset, where);
}

std::optional<std::uint64_t> kept_body::decoded_size() const noexcept {
    const bool is_decoded = std::any_of(chain_.begin(), chain_.end(), [](const auto& s) { return s->began; });
    if (!is_decoded || partial_) return std::nullopt;
    return produced_;
}

void kept_body::clear(std::size_t buffer_kept) {
    room_ += kept_.size();
    kept_.clear();
    if (kept_.capacity() > buffer_kept) kept_ = {};
    for (auto& s : chain_)
        if (s->unanswered.capacity() > buffer_kept) s->unanswered = {};
}

} // namespace weir::session::http
