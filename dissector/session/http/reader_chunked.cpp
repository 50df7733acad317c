// The chunked transfer coding (RFC 9112 section 7.1) as a reader sees it: size lines, ends of chunks, and
// what is done where they are not what they should be.
#include <algorithm>
#include <utility>

#include "session/http/chunk_line.hpp"
#include "session/http/reader.hpp"

namespace weir::session::http {

reader::outcome reader::read_chunk_line(std::string_view& data, const position& where) {
    message& m = *current_;
    const std::size_t lf = data.find('\n');
    const std::string_view part = data.substr(0, lf == std::string_view::npos ? lf : lf + 1);
    if (line_.size() + part.size() > most_.chunk_line_bytes) {
        add_note(m, anomaly::chunk_line_limit, where.offset, where);
        return end_message(false, where, state::searching);
    }
    const bool is_gathered = lf == std::string_view::npos || !line_.empty();
    if (is_gathered) line_.append(part);
    const std::string_view taken = is_gathered ? std::string_view(line_) : part;
    data.remove_prefix(part.size());
    m.last = where.ts;
    if (lf == std::string_view::npos) {
        if (may_be_chunk_line(taken)) return outcome::need_more;
        return lose_framing(anomaly::chunk_size_invalid, taken, where);
    }

    std::string_view line = taken.substr(0, taken.size() - 1);
    const bool is_bare = !line.ends_with('\r');
    while (line.ends_with('\r')) line.remove_suffix(1);
    const chunk_line read = parse_chunk_line(line);
    if (line.empty() && !guessing_) {
        add_note(m, anomaly::chunk_size_padded, where.offset, where);
        line_.clear();
        return outcome::need_more;
    }
    if (!read.valid || (guessing_ && read.padded))
        return lose_framing(anomaly::chunk_size_invalid, taken, where);
    if (is_bare) add_note(m, anomaly::bare_lf, where.offset, where);
    if (read.padded) add_note(m, anomaly::chunk_size_padded, where.offset, where);
    if (guessing_) add_note(m, anomaly::chunked_by_content, where.offset, where);
    guessing_ = false;
    line_.clear();
    remaining_ = read.size;
    state_ = state::chunk_data;
    if (read.size > 0) return outcome::need_more;
    section_base_ = m.text.size();
    parser_.begin(true, static_cast<std::uint32_t>(section_base_), where.offset);
    state_ = state::trailers;
    return outcome::need_more;
}

reader::outcome reader::read_chunk_end(std::string_view& data, const position& where) {
    const bool after_cr = !line_.empty();
    const char c = data.front();
    if (c == '\n') {
        data.remove_prefix(1);
        if (!after_cr) add_note(*current_, anomaly::bare_lf, where.offset, where);
        line_.clear();
        state_ = state::chunk_line;
        return outcome::need_more;
    }
    if (c == '\r' && !after_cr) {
        data.remove_prefix(1);
        line_.push_back('\r');
        return outcome::need_more;
    }
    return lose_framing(anomaly::chunk_end_invalid, {}, where);
}

/// A hole in a chunk is counted; one in the framing loses the place in it.
reader::outcome reader::skip_in_chunks(const flow::gap& g) {
    message& m = *current_;
    m.missing.add(g.length, g);
    if (m.body != nullptr) m.body->interrupt();
    if (state_ == state::chunk_data && g.length <= remaining_) {
        remaining_ -= g.length;
        if (remaining_ == 0) state_ = state::chunk_end;
        return outcome::need_more;
    }
    if (state_ == state::chunks_lost)
        search_.skip();
    else
        search_.begin();
    line_.clear();
    state_ = state::chunks_lost;
    return outcome::need_more;
}

/// What is seen until a chunk size line is found again was the body, but for the framing in it.
reader::outcome reader::find_chunks(std::string_view& data, const position& where, bool chunk_start) {
    message& m = *current_;
    if (chunk_start && is_message(look_for_message(data))) return end_message(false, where, state::start);
    m.last = where.ts;
    std::uint64_t offset = where.offset;
    while (!data.empty()) {
        const chunk_search::answer found = search_.look(data, offset);
        const std::size_t taken = found.what == chunk_search::answer::kind::nothing
                                      ? data.size()
                                      : static_cast<std::size_t>(found.next - offset);
        m.unframed += taken;
        offset += taken;
        data.remove_prefix(taken);
        const bool is_end = found.what == chunk_search::answer::kind::end &&
                            (data.empty() || is_message(look_for_message(data)));
        if (!is_end && found.what != chunk_search::answer::kind::next_line) continue;
        m.body_size += m.unframed - std::min(m.unframed, found.framing);
        m.unframed = 0;
        if (is_end) return end_message(true, {offset, where.ts, where.packet, where.acked}, state::start);
        state_ = state::chunk_line;
        return outcome::need_more;
    }
    return outcome::need_more;
}

/// What was `taken` for chunked framing is body. Where nothing was chunked before, the other readings are
/// Content-Length and the end of the connection.
reader::outcome reader::lose_framing(anomaly why, std::string_view taken, const position& where) {
    message& m = *current_;
    if (!guessing_) add_note(m, why, where.offset, where);
    const bool was_guessing = std::exchange(guessing_, false);
    const bool is_first = m.body_size == 0;
    if (!taken.empty()) body(taken, where);
    line_.clear();
    state_ = state::lost_body;
    if (is_first && framing_.has_length && framing_.length >= m.body_size) {
        remaining_ = framing_.length - m.body_size;
        if (remaining_ == 0) return end_message(true, where, state::start);
        state_ = state::body_length;
    } else if (was_guessing && kind_ == message_kind::response) {
        state_ = state::body_until_end;
    }
    return outcome::need_more;
}

} // namespace weir::session::http
