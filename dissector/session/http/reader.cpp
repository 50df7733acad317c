#include "session/http/reader.hpp"

#include <algorithm>

namespace weir::session::http {

using s = reader;

/// In the order of the states: what each does with bytes, with a hole, at the end.
constinit const std::array<reader::row, reader::state_count> reader::rows{{
    /* start          */ {&s::read_start, &s::skip_between, &s::end_between},
    /* searching      */ {&s::search, &s::skip_between, &s::end_between},
    /* head           */ {&s::read_head, &s::skip_in_head, &s::end_in_head},
    /* body_length    */ {&s::read_body, &s::skip_in_body, &s::end_in_body},
    /* body_until_end */ {&s::read_to_end, &s::skip_in_open_body, &s::end_open_body},
    /* chunked        */ {&s::read_chunks, &s::skip_in_chunks, &s::end_in_chunks},
    /* trailers       */ {&s::read_trailers, &s::skip_in_trailers, &s::end_in_trailers},
    /* lost_body      */ {&s::read_lost_body, &s::skip_in_open_body, &s::end_lost_body},
    /* ignoring       */ {&s::read_nothing, &s::skip_nothing, &s::end_between},
}};

namespace {

/// The connection ended, not the capture of it.
bool is_of_the_connection(event::ending why) noexcept {
    return why == event::ending::closed || why == event::ending::reset;
}

} // namespace

void reader::open(message_kind kind, bool searching) noexcept {
    kind_ = kind;
    state_ = searching ? state::searching : state::start;
    tentative_ = false;
    lost_.clear();
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
    return (state_ == state::body_length || (state_ == state::chunked && chunks_.is_at_start())) &&
           current_->body_size == 0 && !current_->missing.any && current_->has(known_field::expect);
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
    current_->begins.start = where.offset;
    current_->begins.acked = where.acked;
    current_->first = current_->last = where.ts;
    section_base_ = 0;
    parser_.begin(false, 0, where.offset);
    state_ = state::head;
}

reader::outcome reader::next(std::string_view& data, position where, bool chunk_start) {
    input in{data, where, chunk_start};
    const std::size_t size = data.size();
    while (!data.empty()) {
        const std::size_t before = data.size();
        const outcome o = (this->*rows[static_cast<std::size_t>(state_)].read)(in);
        if (o != outcome::need_more) return o;
        in.chunk_start = in.chunk_start && data.size() == before;
        in.where.offset = where.offset + (size - data.size());
    }
    return outcome::need_more;
}

// --- bytes

reader::outcome reader::read_start(input& in) {
    tentative_ = false;
    return begin_if_message(in);
}

reader::outcome reader::search(input& in) {
    const guess seen = in.chunk_start ? look_for_message(in.data) : guess::no;
    if (seen == guess::no) return read_nothing(in);
    tentative_ = seen == guess::unsure;
    return begin_if_message(in);
}

/// RFC 9112 section 2.2: empty lines before a message are skipped.
reader::outcome reader::begin_if_message(input& in) {
    const std::size_t empty = std::min(in.data.find_first_not_of("\r\n"), in.data.size());
    in.data.remove_prefix(empty);
    in.where.offset += empty;
    if (!in.data.empty()) begin_message(in.where);
    return outcome::need_more;
}

head_parser::result reader::read_section(input& in, bool& too_long) {
    message& m = *current_;
    const std::size_t gathered = m.text.size() - section_base_;
    std::string_view section = in.data.substr(0, most_.head_bytes - std::min(gathered, most_.head_bytes));
    const std::size_t offered = section.size();
    if (gathered > 0) {
        m.text.append(section);
        section = std::string_view(m.text).substr(section_base_);
    }
    const head_parser::result r = parser_.parse(section, m, in.where, most_.fields);
    m.last = in.where.ts;
    if (r == head_parser::result::done) {
        if (gathered > 0)
            m.text.resize(section_base_ + parser_.consumed());
        else
            m.text.append(section.substr(0, parser_.consumed()));
        in.data.remove_prefix(parser_.consumed() - gathered);
        parser_.finish(m);
        return r;
    }
    if (gathered == 0) m.text.append(section);
    in.data.remove_prefix(offered);
    too_long = m.text.size() - section_base_ >= most_.head_bytes;
    return r;
}

reader::outcome reader::read_head(input& in) {
    const std::string_view fresh = in.data;
    const bool was_held = !current_->text.empty();
    bool too_long = false;
    const head_parser::result r = read_section(in, too_long);
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
        in.data = fresh;
        in.chunk_start = in.chunk_start && was_held;
        return search(in);
    }
    if (r == head_parser::result::done) return outcome::head;
    if (r == head_parser::result::need_more && !too_long) return outcome::need_more;
    if (too_long) add_note(m, anomaly::head_limit, m.begins.start, in.where);
    if (too_long && m.start_line_seen) return cut_off(state::searching);
    state_ = state::searching;
    return outcome::unexpected;
}

