#include "session/redis/command_reader.hpp"

#include <algorithm>
#include <limits>

#include "session/redis/words.hpp"

namespace weir::session::redis {

namespace {

constexpr char to_upper(char c) noexcept { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

} // namespace

command_reader::command_reader(const limits& most, const options& asked) noexcept
    : most_elements_(asked.bodies ? most.elements_with_bodies : most.elements)
    , most_bytes_(asked.bodies ? std::max<std::uint64_t>(asked.body_limit, most.element_bytes)
                               : most.element_bytes)
    , most_all_bytes_(asked.bodies ? most_bytes_ : std::numeric_limits<std::uint32_t>::max())
    , scanner_(most) {}

void command_reader::reset() noexcept {
    scanner_.reset();
    state_ = state::start;
}

command_reader::outcome command_reader::next(std::string_view& data, const position& where, command& to) {
    const std::size_t all = data.size();
    if (state_ == state::start) {
        if (data.empty()) return outcome::need_more;
        state_ = data.front() == '*' ? state::count : state::inline_line;
        to.is_seen = true;
        to.question = turn{where.offset, where.acked};
        to.first = where.ts;
    }
    to.last = where.ts;
    outcome o = outcome::need_more;
    do {
        position here = where;
        here.offset += all - data.size();
        const token t = state_ == state::inline_line ? scanner_.next_inline(data) : scanner_.next(data);
        if (t.what == token::kind::need_more) break;
        o = state_ == state::inline_line ? take_inline(t, here, to) : take(t, here, to);
    } while (o == outcome::need_more);
    to.size += all - data.size();
    return o;
}

command_reader::outcome command_reader::over(command& to) noexcept {
    state_ = state::start;
    to.is_complete = !to.missing.any;
    return outcome::over;
}

command_reader::outcome command_reader::take_inline(const token& t, const position& where, command& to) {
    words line(t.text);
    while (line.next(word_)) {
        add(to);
        append(to, word_);
    }
    state_ = state::start;
    if (to.arguments.empty()) return outcome::none;
    if (t.is_odd) to.notes.add(anomaly::bare_lf, where.offset, where);
    if (t.is_cut) {
        to.notes.add(anomaly::line_limit, where.offset, where);
        to.is_truncated = true;
    }
    if (line.is_unbalanced()) to.notes.add(anomaly::unbalanced_quotes, where.offset, where);
    return over(to);
}

command_reader::outcome command_reader::take(const token& t, const position& where, command& to) {
    const auto give_up = [&](anomaly why) {
        to.notes.add(why, where.offset, where);
        reset();
        return outcome::broken;
    };
    switch (t.what) {
    case token::kind::need_more:
        return outcome::need_more;
    case token::kind::list:
        if (state_ != state::count) return give_up(anomaly::argument_invalid);
        remaining_ = t.is_null ? 0 : t.count;
        state_ = state::arguments;
        if (remaining_ > 0) return outcome::need_more;
        state_ = state::start;
        return t.is_streamed ? give_up(anomaly::length_invalid) : outcome::none;
    case token::kind::bulk:
        if (t.marker != '$' || t.is_null || t.is_streamed) return give_up(anomaly::argument_invalid);
        add(to);
        return outcome::need_more;
    case token::kind::piece:
        append(to, t.text);
        return outcome::need_more;
    case token::kind::bulk_end:
        if (t.is_odd) to.notes.add(anomaly::bulk_end_invalid, where.offset, where);
        return --remaining_ == 0 ? over(to) : outcome::need_more;
    case token::kind::line:
    case token::kind::stream_end:
        return give_up(anomaly::argument_invalid);
    case token::kind::broken:
        return give_up(t.why == anomaly::type_unknown ? anomaly::argument_invalid : t.why);
    }
    return outcome::need_more;
}

/// An argument begins.
void command_reader::add(command& to) {
    ++to.given;
    is_kept_ = to.arguments.size() <= most_elements_; // and the name
    if (is_kept_)
        to.arguments.push_back({static_cast<std::uint32_t>(to.text.size()), 0, true});
    else
        to.is_truncated = true;
}

void command_reader::append(command& to, std::string_view bytes) {
    if (!is_kept_ || bytes.empty()) return;
    command::piece& p = to.arguments.back();
    if (!p.is_whole) return;
    const std::uint64_t room =
        std::min<std::uint64_t>(most_bytes_ - p.size, most_all_bytes_ - to.text.size());
    const std::size_t kept = std::min<std::uint64_t>(room, bytes.size());
    const std::size_t from = to.text.size();
    to.text.append(bytes.substr(0, kept));
    p.size += static_cast<std::uint32_t>(kept);
    if (to.arguments.size() == 1)
        std::transform(to.text.begin() + static_cast<std::ptrdiff_t>(from), to.text.end(),
                       to.text.begin() + static_cast<std::ptrdiff_t>(from), to_upper);
    to.is_truncated = to.is_truncated || kept < bytes.size();
}

void command_reader::cut(command& to) noexcept {
    if (is_kept_ && scanner_.is_inside_bulk()) to.arguments.back().is_whole = false;
    reset();
}

bool command_reader::skip(const flow::gap& g, command& to) {
    if (!is_inside()) return false;
    to.missing.add(g);
    const bool is_in_bulk = scanner_.is_inside_bulk();
    const bool goes_on = g.length && state_ == state::arguments && scanner_.skip(*g.length);
    if (is_in_bulk && is_kept_) {
        to.arguments.back().is_whole = false;
        to.is_truncated = true;
    }
    if (!goes_on) reset();
    return goes_on;
}

} // namespace weir::session::redis
