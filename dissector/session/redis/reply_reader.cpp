#include "session/redis/reply_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace weir::session::redis {

namespace {

redis_type type_of(char marker) noexcept {
    switch (marker) {
    case '+':
        return redis_type::simple_string;
    case '-':
        return redis_type::error;
    case ':':
        return redis_type::integer;
    case '$':
        return redis_type::bulk_string;
    case '*':
    case '>':
        return redis_type::array;
    case '%':
    case '|':
        return redis_type::map;
    case '~':
        return redis_type::set;
    case ',':
        return redis_type::real;
    case '#':
        return redis_type::boolean;
    case '(':
        return redis_type::big_number;
    case '=':
        return redis_type::verbatim_string;
    case '!':
        return redis_type::bulk_error;
    default:
        return redis_type::null;
    }
}

bool holds_pairs(char marker) noexcept { return marker == '%' || marker == '|'; }

bool parse_real(std::string_view text, double& out) noexcept {
    if (text == "inf" || text == "-inf") {
        out = std::numeric_limits<double>::infinity() * (text.front() == '-' ? -1 : 1);
        return true;
    }
    if (text == "nan" || text == "-nan") {
        out = std::numeric_limits<double>::quiet_NaN();
        return true;
    }
    if (text.starts_with('+')) text.remove_prefix(1);
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, out);
    return parsed.ec == std::errc() && parsed.ptr == end && std::isfinite(out);
}

} // namespace

reply_reader::reply_reader(const limits& most, const options& asked) noexcept
    : most_(most)
    , most_elements_(asked.bodies ? most.elements_with_bodies : most.elements)
    , most_values_(asked.bodies ? most.elements_with_bodies : most.values)
    , most_bytes_(asked.bodies ? std::max<std::uint64_t>(asked.body_limit, most.element_bytes)
                               : most.element_bytes)
    , most_all_bytes_(asked.bodies ? most_bytes_ : std::numeric_limits<std::uint64_t>::max())
    , scanner_(most) {}

void reply_reader::reset() {
    scanner_.reset();
    next_reply();
}

void reply_reader::next_reply() {
    current_.clear(most_.buffer_kept);
    open_.clear();
    is_begun_ = false;
    bulk_ = not_kept;
    kept_bytes_ = 0;
}

reply_reader::outcome reply_reader::next(std::string_view& data, const position& where) {
    const std::size_t all = data.size();
    if (!is_begun_) {
        if (data.empty()) return outcome::need_more;
        is_begun_ = true;
        current_.begins = {where.offset, where.acked};
        current_.first = where.ts;
    }
    current_.last = where.ts;
    outcome o = outcome::need_more;
    std::size_t before = all;
    do {
        before = data.size();
        const token t = scanner_.next(data);
        if (t.what == token::kind::need_more) break;
        position here = where;
        here.offset += all - before;
        o = take(t, here);
    } while (o == outcome::need_more);
    current_.size += all - data.size();
    return o;
}

reply_reader::outcome reply_reader::take(const token& t, const position& where) {
    bool is_over = false;
    switch (t.what) {
    case token::kind::need_more:
        return outcome::need_more;
    case token::kind::line:
        add_line(t, where);
        is_over = element_over();
        break;
    case token::kind::list:
        if (t.is_null) {
            (void)add(redis_type::null);
            is_over = element_over();
            break;
        }
        if (open_.size() >= most_.depth) {
            current_.notes.add(anomaly::depth_limit, where.offset, where);
            scanner_.reset();
            return outcome::broken;
        }
        is_over = open_list(t);
        break;
    case token::kind::bulk:
        bulk_ = add(t.is_null ? redis_type::null : type_of(t.marker));
        if (t.is_null) is_over = element_over();
        break;
    case token::kind::piece:
        add_text(bulk_, t.text, false);
        break;
    case token::kind::bulk_end:
        if (t.is_odd) current_.notes.add(anomaly::bulk_end_invalid, where.offset, where);
        bulk_ = not_kept;
        is_over = element_over();
        break;
    case token::kind::stream_end:
        if (open_.empty() || !open_.back().is_streamed) {
            current_.notes.add(anomaly::end_unexpected, where.offset, where);
            return outcome::broken;
        }
        is_over = close_list() && element_over();
        break;
    case token::kind::broken:
        current_.notes.add(t.why, where.offset, where);
        return outcome::broken;
    }
    if (!is_over) return outcome::need_more;
    current_.is_complete = !current_.missing.any;
    return outcome::over;
}

