#include "session/http/form.hpp"

#include <algorithm>
#include <utility>

#include "session/http/text.hpp"

namespace weir::session::http {

namespace {

constexpr std::string_view line_end = "\r\n";
/// White space behind a boundary (RFC 2046 section 5.1.1); whoever pads it pads less.
constexpr std::size_t most_padding = 64;

std::string_view media_type(std::string_view content_type) noexcept {
    return trimmed(content_type.substr(0, content_type.find(';')));
}

/// A backslash before a quote or a backslash; others stand for themselves, as in paths.
bool is_escape(std::string_view text, std::size_t at) noexcept {
    return text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\');
}

struct parameter_text {
    std::string_view name, value;
    bool is_quoted = false;
    bool is_open = false; ///< the closing quote is not there
};

/// Takes one parameter, `; name=value`, from the front of `rest`: its value as it stands, without the quotes
/// of a quoted one, which may hold semicolons. False where there is none.
bool take_parameter(std::string_view& rest, parameter_text& out) noexcept {
    const std::size_t semicolon = rest.find(';');
    if (semicolon == std::string_view::npos) return false;
    rest.remove_prefix(semicolon + 1);
    const std::size_t stop = rest.find_first_of("=;");
    out = {trimmed(rest.substr(0, stop)), {}};
    if (stop == std::string_view::npos || rest[stop] == ';') {
        rest.remove_prefix(std::min(stop, rest.size()));
        return true;
    }
    rest = without_leading_blanks(rest.substr(stop + 1));
    if (!rest.starts_with('"')) {
        const std::size_t end = std::min(rest.find(';'), rest.size());
        out.value = trimmed(rest.substr(0, end));
        rest.remove_prefix(end);
        return true;
    }
    rest.remove_prefix(1);
    std::size_t end = 0;
    while (end < rest.size() && rest[end] != '"') end += is_escape(rest, end) ? 2U : 1U;
    out.value = rest.substr(0, end);
    out.is_quoted = true;
    out.is_open = end >= rest.size();
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return true;
}

std::string_view boundary_of(std::string_view content_type) noexcept {
    parameter_text p;
    while (take_parameter(content_type, p))
        if (equals_ignoring_case(p.name, "boundary")) return p.value;
    return {};
}

} // namespace

form::kind form::kind_of(std::string_view content_type) noexcept {
    const std::string_view type = media_type(content_type);
    if (equals_ignoring_case(type, "application/x-www-form-urlencoded")) return kind::urlencoded;
    return equals_ignoring_case(type, "multipart/form-data") ? kind::multipart : kind::none;
}

void form::begin(std::string_view content_type, const limits& most) {
    most_ = most;
    stopped_ = cut_ = invalid_ = over_limit_ = in_field_ = false;
    text_.clear();
    fields_.clear();
    escape_size_ = 0;
    delimiter_end_.clear();
    if (kind_of(content_type) == kind::urlencoded) {
        at_ = at::name;
        return;
    }
    const std::string_view boundary = boundary_of(content_type);
    // RFC 2046 section 5.1.1: 1 to 70 characters. Longer ones are read as well, control characters are not.
    const bool is_usable = !boundary.empty() && boundary.size() <= most.form_value_bytes &&
                           std::none_of(boundary.begin(), boundary.end(), is_control);
    at_ = is_usable ? at::preamble : at::over;
    invalid_ = !is_usable;
    delimiter_.assign("\r\n--").append(boundary);
    matched_ = line_end.size(); // the body begins a line
}

void form::append(std::string_view bytes) {
    if (stopped_) return;
    if (at_ == at::name || at_ == at::value)
        read_pairs(bytes);
    else
        read_parts(bytes);
}

void form::interrupt() noexcept {
    stopped_ = true;
    cut_ = cut_ || at_ != at::over;
    if (in_field_) fields_.back().truncated = true;
}

void form::end(bool complete) {
    if (stopped_) return;
    if (!complete) return interrupt(); // what may have been an escape or a delimiter is left out
    if (at_ == at::name || at_ == at::value) {
        give_back_escape();
    } else if (at_ != at::over) {
        if (matched_ < delimiter_.size()) give_back_delimiter();
        invalid_ = true; // no last delimiter
        if (at_ != at::head || !head_.empty()) end_part();
    }
}

// --- what is kept

/// Null where there are enough.
form::field* form::add_field() {
    in_field_ = fields_.size() < most_.form_fields;
    if (!in_field_) {
        cut_ = over_limit_ = true;
        return nullptr;
    }
    fields_.emplace_back();
    return &fields_.back();
}

/// To the last piece of the last field; it ends where text_ ends.
void form::put(piece& to, std::string_view bytes) {
    if (to.size == 0) to.at = static_cast<std::uint32_t>(text_.size());
    const std::size_t room = std::min(most_.form_value_bytes - to.size, most_.form_bytes - text_.size());
    const std::string_view kept = bytes.substr(0, room);
    text_.append(kept);
    to.size += static_cast<std::uint32_t>(kept.size());
    if (kept.size() == bytes.size()) return;
    fields_.back().truncated = over_limit_ = true;
}

void form::put_value(std::string_view bytes) {
    if (!in_field_) return;
    field& f = fields_.back();
    f.size += bytes.size();
    if (!f.is_file) put(f.value, bytes);
}

// --- application/x-www-form-urlencoded

void form::read_pairs(std::string_view bytes) {
    while (!bytes.empty()) {
        const char c = bytes.front();
        if (escape_size_ > 0) {
            if (read_escape(c)) bytes.remove_prefix(1);
            continue;
        }
        if (c == '&') {
            at_ = at::name;
            in_field_ = false;
            bytes.remove_prefix(1);
            continue;
        }
        const bool is_new = at_ == at::name && !in_field_;
        if (is_new && fields_.size() >= most_.form_fields) {
            cut_ = over_limit_ = stopped_ = true;
            return;
        }
        if (is_new) (void)add_field();
        if (c == '=' && at_ == at::name) {
            at_ = at::value;
            bytes.remove_prefix(1);
        } else if (c == '%') {
            escape_[escape_size_++] = c;
            bytes.remove_prefix(1);
        } else if (c == '+') {
            put_decoded(" ");
            bytes.remove_prefix(1);
        } else {
            const std::size_t run = std::min(bytes.find_first_of("&=+%", 1), bytes.size());
            put_decoded(bytes.substr(0, run));
            bytes.remove_prefix(run);
        }
    }
}

/// False where `c` does not belong to the escape: then it is none, and stands as it is.
bool form::read_escape(char c) {
    const int digit = hex_digit(c);
    if (digit < 0) {
        give_back_escape();
        return false;
    }
    if (escape_size_ < escape_.size()) {
        escape_[escape_size_++] = c;
        return true;
    }
    const char decoded = static_cast<char>(hex_digit(escape_[1]) * 16 + digit);
    escape_size_ = 0;
    put_decoded({&decoded, 1});
    return true;
}

void form::give_back_escape() {
    if (escape_size_ == 0) return;
    invalid_ = true;
    put_decoded({escape_.data(), std::exchange(escape_size_, 0)});
}

void form::put_decoded(std::string_view bytes) {
    if (at_ == at::value)
        put_value(bytes);
    else
        put(fields_.back().name, bytes);
}

// --- multipart/form-data

void form::read_parts(std::string_view bytes) {
    while (!bytes.empty() && at_ != at::over) {
        if (matched_ == 0) {
            const std::size_t cr = std::min(bytes.find('\r'), bytes.size());
            put_in_part(bytes.substr(0, cr));
            bytes.remove_prefix(cr);
            if (bytes.empty()) return;
            matched_ = 1;
            bytes.remove_prefix(1);
        } else if (matched_ == delimiter_.size()) {
            if (read_delimiter_end(bytes.front())) bytes.remove_prefix(1);
        } else if (bytes.front() == delimiter_[matched_]) {
            ++matched_;
            bytes.remove_prefix(1);
        } else {
            give_back_delimiter();
        }
    }
}

/// What was taken for a delimiter is none: its CR is its only one, so no other begins within it.
void form::give_back_delimiter() {
    put_in_part(std::string_view(delimiter_).substr(0, matched_));
    matched_ = 0;
}

/// Behind a delimiter: two hyphens (the last one), or blanks and a line end. False where `c` shows that it is
/// none and is to be read anew.
bool form::read_delimiter_end(char c) {
    std::string& seen = delimiter_end_;
    const char before = seen.empty() ? '\0' : seen.back();
    if (before == '-' && c == '-') {
        end_part();
        at_ = at::over;
        return true;
    }
    if (before == '\r' && c == '\n') {
        end_part();
        at_ = at::head;
        head_end_ = line_end.size(); // no line of a head may be there
        matched_ = 0;
        seen.clear();
        return true;
    }
    const bool goes_on = (c == '-' && seen.empty()) || (c == '\r' && before != '-' && before != '\r') ||
                         (is_blank(c) && (seen.empty() || is_blank(before)) && seen.size() < most_padding);
    if (goes_on) {
        seen.push_back(c);
        return true;
    }
    const bool may_begin = before == '\r';
    if (may_begin) seen.pop_back();
    give_back_delimiter();
    put_in_part(seen);
    seen.clear();
    matched_ = may_begin ? 1 : 0;
    return false;
}

void form::put_in_part(std::string_view bytes) {
    if (at_ == at::head) {
        constexpr std::string_view end = "\r\n\r\n";
        while (!bytes.empty() && head_end_ < end.size()) {
            const char c = bytes.front();
            head_end_ = c == end[head_end_] ? head_end_ + 1 : c == '\r' ? 1 : 0;
            if (head_.size() < most_.form_head_bytes)
                head_.push_back(c);
            else
                over_limit_ = true;
            bytes.remove_prefix(1);
        }
        if (head_end_ < end.size()) return;
        read_part_head();
        at_ = at::data;
    }
    if (at_ == at::data) put_value(bytes);
}

void form::end_part() {
    if (at_ == at::head) { // it has no content
        invalid_ = invalid_ || !head_.ends_with(line_end);
        read_part_head();
    }
    in_field_ = false;
}

void form::read_part_head() {
    field* const f = add_field();
    std::string_view rest = head_;
    bool has_name = false;
    while (f != nullptr && !rest.empty()) {
        const std::size_t end = std::min(rest.find(line_end), rest.size());
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + line_end.size(), rest.size()));
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const std::string_view name = trimmed(line.substr(0, colon)), value = trimmed(line.substr(colon + 1));
        if (!has_name && equals_ignoring_case(name, "content-disposition")) {
            has_name = true;
            read_disposition(value, *f);
        } else if (!f->has_type && equals_ignoring_case(name, "content-type")) {
            f->has_type = true;
            put(f->content_type, value);
        }
    }
    if (f != nullptr && head_.size() >= most_.form_head_bytes) f->truncated = true;
    invalid_ = invalid_ || (f != nullptr && !has_name);
    head_.clear();
}

/// RFC 7578 section 4.2. Names are kept as they were sent, but for the backslashes before quotes.
void form::read_disposition(std::string_view value, field& to) {
    const auto keep = [&](piece& in, const parameter_text& p) {
        invalid_ = invalid_ || p.is_open;
        std::string_view rest = p.value;
        for (std::size_t from = 0; p.is_quoted && (from = rest.find('\\', from)) != std::string_view::npos;) {
            if (!is_escape(rest, from)) {
                ++from;
                continue;
            }
            put(in, rest.substr(0, from));
            rest.remove_prefix(from + 1);
            from = 1;
        }
        put(in, rest);
    };
    parameter_text p, name, file_name;
    bool has_name = false;
    while (take_parameter(value, p)) {
        if (!has_name && equals_ignoring_case(p.name, "name")) {
            has_name = true;
            name = p;
        } else if (!to.is_file &&
                   (equals_ignoring_case(p.name, "filename") || equals_ignoring_case(p.name, "filename*"))) {
            to.is_file = true;
            file_name = p;
        }
    }
    invalid_ = invalid_ || !has_name;
    keep(to.name, name);
    keep(to.file_name, file_name);
}

} // namespace weir::session::http
