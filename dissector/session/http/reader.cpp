#include "session/http/reader.hpp"

#include <algorithm>

#include "session/http/form.hpp"
#include "session/http/scan.hpp"

namespace weir::session::http {

using s = reader;

/// In the order of the states: what each does with bytes, with a hole, at the end.
constinit const std::array<reader::row, reader::state_count> reader::rows{{
    /* start          */ {&s::read_start, &s::skip_between, &s::end_between},
    /* searching      */ {&s::search, &s::skip_between, &s::end_between},
    /* junk           */ {&s::read_junk, &s::skip_in_junk, &s::end_in_junk},
    /* head           */ {&s::read_head, &s::skip_in_head, &s::end_in_head},
    /* lost_head      */ {&s::read_lost_head, &s::skip_in_open_body, &s::end_lost_body},
    /* body_length    */ {&s::read_body, &s::skip_in_body, &s::end_in_body},
    /* body_until_end */ {&s::read_to_end, &s::skip_in_open_body, &s::end_open_body},
    /* chunked        */ {&s::read_chunks, &s::skip_in_chunks, &s::end_in_chunks},
    /* trailers       */ {&s::read_trailers, &s::skip_in_trailers, &s::end_in_trailers},
    /* denied_body    */ {&s::read_denied_body, &s::skip_nothing, &s::end_denied_body},
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
    tentative_ = pipelined_ = false;
    lost_.clear();
    behind_hole_ = false;
    announced_end_ = 0;
    forget_junk();
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
    return awaits_first_body_byte() && state_ != state::body_until_end && current_->has(known_field::expect);
}

bool reader::awaits_first_body_byte() const noexcept {
    const bool is_body = state_ == state::body_length || state_ == state::body_until_end ||
                         (state_ == state::chunked && chunks_.is_at_start());
    return is_body && current_->body_size == 0 && !current_->missing.any;
}

reader::outcome reader::end_without_body(const position& where) {
    return end_message(true, where, state::start);
}

bool reader::holds_http09_head() const noexcept {
    return state_ == state::head && !tentative_ && kind_ == message_kind::request &&
           current_->start_line_seen && current_->version.size == 0;
}

reader::outcome reader::end_http09_head(std::string_view answer) {
    if (holds_http09_head()) return end_head();
    const bool is_bare = state_ == state::head && !tentative_ && kind_ == message_kind::request &&
                         !current_->start_line_seen && is_bare_request(current_->text) && !answer.empty() &&
                         probe_response(answer) == guess::no;
    if (!is_bare) return outcome::need_more;
    (void)parser_.cut_start_line(*current_);
    current_->start_line_cut = false; // the line is whole, only its end is not there
    const position where{current_->begins.start, current_->last};
    add_note(*current_, anomaly::request_line_invalid, where.offset, where);
    add_note(*current_, anomaly::version_unknown, where.offset, where);
    return end_head();
}

/// Nothing more belongs to the head at hand.
reader::outcome reader::end_head() {
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
    if (where.offset < announced_end_) add_note(*current_, anomaly::smuggling_cl_te, where.offset, where);
    announced_end_ = 0;
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
    guess seen = in.chunk_start ? look_for_message(in.data) : guess::no;
    if (behind_hole_ && kind_ == message_kind::request && !begins_common_method(in.data)) seen = guess::no;
    if (seen == guess::no) {
        const std::size_t inner = pipelined_ ? find_inner_message(in.data) : in.data.size();
        if (lost_.any) lost_.unframed += inner;
        in.data.remove_prefix(inner);
        in.where.offset += inner;
        if (in.data.empty()) return outcome::need_more;
        seen = look_for_message(in.data);
    }
    tentative_ = seen == guess::unsure;
    return begin_if_message(in);
}

/// RFC 9112 section 2.2: empty lines before a message are skipped; so are blanks, which are none.
reader::outcome reader::begin_if_message(input& in) {
    const std::size_t empty = std::min(in.data.find_first_not_of(" \t\r\n"), in.data.size());
    const bool has_blanks = in.data.substr(0, empty).find_first_of(" \t") != std::string_view::npos;
    if (has_blanks && junk_.bytes == 0) junk_.begins.start = in.where.offset;
    if (has_blanks || junk_.bytes > 0) junk_.bytes += empty;
    in.data.remove_prefix(empty);
    in.where.offset += empty;
    if (!in.data.empty()) begin_message(in.where);
    return outcome::need_more;
}

/// Where behind a hole a message begins in the middle of a packet, for several were sent at once; data.size()
/// where none does. Its start line and the first field line must be whole.
std::size_t reader::find_inner_message(std::string_view data) const noexcept {
    const bool is_request = kind_ == message_kind::request;
    const std::string_view mark = is_request ? "\r\n\r\n" : "HTTP/1.";
    for (std::size_t at = data.find(mark); at != std::string_view::npos; at = data.find(mark, at + 1)) {
        const std::size_t begin = is_request ? at + mark.size() : at;
        const std::string_view rest = data.substr(begin);
        const std::size_t line = rest.find("\r\n");
        if (line == std::string_view::npos) break;
        const std::string_view second = rest.substr(line + 2);
        const std::size_t name = find_token_end(second, 0);
        if (name == 0 || name == second.size() || second[name] != ':') continue;
        if (is_message(look_for_message(rest))) return begin;
    }
    return data.size();
}

// --- what belongs to no message

void reader::forget_junk() noexcept {
    junk_.bytes = 0;
    junk_.text.clear();
    junk_.in_line = junk_.hunted = junk_.tentative = false;
}

void reader::take_junk(std::string_view bytes) {
    junk_.bytes += bytes.size();
    if (kind_ == message_kind::response && !junk_.hunted) junk_.text.append(bytes);
}

void reader::skip_junk() {
    message& m = *current_;
    if (!junk_.hunted) {
        if (junk_.bytes == 0) {
            junk_.begins = m.begins;
            junk_.first = m.first;
        }
        take_junk(m.text);
        junk_.in_line = !m.text.ends_with('\n');
    }
    pool_.give(release());
    tentative_ = false;
    state_ = state::junk;
}

/// All that was skipped, as one message that is none.
reader::outcome reader::present_junk() {
    current_ = pool_.take(kind_);
    current_->begins = junk_.begins;
    current_->first = current_->last = junk_.first;
    current_->text.swap(junk_.text);
    junk_.hunted = true;
    return outcome::unexpected;
}

reader::outcome reader::read_junk(input& in) {
    if (!junk_.in_line || in.chunk_start) {
        const guess seen = look_for_message(in.data);
        if (is_message(seen) || (!junk_.in_line && seen != guess::no)) {
            tentative_ = junk_.tentative = true;
            return begin_if_message(in);
        }
    }
    const std::size_t lf = in.data.find('\n');
    const std::size_t size = lf == std::string_view::npos ? in.data.size() : lf + 1;
    take_junk(in.data.substr(0, size));
    in.data.remove_prefix(size);
    junk_.in_line = lf == std::string_view::npos;
    if (junk_.text.size() < most_.junk_bytes) return outcome::need_more;
    return present_junk();
}

reader::outcome reader::skip_in_junk(const flow::gap& g) {
    if (!junk_.text.empty()) return present_junk();
    forget_junk();
    return skip_between(g);
}

reader::outcome reader::end_in_junk(event::ending why, const position& where) {
    if (!junk_.text.empty()) return present_junk();
    return end_between(why, where);
}

/// The first line of what was taken for a head is none: what stands behind it is still to be read.
void reader::give_back_after_line(input& in, std::string_view fresh) {
    std::string& text = current_->text;
    const std::size_t lf = text.find('\n');
    if (lf == std::string::npos) return;
    const std::size_t held = text.size() - (fresh.size() - in.data.size());
    if (lf + 1 < held) return;
    in.data = fresh.substr(lf + 1 - held);
    text.resize(lf + 1);
}

// --- heads

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
        // A line that is no field may show that the head ended before it, in an earlier packet: what of it
        // was gathered stays with the head.
        const std::size_t consumed = std::max(parser_.consumed(), gathered);
        if (gathered > 0)
            m.text.resize(section_base_ + consumed);
        else
            m.text.append(section.substr(0, consumed));
        in.data.remove_prefix(consumed - gathered);
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
    if (tentative_ && junk_.tentative) {
        junk_.tentative = false;
        give_back_after_line(in, fresh);
        skip_junk();
        return outcome::need_more;
    }
    if (tentative_) {
        // What was held begins nothing, but what came now may.
        pool_.give(release());
        state_ = state::searching;
        in.data = fresh;
        in.chunk_start = in.chunk_start && was_held;
        return search(in);
    }
    junk_.tentative = false;
    if (r != head_parser::result::broken && m.start_line_seen && junk_.bytes > 0) {
        m.skipped = junk_.bytes;
        add_note(m, anomaly::junk_before_message, junk_.begins.start, in.where,
                 std::to_string(m.skipped) + " bytes before the message belong to none; they were skipped");
        forget_junk();
    }
    if (r == head_parser::result::done) return outcome::head;
    if (r == head_parser::result::need_more && !too_long) return outcome::need_more;
    if (too_long) add_note(m, anomaly::head_limit, m.begins.start, in.where);
    if (too_long && m.start_line_seen) return cut_off();
    if (!too_long) give_back_after_line(in, fresh);
    return outcome::unexpected;
}

/// Behind a hole in its head: what cannot be told apart is counted.
reader::outcome reader::read_lost_head(input& in) {
    if (in.chunk_start && may_begin_message(in.data)) return end_message(false, in.where, state::searching);
    const std::size_t inner = pipelined_ ? find_inner_message(in.data) : in.data.size();
    current_->unframed += inner;
    current_->last = in.where.ts;
    in.data.remove_prefix(inner);
    in.where.offset += inner;
    return in.data.empty() ? outcome::need_more : end_message(false, in.where, state::start);
}

/// Also where a packet ends before it is certain.
bool reader::may_begin_message(std::string_view data) const noexcept {
    const guess seen = look_for_message(data);
    if (seen != guess::unsure) return is_message(seen);
    return kind_ == message_kind::request ? is_message(probe_cut(data)) : data.starts_with("HTTP/");
}

reader::outcome reader::end_here(const position& where) {
    return end_message(state_ == state::denied_body, where, state::start);
}

/// A response whose request was not seen may answer HEAD: then the next message follows its head.
bool reader::has_no_body_here(const input& in) const noexcept {
    return framing_.may_answer_head && current_->body_size == 0 && !current_->missing.any && in.chunk_start &&
           is_message(look_for_message(in.data));
}

reader::outcome reader::read_body(input& in) {
    if (has_no_body_here(in)) return end_message(true, in.where, state::start);
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
    if (has_no_body_here(in) && chunks_.is_at_start()) return end_message(true, in.where, state::start);
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
        begin_trailers(in.where);
        break;
    case chunked_body::outcome::broken:
        return lose_framing(step.piece, in.where);
    case chunked_body::outcome::too_long:
        return end_message(false, in.where, state::searching);
    case chunked_body::outcome::found:
    case chunked_body::outcome::found_last:
    case chunked_body::outcome::end:
        return resume_chunks(in, step);
    }
    return outcome::need_more;
}

