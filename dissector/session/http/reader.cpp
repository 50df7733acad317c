#include "session/http/reader.hpp"

#include <algorithm>

namespace weir::session::http {

namespace {

void advance(std::string_view& data, position& where, std::size_t n) noexcept {
    data.remove_prefix(n);
    where.offset += n;
}

} // namespace

void reader::open(message_kind kind, bool searching) noexcept {
    kind_ = kind;
    state_ = searching ? state::searching : state::start;
    tentative_ = false;
    lost_ = {};
}

void reader::close() noexcept {
    pool_.give(current_);
    current_ = nullptr;
    state_ = state::ignoring;
}

message* reader::release() noexcept {
    message* const m = current_;
    current_ = nullptr;
    return m;
}

bool reader::awaits_body() const noexcept {
    return (state_ == state::body_length || state_ == state::chunk_line) && line_.empty() &&
           current_->body_size == 0 && current_->missing.bytes == 0 && current_->has(known_field::expect);
}

bool reader::holds_http09_head() const noexcept {
    return state_ == state::head && !tentative_ && kind_ == message_kind::request &&
           current_->start_line_seen && current_->version.size == 0;
}

reader::outcome reader::end_http09_head() {
    if (!holds_http09_head()) return outcome::need_more;
    current_->text.resize(parser_.consumed());
    parser_.finish(*current_);
    return outcome::head;
}

void reader::abandon_body() noexcept {
    current_->over = true;
    state_ = state::start;
}

guess reader::look_for_message(std::string_view data) const noexcept {
    return kind_ == message_kind::request ? probe_request(data) : probe_response(data);
}

void reader::begin_message(const position& where) {
    current_ = pool_.take(kind_);
    current_->start = where.offset;
    current_->acked = where.acked;
    current_->first = current_->last = where.ts;
    section_base_ = 0;
    parser_.begin(false, 0, where.offset);
    state_ = state::head;
}

reader::outcome reader::next(std::string_view& data, position where, bool chunk_start) {
    while (!data.empty()) {
        outcome o = outcome::need_more;
        const std::size_t before = data.size();
        switch (state_) {
        case state::start:
        case state::searching:
            o = read_start(data, where, chunk_start);
            break;
        case state::head:
            o = read_head(data, where, chunk_start);
            break;
        case state::body_length:
        case state::chunk_data: {
            const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, data.size()));
            body(data.substr(0, n), where);
            data.remove_prefix(n);
            remaining_ -= n;
            if (remaining_ > 0) return outcome::need_more;
            if (state_ == state::chunk_data)
                state_ = state::chunk_end;
            else
                o = end_message(true, where, state::start);
            break;
        }
        case state::body_until_end:
            body(data, where);
            data = {};
            return outcome::need_more;
        case state::chunk_line:
            o = read_chunk_line(data, where);
            break;
        case state::chunk_end:
            o = read_chunk_end(data, where);
            break;
        case state::trailers:
            o = read_trailers(data, where);
            break;
        case state::chunks_lost:
            o = find_chunks(data, where, chunk_start);
            break;
        case state::lost_body:
            if (chunk_start && is_message(look_for_message(data)))
                return end_message(false, where, state::start);
            body(data, where);
            data = {};
            return outcome::need_more;
        case state::ignoring:
            data = {};
            return outcome::need_more;
        }
        if (o != outcome::need_more) return o;
        chunk_start = chunk_start && data.size() == before;
        where.offset += before - data.size();
    }
    return outcome::need_more;
}

reader::outcome reader::read_start(std::string_view& data, const position& where, bool chunk_start) {
    if (state_ == state::searching) {
        const guess seen = chunk_start ? look_for_message(data) : guess::no;
        if (seen == guess::no) {
            data = {};
            return outcome::need_more;
        }
        tentative_ = seen == guess::unsure;
    } else {
        tentative_ = false;
    }
    // RFC 9112 section 2.2: empty lines before a message are skipped.
    position at = where;
    advance(data, at, std::min(data.find_first_not_of("\r\n"), data.size()));
    if (!data.empty()) begin_message(at);
    return outcome::need_more;
}

