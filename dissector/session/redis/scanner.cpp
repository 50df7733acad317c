#include "session/redis/scanner.hpp"

#include <algorithm>
#include <charconv>

#include "common/ascii.hpp"

namespace weir::session::redis {

namespace {

/// What may stand behind a marker that announces something: a number, or `?`.
constexpr std::size_t longest_header = 32;

constexpr bool is_header(char marker) noexcept {
    return std::string_view("*~%>|$!=;.").find(marker) != std::string_view::npos;
}
constexpr bool is_list(char marker) noexcept {
    return std::string_view("*~%>|").find(marker) != std::string_view::npos;
}
constexpr bool is_bulk(char marker) noexcept { return marker == '$' || marker == '!' || marker == '='; }
constexpr bool is_line(char marker) noexcept {
    return std::string_view("+-:_#,(").find(marker) != std::string_view::npos;
}

} // namespace

bool parse_integer(std::string_view text, std::int64_t& out) noexcept {
    const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
    if (digits.empty() || !common::is_digit(digits.front())) return false;
    if (digits.front() == '0' && text.size() > 1) return false;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, out);
    return parsed.ec == std::errc() && parsed.ptr == end;
}

void scanner::reset() noexcept {
    state_ = state::start;
    line_.clear();
    is_cut_ = ended_in_cr_ = false;
}

token scanner::give_up(anomaly why) noexcept {
    reset();
    token t;
    t.what = token::kind::broken;
    t.marker = marker_;
    t.why = why;
    return t;
}

void scanner::keep(std::string_view part) {
    if (part.empty()) return;
    ended_in_cr_ = part.back() == '\r';
    const std::size_t room = most_.line_bytes - std::min(most_.line_bytes, line_.size());
    is_cut_ = is_cut_ || part.size() > room;
    line_.append(part.substr(0, room));
}

/// False where the line goes on. A LF that no CR precedes belongs to a line of RESP, but ends an inline
/// command.
bool scanner::take_line(std::string_view& data, std::string_view& line, bool needs_cr) {
    std::size_t from = 0;
    for (;;) {
        const std::size_t lf = data.find('\n', from);
        if (lf == std::string_view::npos) {
            keep(data);
            data = {};
            return false;
        }
        const bool has_cr = lf > 0 ? data[lf - 1] == '\r' : ended_in_cr_;
        if (needs_cr && !has_cr) {
            from = lf + 1;
            continue;
        }
        if (line_.empty() && lf <= most_.line_bytes) {
            line = data.substr(0, lf);
        } else {
            keep(data.substr(0, lf));
            line = line_;
        }
        if (has_cr && !is_cut_) line.remove_suffix(1);
        data.remove_prefix(lf + 1);
        ended_in_cr_ = has_cr;
        return true;
    }
}

token scanner::next(std::string_view& data) {
    token t;
    const bool is_over_by_skip = state_ == state::bulk_end && end_seen_ == 2;
    if (data.empty() && !is_over_by_skip) return t;
    switch (state_) {
    case state::start:
        reset();
        marker_ = data.front();
        if (!is_line(marker_) && !is_list(marker_) && !is_bulk(marker_) && marker_ != '.')
            return give_up(anomaly::type_unknown);
        data.remove_prefix(1);
        state_ = state::line;
        [[fallthrough]];
    case state::line:
    case state::chunk: {
        std::string_view line;
        const bool is_whole = take_line(data, line, true);
        const char begins = state_ == state::chunk ? ';' : marker_;
        if (is_header(begins) && (is_whole ? line : std::string_view(line_)).size() > longest_header)
            return give_up(anomaly::length_invalid);
        if (!is_whole) return t;
        if (state_ == state::chunk) return chunk_header(line);
        return header(line);
    }
    case state::bulk:
        return read_bulk(data);
    case state::bulk_end:
        return read_bulk_end(data);
    }
    return t;
}