reader::outcome reader::read_body(input& in) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, in.data.size()));
    body(in.data.substr(0, n), in.where);
    in.data.remove_prefix(n);
    remaining_ -= n;
    return remaining_ > 0 ? outcome::need_more : end_message(true, in.where, state::start);
}

reader::outcome reader::read_to_end(input& in) {
    body(in.data, in.where);
    return read_nothing(in);
}

reader::outcome reader::read_chunks(input& in) {
    message& m = *current_;
    const bool is_lost = chunks_.now() == chunked_body::state::lost;
    if (is_lost && in.chunk_start && is_message(look_for_message(in.data)))
        return end_message(false, in.where, state::start);
    const std::size_t before = in.data.size();
    const chunked_body::step step = chunks_.next(in.data, in.where, m.notes, most_.chunk_line_bytes);
    if (is_lost) m.unframed += before - in.data.size();
    m.last = in.where.ts;
    switch (step.what) {
    case chunked_body::outcome::need_more:
        break;
    case chunked_body::outcome::data:
        body(step.piece, in.where);
        break;
    case chunked_body::outcome::last:
        section_base_ = m.text.size();
        parser_.begin(true, static_cast<std::uint32_t>(section_base_), in.where.offset);
        state_ = state::trailers;
        break;
    case chunked_body::outcome::broken:
        return lose_framing(step.piece, in.where);
    case chunked_body::outcome::too_long:
        return end_message(false, in.where, state::searching);
    case chunked_body::outcome::found:
    case chunked_body::outcome::end:
        return resume_chunks(in, step);
    }
    return outcome::need_more;
}

/// What was seen until here was the body, except the framing in it.
reader::outcome reader::resume_chunks(input& in, const chunked_body::step& found) {
    message& m = *current_;
    const bool is_end = found.what == chunked_body::outcome::end;
    const bool is_believed = !is_end || in.data.empty() || is_message(look_for_message(in.data));
    if (!is_believed) return outcome::need_more;
    m.body_size += m.unframed - std::min(m.unframed, found.framing);
    m.unframed = 0;
    return is_end ? end_message(true, in.where, state::start) : outcome::need_more;
}

/// What was `taken` for chunked framing is body. Where nothing was chunked before, the other readings are
/// Content-Length and the end of the connection.
reader::outcome reader::lose_framing(std::string_view taken, const position& where) {
    message& m = *current_;
    const bool is_first = m.body_size == 0;
    if (!taken.empty()) body(taken, where);
    state_ = state::lost_body;
    if (is_first && framing_.has_length && framing_.length >= m.body_size) {
        remaining_ = framing_.length - m.body_size;
        if (remaining_ == 0) return end_message(true, where, state::start);
        state_ = state::body_length;
    } else if (chunks_.is_guessing() && kind_ == message_kind::response) {
        state_ = state::body_until_end;
    }
    return outcome::need_more;
}

reader::outcome reader::read_trailers(input& in) {
    bool too_long = false;
    if (read_section(in, too_long) == head_parser::result::done)
        return end_message(true, in.where, state::start);
    if (!too_long) return outcome::need_more;
    add_note(*current_, anomaly::head_limit, in.where.offset, in.where);
    return end_message(false, in.where, state::searching);
}

reader::outcome reader::read_lost_body(input& in) {
    if (in.chunk_start && is_message(look_for_message(in.data)))
        return end_message(false, in.where, state::start);
    return read_to_end(in);
}

reader::outcome reader::read_nothing(input& in) {
    in.data = {};
    return outcome::need_more;
}

// --- what a message is made of

reader::outcome reader::frame(const framing& f, const position& where) {
    framing_ = f;
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
        chunks_.begin(f.ends == body_end::unclear);
        state_ = state::chunked;
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
        codings_.clear();
        collect_codings(m, codings_);
        m.body->begin(codings_, m.notes, where, most_, asked_.body_limit);
        if (m.missing.any) m.body->interrupt();
    }
    m.body->append(m.notes, bytes, where);
}