void reader::begin_trailers(const position& where) {
    section_base_ = current_->text.size();
    parser_.begin(true, static_cast<std::uint32_t>(section_base_), where.offset);
    state_ = state::trailers;
}

/// What was seen until here was the body, except the framing in it.
reader::outcome reader::resume_chunks(input& in, const chunked_body::step& found) {
    message& m = *current_;
    const bool is_end = found.what == chunked_body::outcome::end;
    const bool is_believed = !is_end || in.data.empty() || is_message(look_for_message(in.data));
    if (!is_believed) return outcome::need_more;
    m.body_size += m.unframed - std::min(m.unframed, found.framing);
    m.unframed = 0;
    if (found.what == chunked_body::outcome::found_last) begin_trailers(in.where);
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

/// RFC 9110 sections 15.2, 15.3.5 and 15.4.5: no body, whatever the fields say. Where what follows is no
/// status line, it is one all the same.
reader::outcome reader::read_denied_body(input& in) {
    constexpr std::string_view name = "HTTP/";
    const std::string_view begin = in.data.substr(0, name.size());
    const bool is_next = name.starts_with(begin) || begin.front() == '\r' || begin.front() == '\n';
    if (is_next) return end_message(true, in.where, state::start);
    add_note(*current_, anomaly::body_not_allowed, in.where.offset, in.where);
    framing f = framing_;
    f.denied = false;
    return frame(f, in.where);
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
    current_->body_begins = where.offset;
    if (f.denied) {
        state_ = state::denied_body;
        return outcome::need_more;
    }
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
    if (kind_ == message_kind::request) look_for_smuggled(bytes, where);
    if (listener_ != nullptr) listener_->on_body(kind_, m.body_size, bytes, where);
    m.body_size += bytes.size();
    m.last = where.ts;
    if (!asked_.decodes_bodies()) return;
    if (m.body == nullptr) begin_kept_body(where);
    m.body->append(m.notes, bytes, where);
}

void reader::begin_kept_body(const position& where) {
    message& m = *current_;
    m.body = pool_.take_body();
    codings_.clear();
    collect_codings(m, where, codings_);
    body_uses uses;
    uses.keep = std::max(asked_.bodies ? asked_.body_limit : 0, asked_.content_limit);
    uses.hash = asked_.body_hash;
    if (kind_ == message_kind::request && asked_.reads_forms() && m.has(known_field::content_type)) {
        const std::string_view type = m.first_value(known_field::content_type);
        if (form::kind_of(type) != form::kind::none) uses.form_type = type;
    }
    m.body->begin(codings_, m.notes, where, most_, uses);
    if (m.missing.any) m.body->interrupt();
}

bool reader::suspect::is_request(std::string_view bytes) {
    if (!is_open) return false;
    const bool may_be = !text.empty() || (bytes.front() >= 'A' && bytes.front() <= 'Z');
    guess seen = may_be ? probe_request(bytes) : guess::no;
    if (may_be && (seen == guess::unsure || !text.empty())) {
        text.append(bytes.substr(0, enough));
        seen = probe_request(text);
    }
    is_open = seen == guess::unsure;
    return is_message(seen);
}

/// A request inside the body of another: what those read that frame the body differently.
void reader::look_for_smuggled(std::string_view bytes, const position& where) {
    message& m = *current_;
    if (m.body_size == 0) {
        at_body_start_ = {true, {}};
        at_length_end_ = {};
    }
    if (at_body_start_.is_request(bytes)) add_note(m, anomaly::smuggling_cl_0, m.body_begins, where);
    if (framing_.ends != body_end::chunked || !framing_.has_length) return;
    const std::uint64_t length_end = m.body_begins + framing_.length;
    if (length_end >= where.offset && length_end < where.offset + bytes.size()) {
        at_length_end_ = {true, {}};
        bytes.remove_prefix(static_cast<std::size_t>(length_end - where.offset));
    }
    if (at_length_end_.is_request(bytes)) add_note(m, anomaly::smuggling_te_cl, length_end, where);
}

reader::outcome reader::end_message(bool complete, const position& where, state then) {
    message& m = *current_;
    behind_hole_ = false;
    m.over = true;
    m.complete = complete && !m.missing.any;
    if (m.body != nullptr) m.body->end(m.notes, m.complete, where);
    if (kind_ == message_kind::request && framing_.ends == body_end::chunked && framing_.has_length)
        announced_end_ = m.body_begins + framing_.length;
    state_ = then;
    return outcome::over;
}

reader::outcome reader::cut_off() {
    parser_.finish(*current_);
    framing_ = {};
    state_ = state::lost_head;
    return outcome::cut_head;
}

void reader::take_as_body(const position& where) {
    message& m = *current_;
    const std::string text(m.text);
    m.text.clear();
    m.fields.clear();
    m.head_fields = 0;
    framing_ = {body_end::connection};
    forget_junk();
    state_ = state::body_until_end;
    body(text, where);
}

// --- holes

reader::outcome reader::skip(const flow::gap& g) {
    return (this->*rows[static_cast<std::size_t>(state_)].skip)(g);
}

reader::outcome reader::skip_between(const flow::gap& g) {
    lost_.add(g);
    behind_hole_ = true;
    state_ = state::searching;
    return outcome::need_more;
}

reader::outcome reader::skip_in_head(const flow::gap& g) {
    if (tentative_) tentative_ = !is_message(probe_cut(current_->text));
    if (!tentative_ && (current_->start_line_seen || parser_.cut_start_line(*current_))) {
        current_->missing.add(g);
        return cut_off();
    }
    pool_.give(release());
    forget_junk();
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
    if (state_ == state::head && !tentative_ && parser_.may_be_done()) {
        parser_.take_doubtful_end();
        return end_head();
    }
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
    const bool is_told = m.start_line_seen || (kind_ == message_kind::response && parser_.cut_start_line(m));
    if (!is_told) return outcome::unexpected;
    if (is_of_the_connection(why)) add_note(m, anomaly::head_cut_short, where.offset, where);
    m.ended = why;
    const outcome cut = cut_off();
    m.over = true;
    return cut;
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

reader::outcome reader::end_denied_body(event::ending, const position& where) {
    return end_message(true, where, state::ignoring);
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
