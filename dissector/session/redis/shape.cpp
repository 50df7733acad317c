#include "session/redis/shape.hpp"

#include <algorithm>
#include <array>

#include "common/ascii.hpp"
#include "session/redis/command_table.hpp"
#include "session/redis/scanner.hpp"

namespace weir::session::redis {

namespace {

constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_number = 20;

constexpr bool is_name_byte(char c) noexcept {
    const char lower = common::to_lower(c);
    return (lower >= 'a' && lower <= 'z') || common::is_digit(c) || c == '.' || c == '_' || c == '-' ||
           c == ':' || c == '|';
}

bool is_name(std::string_view text) noexcept {
    const char first = text.empty() ? '0' : common::to_lower(text.front());
    return first >= 'a' && first <= 'z' && std::all_of(text.begin(), text.end(), is_name_byte);
}

/// `test` of the same word in capitals; false where it is longer than any command of Redis.
template <class Test>
bool in_capitals(std::string_view word, Test&& test) noexcept {
    std::array<char, 32> capitals;
    if (word.size() > capitals.size()) return false;
    std::transform(word.begin(), word.end(), capitals.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    return test(std::string_view(capitals.data(), word.size()));
}

bool is_known_command(std::string_view name) noexcept {
    return in_capitals(name, [](std::string_view n) { return meaning_of(n) != meaning::unknown; });
}

/// A marker and a number in a line of their own.
struct header {
    likeness is = likeness::no;
    std::int64_t value = 0;
    std::string_view behind = {};
};

header read_header(std::string_view text, char marker) noexcept {
    header h;
    if (text.empty() || text.front() != marker) {
        h.is = text.empty() ? likeness::unsure : likeness::no;
        return h;
    }
    const std::string_view line = text.substr(1, longest_number + 2);
    const std::size_t end = line.find_first_not_of("-0123456789");
    const std::string_view number = line.substr(0, end);
    if (number.find('-', 1) != std::string_view::npos) return h;
    if (end == std::string_view::npos || line.substr(end) == "\r") {
        h.is = number.size() <= longest_number ? likeness::unsure : likeness::no;
        return h;
    }
    if (!line.substr(end).starts_with("\r\n") || !parse_integer(number, h.value)) return h;
    h.is = likeness::yes;
    h.behind = text.substr(1 + end + 2);
    return h;
}

command_shape shape_of_array(std::string_view text) noexcept {
    command_shape s;
    const header count = read_header(text, '*');
    s.as_array = count.is;
    if (count.is != likeness::yes) return s;
    s.as_array = likeness::no;
    if (count.value < 1) return s;
    const header length = read_header(count.behind, '$');
    if (length.is != likeness::yes) {
        s.as_array = length.is;
        return s;
    }
    if (length.value < 1 || length.value > static_cast<std::int64_t>(longest_name)) return s;
    const auto size = static_cast<std::size_t>(length.value);
    s.name = length.behind.substr(0, size);
    if (!s.name.empty() && !is_name(s.name)) return s;
    std::string_view rest = length.behind.substr(s.name.size());
    if (!std::string_view("\r\n").starts_with(rest.substr(0, 2)) || (s.name.size() < size && !rest.empty()))
        return s;
    s.as_array = rest.size() < 2 ? likeness::unsure : likeness::yes;
    s.is_known = is_known_command(s.name);
    // Only bulk strings are arguments; a reply may have other elements.
    rest.remove_prefix(std::min<std::size_t>(rest.size(), 2));
    for (std::int64_t i = 1; i < std::min<std::int64_t>(count.value, 8) && !rest.empty(); ++i) {
        const header argument = read_header(rest, '$');
        if (argument.is == likeness::no || (argument.is == likeness::yes && argument.value < 0)) {
            s.as_array = likeness::no;
            return s;
        }
        if (argument.is != likeness::yes) return s;
        rest = argument.behind.substr(
            std::min(argument.behind.size(), static_cast<std::size_t>(argument.value) + 2));
    }
    return s;
}

/// No longer line than people type is worth waiting for what answers it.
constexpr std::size_t longest_unknown_line = 128;

command_shape shape_of_line(std::string_view text) noexcept {
    command_shape s;
    text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
    const std::size_t end = text.find_first_of(" \t\r\n");
    const std::size_t lf = text.find('\n');
    const std::string_view line = text.substr(0, lf);
    if (std::any_of(line.begin(), line.end(), [](char c) { return common::is_control(c) && c != '\r'; }))
        return s;
    s.name = text.substr(0, end);
    s.is_known = is_known_command(s.name);
    if (lf != std::string_view::npos)
        s.as_inline = s.is_known || lf <= longest_unknown_line ? likeness::yes : likeness::no;
    else if (end != std::string_view::npos ? s.is_known : in_capitals(s.name, begins_command))
        s.as_inline = likeness::unsure;
    return s;
}

constexpr bool is_number_marker(char c) noexcept { return c == ':' || c == '('; }
constexpr bool is_list_marker(char c) noexcept {
    return c == '*' || c == '%' || c == '~' || c == '>' || c == '|';
}
constexpr bool is_string_marker(char c) noexcept { return c == '$' || c == '=' || c == '!'; }

/// The line behind a marker that has text: false where none can be one.
bool is_text_line(char marker, std::string_view line) noexcept {
    switch (marker) {
    case '_':
        return line.empty();
    case '#':
        return line.empty() || line == "t" || line == "f";
    case ',':
        return line.find_first_not_of("+-.0123456789eEinfa") == std::string_view::npos;
    case '-': {
        // Errors begin with a word in capitals.
        const std::string_view word = line.substr(0, line.find(' '));
        return std::all_of(word.begin(), word.end(),
                           [](char c) { return (c >= 'A' && c <= 'Z') || common::is_digit(c) || c == '_'; });
    }
    case '+':
        return std::none_of(line.begin(), line.end(), common::is_control);
    default:
        return false;
    }
}

/// One value, or the header of a list: takes it from `text`. `unsure` where it is cut off.
likeness take_value(std::string_view& text, reply_shape& s) noexcept {
    const char marker = text.front();
    if (is_list_marker(marker) || is_string_marker(marker) || marker == ':') {
        const header h = read_header(text, marker);
        if (h.is != likeness::yes) return h.is;
        if (s.first == 0) s.line = text.substr(1, text.find('\r') - 1);
        if (marker != ':' && h.value < -1) return likeness::no;
        text = h.behind;
        if (is_list_marker(marker)) return likeness::yes;
        ++s.values;
        if (marker == ':' || h.value < 0) return likeness::yes;
        const auto size = static_cast<std::size_t>(h.value);
        if (text.size() < size) {
            --s.values;
            text = {};
            return likeness::unsure;
        }
        const std::string_view end = text.substr(size, 2);
        if (!std::string_view("\r\n").starts_with(end)) return likeness::no;
        text.remove_prefix(size + end.size());
        if (end.size() < 2) {
            --s.values;
            return likeness::unsure;
        }
        ++s.strings;
        return likeness::yes;
    }
    const std::size_t cr = text.find('\r');
    const std::string_view line = text.substr(1, cr == std::string_view::npos ? cr : cr - 1);
    const bool is_number = is_number_marker(marker);
    const bool is_good = is_number ? line.find_first_not_of("-0123456789") == std::string_view::npos
                                   : is_text_line(marker, line);
    if (!is_good) return likeness::no;
    if (cr == std::string_view::npos || text.size() == cr + 1) {
        text = {};
        return likeness::unsure;
    }
    if (text[cr + 1] != '\n') return likeness::no;
    if (s.first == 0) s.line = line;
    text.remove_prefix(cr + 2);
    ++s.values;
    return likeness::yes;
}

} // namespace

command_shape shape_of_command(std::string_view text) noexcept {
    if (text.empty()) return {};
    return text.front() == '*' ? shape_of_array(text) : shape_of_line(text);
}

reply_shape shape_of_replies(std::string_view text) noexcept {
    reply_shape s;
    if (text.empty()) return s;
    const char first = text.front();
    while (!text.empty()) {
        if (text.front() == '\n' && s.values > 0) { // as masters send them to stay connected
            text.remove_prefix(1);
            continue;
        }
        const likeness l = take_value(text, s);
        if (l == likeness::no) return s;
        s.first = first;
        if (l == likeness::unsure) break;
    }
    s.fits = true;
    s.first = first;
    return s;
}

bool is_inside_array(std::string_view text) noexcept {
    const std::size_t lf = text.find('\n', text.find_first_not_of("\r\n"));
    return lf != std::string_view::npos && read_header(text.substr(lf + 1), '$').is == likeness::yes;
}

std::size_t find_command(std::string_view data, bool inline_too) noexcept {
    if (inline_too) {
        const command_shape s = shape_of_line(data);
        if (s.as_inline == likeness::yes && s.is_known && !is_inside_array(data)) return 0;
    }
    for (std::size_t at = 0; at < data.size();) {
        const command_shape s = shape_of_array(data.substr(at));
        if (s.as_array == likeness::yes && (s.is_known || at == 0)) return at;
        at = data.find("\r\n*", at);
        if (at == std::string_view::npos) break;
        at += 2;
    }
    return data.size();
}

std::size_t find_reply(std::string_view data) noexcept {
    // Each try may read all of the rest: a few are enough, what is found later begins with a packet.
    constexpr int most_tries = 8;
    std::size_t at = 0;
    for (int i = 0; i < most_tries && at < data.size(); ++i) {
        const reply_shape s = shape_of_replies(data.substr(at));
        if (s.fits && s.values > 0) return at;
        at = data.find("\r\n", at);
        if (at == std::string_view::npos) break;
        at += 2;
    }
    return data.size();
}

} // namespace weir::session::redis
