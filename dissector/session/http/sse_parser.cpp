#include "session/http/sse_parser.hpp"

#include <algorithm>
#include <charconv>

namespace weir::session::http {

namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::size_t longest_name = 5;

} // namespace

void sse_parser::open(std::uint64_t keep, sse_listener& to) noexcept {
    to_ = &to;
    keep_ = keep;
    state_ = state::mark;
    field_ = field::none;
    name_.clear();
    value_.clear();
    is_line_empty_ = true;
    is_behind_cr_ = is_behind_gap_ = false;
    event_.clear();
}

void sse_parser::feed(std::string_view bytes, const position& where) {
    while (!bytes.empty()) {
        if (is_behind_cr_) {
            is_behind_cr_ = false;
            if (bytes.front() == '\n') {
                bytes.remove_prefix(1);
                continue;
            }
        }
        const std::size_t end = std::min(bytes.find_first_of("\r\n"), bytes.size());
        if (end > 0) read_line_part(bytes.substr(0, end));
        bytes.remove_prefix(end);
        if (bytes.empty()) return;
        is_behind_cr_ = bytes.front() == '\r';
        bytes.remove_prefix(1);
        end_line(where);
    }
}

void sse_parser::read_line_part(std::string_view part) {
    if (state_ == state::mark) {
        // A part of the mark is no line yet; what is no mark is one.
        while (!part.empty() && name_.size() < byte_order_mark.size() &&
               part.front() == byte_order_mark[name_.size()]) {
            name_.push_back(part.front());
            part.remove_prefix(1);
        }
        const bool is_mark = name_ == byte_order_mark;
        if (!is_mark && part.empty()) return;
        state_ = state::name;
        if (is_mark) name_.clear();
        if (part.empty()) return;
    }
    is_line_empty_ = false;
    if (is_behind_gap_) return;
    if (state_ == state::name) {
        const std::size_t colon = std::min(part.find(':'), part.size());
        name_.append(
            part.substr(0, std::min(colon, longest_name + 1 - std::min(name_.size(), longest_name + 1))));
        if (colon == part.size()) return;
        part.remove_prefix(colon + 1);
        begin_value();
        if (state_ == state::space && part.empty()) return;
    }
    if (state_ == state::space) {
        if (part.front() == ' ') part.remove_prefix(1);
        state_ = state::value;
    }
    if (state_ != state::value || part.empty()) return;
    switch (field_) {
    case field::data:
        event_.size += part.size();
        append(event_.data.text, part);
        break;
    case field::event:
        append(event_.type.text, part);
        break;
    case field::id:
    case field::retry:
        append(value_, part);
        break;
    case field::none:
        break;
    }
}

void sse_parser::append(std::string& to, std::string_view part) {
    const std::uint64_t room = keep_ - std::min<std::uint64_t>(keep_, to.size());
    to.append(part.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(room, part.size()))));
    event_.is_cut = event_.is_cut || part.size() > room;
}

/// The name of a field is known, and whether it means anything.
void sse_parser::begin_value() {
    state_ = state::space;
    value_.clear();
    if (name_ == "data") {
        field_ = field::data;
        if (event_.data.is_there) {
            ++event_.size;
            append(event_.data.text, "\n");
        } else {
            event_.data.begin();
        }
    } else if (name_ == "event") {
        field_ = field::event;
        event_.type.begin();
    } else if (name_ == "id") {
        field_ = field::id;
    } else if (name_ == "retry") {
        field_ = field::retry;
    } else {
        if (name_.empty()) ++event_.comments;
        state_ = state::ignored;
    }
}

void sse_parser::end_field() {
    if (field_ == field::id && value_.find('\0') == std::string::npos) {
        event_.id.begin();
        event_.id.text = value_;
    }
    if (field_ == field::retry) {
        std::uint64_t n = 0;
        const char* const end = value_.data() + value_.size();
        const auto parsed = std::from_chars(value_.data(), end, n);
        if (parsed.ec == std::errc() && parsed.ptr == end) event_.retry = n;
    }
    field_ = field::none;
}

void sse_parser::end_line(const position& where) {
    const bool is_empty = is_line_empty_ && (state_ != state::mark || name_.empty());
    if (is_empty) {
        if (!is_behind_gap_) emit(true, where);
        is_behind_gap_ = false;
    } else if (!is_behind_gap_) {
        if (state_ == state::name || state_ == state::mark) begin_value(); // a line without a colon is a name
        end_field();
    }
    state_ = state::name;
    name_.clear();
    is_line_empty_ = true;
}

void sse_parser::emit(bool is_whole, const position& where) {
    if (!event_.empty()) {
        event_.is_whole = is_whole;
        to_->on_server_event(event_, where);
        event_.comments = 0;
    }
    const std::uint64_t comments = event_.comments;
    event_.clear();
    event_.comments = comments;
}

void sse_parser::interrupt(const position& where) {
    if (!is_behind_gap_) emit(false, where);
    is_behind_gap_ = true;
    is_behind_cr_ = false;
    is_line_empty_ = false; // the line at hand began before
    field_ = field::none;
    if (state_ == state::mark) state_ = state::name;
}

void sse_parser::finish(const position& where) {
    if (!is_behind_gap_) emit(false, where);
}

} // namespace weir::session::http