head_parser::result reader::read_section(std::string_view& data, const position& where, bool& too_long) {
    message& m = *current_;
    const std::size_t gathered = m.text.size() - section_base_;
    std::string_view section = data.substr(0, most_.head_bytes - std::min(gathered, most_.head_bytes));
    const std::size_t offered = section.size();
    if (gathered > 0) {
        m.text.append(section);
        section = std::string_view(m.text).substr(section_base_);
    }
    const head_parser::result r = parser_.parse(section, m, where, most_.fields);
    m.last = where.ts;
    if (r == head_parser::result::done) {
        if (gathered > 0)
            m.text.resize(section_base_ + parser_.consumed());
        else
            m.text.append(section.substr(0, parser_.consumed()));
        data.remove_prefix(parser_.consumed() - gathered);
        parser_.finish(m);
        return r;
    }
    if (gathered == 0) m.text.append(section);
    data.remove_prefix(offered);
    too_long = m.text.size() - section_base_ >= most_.head_bytes;
    return r;
}

reader::outcome reader::read_head(std::string_view& data, const position& where, bool chunk_start) {
    const std::string_view fresh = data;
    const bool was_held = !current_->text.empty();
    bool too_long = false;
    const head_parser::result r = read_section(data, where, too_long);
    message& m = *current_;
    if (tentative_ && r != head_parser::result::broken) {
        const guess seen = look_for_message(m.text);
        if (seen == guess::unsure && r == head_parser::result::need_more) return outcome::need_more;
        tentative_ = !is_message(seen);
    }
    if (tentative_) {
        // What was held begins nothing, but what came now may.
        pool_.give(release());
        state_ = state::searching;
        data = fresh;
        return read_start(data, where, chunk_start && was_held);
    }
    if (r == head_parser::result::done) return outcome::head;
    if (r == head_parser::result::need_more && !too_long) return outcome::need_more;
    if (too_long) add_note(m, anomaly::head_limit, m.start, where);
    if (too_long && m.start_line_seen) return cut_off(state::searching);
    state_ = state::searching;
    return outcome::unexpected;
}

reader::outcome reader::read_trailers(std::string_view& data, const position& where) {
    bool too_long = false;
    if (read_section(data, where, too_long) == head_parser::result::done)
        return end_message(true, where, state::start);
    if (!too_long) return outcome::need_more;
    add_note(*current_, anomaly::head_limit, where.offset, where);
    return end_message(false, where, state::searching);
}

reader::outcome reader::frame(const framing& f, const position& where) {
    framing_ = f;
    guessing_ = f.ends == body_end::unclear;
    line_.clear();
    switch (f.ends) {
    case body_end::none:
        return end_message(true, where, state::start);
    case body_end::length:
        remaining_ = f.length;
        if (remaining_ == 0) return end_message(true, where, state::start);
        state_ = state::body_length;
        break;
    case body_end::chunked:
    case body_end::unclear:
        state_ = state::chunk_line;
        break;
    case body_end::connection:
        state_ = state::body_until_end;
        break;
    }
    return outcome::need_more;
}

void reader::body(std::string_view bytes, const position& where) {
    message& m = *current_;
    m.body_size += bytes.size();
    m.last = where.ts;
    if (!asked_.bodies) return;
    if (m.body == nullptr) {
        m.body = pool_.take_body();
        m.body->begin(m, where, most_, asked_.body_limit);
        if (m.missing.bytes > 0) m.body->interrupt();
    }
    m.body->append(m, bytes, where);
}

reader::outcome reader::end_message(bool complete, const position& where, state then) {
    message& m = *current_;
    m.over = true;
    m.complete = complete && m.missing.bytes == 0;
    if (m.body != nullptr) m.body->end(m, m.complete, where);
    state_ = then;
    return outcome::over;
}