/// A value begins; the index of what is kept of it.
std::size_t reply_reader::add(redis_type type) {
    if (!open_.empty()) {
        frame& around = open_.back();
        const std::size_t most = most_elements_ * (holds_pairs(around.marker) ? 2 : 1);
        const bool is_kept = around.node != not_kept && around.kept < most &&
                             open_.size() <= event::most_nested && current_.nodes.size() < most_values_;
        if (!is_kept) {
            current_.is_truncated = current_.is_truncated || !around.is_aside;
            return not_kept;
        }
        ++around.kept;
        ++current_.nodes[around.node].elements;
    } else {
        current_.value = current_.nodes.size();
    }
    current_.nodes.push_back({});
    current_.nodes.back().type = type;
    return current_.nodes.size() - 1;
}

void reply_reader::add_line(const token& t, const position& where) {
    const redis_type type = type_of(t.marker);
    const std::size_t at = add(type);
    if (t.is_cut) {
        current_.notes.add(anomaly::line_limit, where.offset, where);
        current_.is_truncated = true;
    }
    std::int64_t number = 0;
    double real = 0;
    bool is_valid = true;
    if (type == redis_type::integer) is_valid = parse_integer(t.text, number);
    if (type == redis_type::boolean) {
        is_valid = t.text == "t" || t.text == "f";
        number = t.text == "t" ? 1 : 0;
    }
    if (type == redis_type::real) is_valid = parse_real(t.text, real);
    if (!is_valid) current_.notes.add(anomaly::number_invalid, where.offset, where);
    if (at == not_kept) return;
    node& n = current_.nodes[at];
    n.number = number;
    n.real = real;
    const bool is_text = type == redis_type::simple_string || type == redis_type::error ||
                         type == redis_type::big_number || !is_valid;
    if (is_text) add_text(at, t.text, t.is_passing);
}

void reply_reader::add_text(std::size_t at, std::string_view bytes, bool is_passing) {
    if (at == not_kept || !current_.nodes[at].is_whole) return;
    node& n = current_.nodes[at];
    const std::uint64_t room = std::min(most_bytes_ - n.size, most_all_bytes_ - kept_bytes_);
    const std::string_view kept = bytes.substr(0, std::min<std::uint64_t>(room, bytes.size()));
    current_.append(n, kept, is_passing);
    kept_bytes_ += kept.size();
    if (kept.size() == bytes.size()) return;
    n.is_whole = false;
    current_.is_truncated = true;
}

bool reply_reader::open_list(const token& t) {
    frame f;
    f.marker = t.marker;
    f.is_streamed = t.is_streamed;
    f.remaining = holds_pairs(t.marker) ? 2 * t.count : t.count;
    const bool is_top = open_.empty();
    if (t.marker == '|') {
        // Of attributes only those of the reply itself are kept, once.
        if (is_top && !current_.has_attributes) {
            f.node = add(redis_type::map);
            current_.has_attributes = true;
            current_.value = not_kept; // they are not the value, should the reply end within them
        }
        f.is_aside = f.node == not_kept;
    } else {
        f.node = add(type_of(t.marker));
        f.is_aside = !is_top && open_.back().is_aside;
    }
    if (is_top && t.marker == '>') current_.is_push = true;
    open_.push_back(f);
    return !f.is_streamed && f.remaining == 0 && close_list() && element_over();
}

/// The innermost list is over. False where it is no element itself: attributes.
bool reply_reader::close_list() noexcept {
    const bool is_attribute = open_.back().marker == '|';
    open_.pop_back();
    if (is_attribute && open_.empty()) current_.value = current_.nodes.size();
    return !is_attribute;
}

/// An element is over, and with it perhaps the lists around it. True where the reply is.
bool reply_reader::element_over() noexcept {
    while (!open_.empty()) {
        frame& around = open_.back();
        if (around.is_streamed || --around.remaining > 0) return false;
        if (!close_list()) return false;
    }
    return true;
}

bool reply_reader::skip(const flow::gap& g) {
    if (!is_begun_) return false;
    const bool goes_on = g.length && scanner_.skip(*g.length);
    if (!goes_on) scanner_.reset();
    current_.missing.add(g);
    cut();
    if (goes_on && bulk_ != not_kept) current_.is_truncated = true;
    return goes_on;
}

void reply_reader::cut() noexcept {
    if (bulk_ != not_kept) current_.nodes[bulk_].is_whole = false;
}

} // namespace weir::session::redis