token scanner::next_inline(std::string_view& data) {
    token t;
    if (state_ == state::start) {
        reset();
        marker_ = 0;
        state_ = state::line;
    }
    std::string_view line;
    if (!take_line(data, line, false)) return t;
    t.what = token::kind::line;
    t.text = line;
    t.is_cut = is_cut_;
    t.is_odd = !ended_in_cr_;
    state_ = state::start;
    return t;
}

token scanner::header(std::string_view line) {
    token t;
    t.marker = marker_;
    state_ = state::start;
    if (is_line(marker_)) {
        t.what = token::kind::line;
        t.text = line;
        t.is_cut = is_cut_;
        t.is_passing = !line_.empty();
        return t;
    }
    if (marker_ == '.') {
        t.what = token::kind::stream_end;
        return line.empty() ? t : give_up(anomaly::type_unknown);
    }
    t.what = is_list(marker_) ? token::kind::list : token::kind::bulk;
    if (line == "?") {
        t.is_streamed = true;
        if (t.what == token::kind::bulk) {
            is_streamed_ = true;
            line_.clear();
            state_ = state::chunk;
        }
        return t;
    }
    std::int64_t n = 0;
    if (!parse_integer(line, n) || n < -1) return give_up(anomaly::length_invalid);
    if (n == -1) {
        t.is_null = true;
        return t;
    }
    t.count = static_cast<std::uint64_t>(n);
    if (t.count > (t.what == token::kind::list ? most_.list_elements : most_.bulk_bytes))
        return give_up(anomaly::length_invalid);
    if (t.what == token::kind::bulk) {
        is_streamed_ = false;
        begin_bulk(t.count);
    }
    return t;
}

/// `;4`, without its line end; `;0` is the last.
token scanner::chunk_header(std::string_view line) {
    token t;
    t.marker = marker_;
    std::int64_t n = 0;
    if (!line.starts_with(';') || !parse_integer(line.substr(1), n) || n < 0 ||
        static_cast<std::uint64_t>(n) > most_.bulk_bytes)
        return give_up(anomaly::length_invalid);
    line_.clear();
    is_cut_ = ended_in_cr_ = false;
    if (n == 0) {
        state_ = state::start;
        t.what = token::kind::bulk_end;
        return t;
    }
    begin_bulk(static_cast<std::uint64_t>(n));
    t.what = token::kind::piece;
    return t;
}

void scanner::begin_bulk(std::uint64_t length) noexcept {
    remaining_ = length;
    end_seen_ = 0;
    end_is_odd_ = false;
    state_ = length > 0 ? state::bulk : state::bulk_end;
}

token scanner::read_bulk(std::string_view& data) noexcept {
    token t;
    t.what = token::kind::piece;
    t.marker = marker_;
    t.text = data.substr(0, std::min<std::uint64_t>(remaining_, data.size()));
    remaining_ -= t.text.size();
    data.remove_prefix(t.text.size());
    if (remaining_ == 0) state_ = state::bulk_end;
    return t;
}

token scanner::read_bulk_end(std::string_view& data) noexcept {
    token t;
    while (end_seen_ < 2 && !data.empty()) {
        end_is_odd_ = end_is_odd_ || data.front() != "\r\n"[end_seen_];
        data.remove_prefix(1);
        ++end_seen_;
    }
    if (end_seen_ < 2) return t;
    t.marker = marker_;
    t.is_odd = end_is_odd_;
    if (is_streamed_) {
        state_ = state::chunk;
        t.what = token::kind::piece; // an empty one: the next chunk tells more
        return t;
    }
    state_ = state::start;
    t.what = token::kind::bulk_end;
    return t;
}

bool scanner::skip(std::uint64_t length) noexcept {
    if (state_ != state::bulk && state_ != state::bulk_end) return false;
    const std::uint64_t in_data = std::min(length, state_ == state::bulk ? remaining_ : 0);
    const std::uint64_t in_end = length - in_data;
    if (in_end > 2 - end_seen_) return false;
    if (state_ == state::bulk) {
        remaining_ -= in_data;
        if (remaining_ > 0) return true;
        state_ = state::bulk_end;
    }
    end_seen_ += static_cast<unsigned>(in_end);
    return true;
}

} // namespace weir::session::redis