reader::outcome reader::cut_off(state then) {
    parser_.finish(*current_);
    current_->over = true;
    state_ = then;
    return outcome::cut_head;
}

void reader::take_as_body(const position& where) {
    message& m = *current_;
    const std::string text(m.text);
    m.text.clear();
    m.fields.clear();
    m.head_fields = 0;
    framing_ = {body_end::connection, 0, false};
    state_ = state::body_until_end;
    body(text, where);
}

reader::outcome reader::skip(const flow::gap& g) {
    const position where{g.offset, g.ts, 0, 0};
    switch (state_) {
    case state::ignoring:
        return outcome::need_more;
    case state::start:
    case state::searching:
        lost_.add(g.length, g);
        state_ = state::searching;
        return outcome::need_more;
    case state::head:
        if (tentative_) tentative_ = !is_message(probe_cut(current_->text));
        if (!tentative_ && (current_->start_line_seen || parser_.cut_start_line(*current_))) {
            current_->missing.add(g.length, g);
            return cut_off(state::searching);
        }
        lost_.add(g.length, g);
        pool_.give(release());
        state_ = state::searching;
        return outcome::need_more;
    case state::body_until_end:
    case state::lost_body:
        current_->missing.add(g.length, g);
        break;
    case state::chunk_data:
    case state::chunk_end:
    case state::chunks_lost:
        return skip_in_chunks(g);
    case state::body_length: {
        const std::uint64_t inside = std::min(remaining_, g.length);
        current_->missing.add(inside, g);
        remaining_ -= inside;
        if (remaining_ > 0) break;
        if (g.length > inside) lost_.add(g.length - inside, g);
        if (current_->body != nullptr) current_->body->interrupt();
        return end_message(true, where, g.length > inside ? state::searching : state::start);
    }
    case state::chunk_line:
        if (!guessing_) return skip_in_chunks(g);
        [[fallthrough]];
    case state::trailers:
        current_->missing.add(g.length, g);
        return end_message(false, where, state::searching);
    }
    if (current_->body != nullptr) current_->body->interrupt();
    return outcome::need_more;
}

/// What the framing announced and the capture does not hold.
void reader::lose_rest(const position& where) noexcept {
    flow::gap rest;
    rest.offset = where.offset;
    rest.length = remaining_;
    rest.cause = event::missing_cause::not_captured;
    rest.ts = where.ts;
    current_->missing.add(remaining_, rest);
}

reader::outcome reader::finish(event::ending why, const position& where) {
    const bool clean = why == event::ending::closed;
    const bool unseen = !clean && why != event::ending::reset;
    if (holds_http09_head()) return end_http09_head();
    const state was = state_;
    state_ = state::ignoring;
    if (current_ == nullptr) return outcome::need_more;
    message& m = *current_;
    switch (was) {
    case state::head:
        if (tentative_) break;
        if (!m.start_line_seen) return outcome::unexpected;
        if (!unseen) add_note(m, anomaly::head_cut_short, where.offset, where);
        m.ended = why;
        return cut_off(state::ignoring);
    case state::body_until_end:
        if (!clean) m.ended = why;
        return end_message(clean, where, state::ignoring);
    case state::chunks_lost:
    case state::lost_body:
        if (!clean) m.ended = why;
        return end_message(false, where, state::ignoring);
    case state::chunk_line:
        if (guessing_ && clean) {
            // Nothing that came so far was a chunk: the end of the connection ends the body.
            if (!line_.empty()) body(std::string(line_), where);
            return end_message(true, where, state::ignoring);
        }
        [[fallthrough]];
    case state::body_length:
    case state::chunk_data:
    case state::chunk_end:
    case state::trailers:
        if (!unseen)
            add_note(m, anomaly::body_cut_short, where.offset, where);
        else if (was == state::body_length || was == state::chunk_data)
            lose_rest(where);
        m.ended = why;
        return end_message(false, where, state::ignoring);
    case state::start:
    case state::searching:
    case state::ignoring:
        break;
    }
    close();
    return outcome::need_more;
}

} // namespace weir::session::http
