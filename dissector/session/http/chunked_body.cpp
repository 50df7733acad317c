#include "session/http/chunked_body.hpp"

#include <algorithm>

#include "session/http/chunk_line.hpp"

namespace weir::session::http {

void chunked_body::begin(bool guessing) noexcept {
    state_ = state::line;
    guessing_ = guessing;
    at_start_ = true;
    line_.clear();
}

chunked_body::step chunked_body::next(std::string_view& data, const position& where, findings& notes,
                                      std::size_t most_line) {
    switch (state_) {
    case state::line:
        return read_line(data, where, notes, most_line);
    case state::data:
        return read_data(data);
    case state::line_end:
        return read_line_end(data, where, notes);
    case state::lost:
        return search(data, where);
    case state::over:
        break;
    }
    return {};
}

chunked_body::step chunked_body::read_line(std::string_view& data, const position& where, findings& notes,
                                           std::size_t most_line) {
    const std::size_t lf = data.find('\n');
    const std::string_view part = data.substr(0, lf == std::string_view::npos ? lf : lf + 1);
    if (line_.size() + part.size() > most_line) {
        notes.add(anomaly::chunk_line_limit, where.offset, where);
        state_ = state::over;
        return {outcome::too_long};
    }
    const bool is_gathered = lf == std::string_view::npos || !line_.empty();
    if (is_gathered) line_.append(part);
    const std::string_view taken = is_gathered ? std::string_view(line_) : part;
    data.remove_prefix(part.size());
    if (lf == std::string_view::npos) {
        if (may_be_chunk_line(taken)) return {};
        return give_up(anomaly::chunk_size_invalid, taken, where, notes);
    }

    std::string_view line = taken.substr(0, taken.size() - 1);
    const bool is_bare = !line.ends_with('\r');
    while (line.ends_with('\r')) line.remove_suffix(1);
    const chunk_line read = parse_chunk_line(line);
    if (line.empty() && !guessing_) {
        notes.add(anomaly::chunk_size_padded, where.offset, where);
        line_.clear();
        return {};
    }
    if (!read.valid || (guessing_ && read.padded))
        return give_up(anomaly::chunk_size_invalid, taken, where, notes);
    if (is_bare) notes.add(anomaly::bare_lf, where.offset, where);
    if (read.padded) notes.add(anomaly::chunk_size_padded, where.offset, where);
    if (read.odd_extension) notes.add(anomaly::chunk_extension_invalid, where.offset, where);
    if (guessing_) notes.add(anomaly::chunked_by_content, where.offset, where);
    guessing_ = at_start_ = false;
    line_.clear();
    remaining_ = read.size;
    state_ = read.size > 0 ? state::data : state::over;
    return {read.size > 0 ? outcome::need_more : outcome::last};
}

chunked_body::step chunked_body::read_data(std::string_view& data) noexcept {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, data.size()));
    const std::string_view piece = data.substr(0, n);
    data.remove_prefix(n);
    remaining_ -= n;
    if (remaining_ == 0) state_ = state::line_end;
    return {outcome::data, piece};
}

chunked_body::step chunked_body::read_line_end(std::string_view& data, const position& where,
                                               findings& notes) {
    const bool after_cr = !line_.empty();
    const char c = data.front();
    if (c == '\n') {
        data.remove_prefix(1);
        if (!after_cr) notes.add(anomaly::bare_lf, where.offset, where);
        line_.clear();
        state_ = state::line;
        return {};
    }
    if (c == '\r' && !after_cr) {
        data.remove_prefix(1);
        line_.push_back('\r');
        return {};
    }
    return give_up(anomaly::chunk_end_invalid, {}, where, notes);
}

/// `taken` was read for framing. While guessing that is no anomaly of the body, but an answer.
chunked_body::step chunked_body::give_up(anomaly why, std::string_view taken, const position& where,
                                         findings& notes) {
    if (!guessing_) notes.add(why, where.offset, where);
    state_ = state::over;
    return {outcome::broken, taken};
}

chunked_body::step chunked_body::search(std::string_view& data, const position& where) noexcept {
    const chunk_search::answer a = search_.look(data, where.offset);
    if (a.what == chunk_search::answer::kind::nothing) {
        data = {};
        return {};
    }
    data.remove_prefix(static_cast<std::size_t>(a.next - where.offset));
    if (a.what == chunk_search::answer::kind::end) return {outcome::end, {}, a.framing};
    remaining_ = a.size;
    state_ = a.size > 0 ? state::data : state::over;
    return {a.size > 0 ? outcome::found : outcome::found_last, {}, a.framing};
}

/// A hole in a chunk is counted; one in the framing loses the place in it.
void chunked_body::skip(const flow::gap& g) noexcept {
    if (state_ == state::data && g.length && *g.length <= remaining_) {
        remaining_ -= *g.length;
        if (remaining_ == 0) state_ = state::line_end;
        return;
    }
    if (state_ == state::lost)
        search_.skip();
    else
        search_.begin();
    line_.clear();
    state_ = state::lost;
}

} // namespace weir::session::http