reader::outcome reader::end_message(bool complete, const position& where, state then) {
    message& m = *current_;
    m.over = true;
    m.complete = complete && !m.missing.any;
    if (m.body != nullptr) m.body->end(m.notes, m.complete, where);
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

// --- holes

reader::outcome reader::skip(const flow::gap& g) {
    return (this->*rows[static_cast<std::size_t>(state_)].skip)(g);
}

reader::outcome reader::skip_between(const flow::gap& g) {
    lost_.add(g);
    state_ = state::searching;
    return outcome::need_more;
}

reader::outcome reader::skip_in_head(const flow::gap& g) {
    if (tentative_) tentative_ = !is_message(probe_cut(current_->text));
    if (!tentative_ && (current_->start_line_seen || parser_.cut_start_line(*current_))) {
        current_->missing.add(g);
        return cut_off(state::searching);
    }
    pool_.give(release());
    return skip_between(g);
}

reader::outcome reader::skip_in_body(const flow::gap& g) {
    const position where{g.offset, g.ts};
    if (current_->body != nullptr) current_->body->interrupt();
    if (!g.length) { // how much of it was the body's is not known
        current_->missing.add(g);
        return end_message(false, where, state::searching);
    }
    const std::uint64_t inside = std::min(remaining_, *g.length);
    current_->missing.add(inside, g);
    remaining_ -= inside;
    if (remaining_ > 0) return outcome::need_more;
    const bool goes_beyond = *g.length > inside;
    if (goes_beyond) lost_.add(*g.length - inside, g);
    return end_message(true, where, goes_beyond ? state::searching : state::start);
}

reader::outcome reader::skip_in_open_body(const flow::gap& g) {
    current_->missing.add(g);
    if (current_->body != nullptr) current_->body->interrupt();
    return outcome::need_more;
}

reader::outcome reader::skip_in_chunks(const flow::gap& g) {
    if (chunks_.is_guessing()) return skip_in_trailers(g);
    chunks_.skip(g);
    return skip_in_open_body(g);
}

reader::outcome reader::skip_in_trailers(const flow::gap& g) {
    current_->missing.add(g);
    return end_message(false, {g.offset, g.ts}, state::searching);
}

reader::outcome reader::skip_nothing(const flow::gap&) { return outcome::need_more; }

// --- the end

reader::outcome reader::finish(event::ending why, const position& where) {
    if (holds_http09_head()) return end_http09_head();
    const outcome o = (this->*rows[static_cast<std::size_t>(state_)].end)(why, where);
    state_ = state::ignoring;
    return o;
}

reader::outcome reader::end_between(event::ending, const position&) {
    close();
    return outcome::need_more;
}

reader::outcome reader::end_in_head(event::ending why, const position& where) {
    message& m = *current_;
    if (tentative_) return end_between(why, where);
    if (!m.start_line_seen) return outcome::unexpected;
    if (is_of_the_connection(why)) add_note(m, anomaly::head_cut_short, where.offset, where);
    m.ended = why;
    return cut_off(state::ignoring);
}

reader::outcome reader::end_in_body(event::ending why, const position& where) {
    return cut_body(remaining_, why, where);
}

reader::outcome reader::end_open_body(event::ending why, const position& where) {
    const bool clean = why == event::ending::closed;
    if (!clean) current_->ended = why;
    return end_message(clean, where, state::ignoring);
}

reader::outcome reader::end_in_chunks(event::ending why, const position& where) {
    if (chunks_.now() == chunked_body::state::lost) return end_lost_body(why, where);
    if (chunks_.is_guessing() && why == event::ending::closed) {
        // Nothing that came so far was a chunk: the end of the connection ends the body.
        if (!chunks_.unfinished().empty()) body(chunks_.unfinished(), where);
        return end_message(true, where, state::ignoring);
    }
    return cut_body(chunks_.remaining(), why, where);
}

reader::outcome reader::end_in_trailers(event::ending why, const position& where) {
    return cut_body(0, why, where);
}

/// Whether it was whole nobody can know.
reader::outcome reader::end_lost_body(event::ending why, const position& where) {
    if (why != event::ending::closed) current_->ended = why;
    return end_message(false, where, state::ignoring);
}

/// `announced` bytes are still to come. Where the capture ended and not the connection, they are missing.
reader::outcome reader::cut_body(std::uint64_t announced, event::ending why, const position& where) {
    message& m = *current_;
    m.ended = why;
    if (is_of_the_connection(why)) {
        add_note(m, anomaly::body_cut_short, where.offset, where);
    } else if (announced > 0) {
        flow::gap rest;
        rest.offset = where.offset;
        rest.length = announced;
        rest.cause = event::missing_cause::not_captured;
        rest.ts = where.ts;
        m.missing.add(rest);
    }
    return end_message(false, where, state::ignoring);
}

} // namespace weir::session::http
