#include "session/http/start_line.hpp"

#include <algorithm>

#include "session/http/scan.hpp"
#include "session/http/text.hpp"

namespace weir::session::http {

namespace {

/// `code` is three or four digits.
std::uint16_t status_of(std::string_view code) noexcept {
    unsigned n = 0;
    for (const char c : code) n = n * 10 + static_cast<unsigned>(c - '0');
    return static_cast<std::uint16_t>(n);
}

/// The digits that `word` begins with, where there are three or four of them; what follows them is ignored as
/// browsers do. Empty where there are not.
std::string_view status_digits(std::string_view word) noexcept {
    std::size_t n = 0;
    while (n < word.size() && is_digit(word[n])) ++n;
    return n == 3 || n == 4 ? word.substr(0, n) : std::string_view{};
}

/// "JUNK/1.0": a name in capitals and a version.
bool is_other_protocol(std::string_view word) noexcept {
    const std::string_view version = version_digits(word);
    const std::string_view name = word.substr(0, word.find('/'));
    return version.size() == 3 && word.ends_with(version) && !name.empty() &&
           std::all_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// What may stand for a target where no version follows it: nothing else of the line says that it is HTTP.
bool is_plain_target(std::string_view method, std::string_view target) noexcept {
    if (method == "GET") return true;
    const bool is_method =
        std::all_of(method.begin(), method.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    return is_method && (target.starts_with('/') || starts_ignoring_case(target, "http://"));
}

/// Splits at the first SP or HTAB; `rest` begins with it.
std::string_view first_word(std::string_view t, std::string_view& rest) noexcept {
    const std::size_t end = std::min(t.find_first_of(" \t"), t.size());
    rest = t.substr(end);
    return t.substr(0, end);
}

/// The first word of a status line: HTTP/1.1, whatever stands behind HTTP/, and the names that other
/// protocols of the same form use.
bool may_be_protocol(std::string_view word, std::string_view version) noexcept {
    if (starts_ignoring_case(word, "http/") || word == "ICY") return true;
    const std::string_view name = word.substr(0, word.find('/'));
    return !version.empty() && word.ends_with(version) && !name.empty() &&
           std::all_of(name.begin(), name.end(), is_token);
}

constexpr std::size_t detail_bytes = 80;

void note_line(anomaly a, std::string_view line, const line_reading& how, findings& notes) {
    std::string detail(row(a).sentence);
    detail += ": ";
    detail += line.substr(0, detail_bytes);
    notes.add(a, how.offset, how.where, detail);
}

// request-line = method SP request-target SP HTTP-version (RFC 9112 section 3); HTTP/0.9 has "GET" SP target
// only.
bool request_line(std::string_view line, const line_reading& how, start_pieces& out, findings& notes) {
    constexpr std::string_view ending = " HTTP/1.1";
    if (line.size() > ending.size() && line.substr(line.size() - ending.size()) == ending) [[likely]] {
        const std::size_t last = line.size() - ending.size();
        const std::size_t first = find_token_end(line, 0);
        if (first > 0 && first + 1 < last && line[first] == ' ') {
            const target_bytes holds = look_at_target(line.substr(first + 1, last - first - 1));
            if (!holds.blanks) {
                out.method = make_piece(0, first);
                out.target = make_piece(first + 1, last - first - 1);
                out.version = make_piece(line.size() - 3, 3);
                if (how.has_odd_control) note_line(anomaly::target_invalid, line, how, notes);
                if (holds.not_ascii) note_line(anomaly::target_not_ascii, line, how, notes);
                return true;
            }
        }
    }
    std::string_view rest;
    const std::string_view body = without_trailing_blanks(line);
    const std::string_view method = first_word(body, rest);
    if (method.empty() || rest.empty() || !std::all_of(method.begin(), method.end(), is_token)) return false;
    const std::string_view after_method = without_leading_blanks(rest);
    const std::size_t last_blank = after_method.find_last_of(" \t");
    const std::string_view last_word =
        last_blank == std::string_view::npos ? after_method : after_method.substr(last_blank + 1);

    std::string_view target = after_method, version;
    if (starts_ignoring_case(last_word, "http/")) {
        constexpr std::size_t name = std::string_view("HTTP/").size();
        version = version_digits(last_word);
        const bool is_cut = version.empty();
        if (is_cut) version = last_word.substr(name); // "HTTP/1.": servers answer it
        if (version.empty() || !is_digit(version.front())) return false;
        target = without_trailing_blanks(after_method.substr(0, after_method.size() - last_word.size()));
        const std::size_t well_formed = method.size() + 1 + target.size() + 1 + name + version.size();
        if (is_cut || target.empty() || line.size() != well_formed || !last_word.starts_with("HTTP/"))
            note_line(anomaly::request_line_invalid, line, how, notes);
    } else if (last_blank != std::string_view::npos && is_other_protocol(last_word)) {
        version = version_digits(last_word);
        target = without_trailing_blanks(after_method.substr(0, last_blank));
        note_line(anomaly::request_line_invalid, line, how, notes);
    } else if (!is_plain_target(method, target)) {
        return false;
    }
    const target_bytes holds = look_at_target(target);
    if (holds.blanks || how.has_odd_control) note_line(anomaly::target_invalid, target, how, notes);
    if (holds.not_ascii) note_line(anomaly::target_not_ascii, line, how, notes);
    out.method = piece_of(line, method, 0);
    out.target = piece_of(line, target, 0);
    if (!version.empty()) out.version = piece_of(line, version, 0);
    return true;
}

// status-line = HTTP-version SP status-code SP [ reason-phrase ] (RFC 9112 section 4).
bool status_line(std::string_view line, const line_reading& how, start_pieces& out, findings& notes) {
    if (line.starts_with("HTTP/1.1 ") && line.size() > 12 && line[12] == ' ' && is_digit(line[9]) &&
        is_digit(line[10]) && is_digit(line[11])) [[likely]] {
        out.status = status_of(line.substr(9, 3));
        out.reason = piece_of(line, without_trailing_blanks(line.substr(13)), 0);
        out.version = make_piece(5, 3);
        return true;
    }
    std::string_view rest;
    const std::string_view body = without_leading_blanks(line);
    const std::string_view protocol = first_word(body, rest);
    const std::string_view version = version_digits(protocol);
    if (!may_be_protocol(protocol, version)) return false;

    const std::string_view after = without_leading_blanks(rest);
    std::string_view reason_with_blank;
    const std::string_view code = first_word(after, reason_with_blank);
    const std::string_view digits = status_digits(code);
    const bool is_code = code.size() == 3 && digits.size() == 3;
    if (!digits.empty()) out.status = status_of(digits);
    const bool one_blank = rest.size() == after.size() + 1 && rest.front() == ' ';
    if (!is_code || !one_blank || body.size() != line.size() || !protocol.starts_with("HTTP/") ||
        !protocol.ends_with(version))
        note_line(anomaly::status_line_invalid, line, how, notes);
    const std::string_view reason =
        reason_with_blank.empty() ? reason_with_blank : without_trailing_blanks(reason_with_blank.substr(1));
    out.reason = piece_of(line, reason, 0);
    if (!version.empty()) out.version = piece_of(line, version, 0);
    return true;
}

} // namespace

std::string_view version_digits(std::string_view word) noexcept {
    const std::size_t slash = word.find('/');
    if (slash == std::string_view::npos) return {};
    const std::string_view digits = word.substr(slash + 1);
    std::size_t n = 0;
    while (n < digits.size() && is_digit(digits[n])) ++n;
    if (n == 0 || n == digits.size() || digits[n] != '.') return {};
    const std::size_t dot = n++;
    while (n < digits.size() && is_digit(digits[n])) ++n;
    return n == dot + 1 ? std::string_view{} : digits.substr(0, n);
}

bool read_start_line(std::string_view line, const line_reading& how, start_pieces& out, findings& notes) {
    const bool readable =
        how.is_request ? request_line(line, how, out, notes) : status_line(line, how, out, notes);
    if (!readable) return false;
    const std::string_view version =
        out.version.size == 0 ? std::string_view{} : line.substr(out.version.at, out.version.size);
    if (version != "1.1" && version != "1.0") note_line(anomaly::version_unknown, line, how, notes);
    return true;
}

bool read_cut_line(std::string_view text, bool is_request, start_pieces& out) noexcept {
    const std::string_view line = without_trailing_blanks(text);
    std::string_view rest;
    const std::string_view first = first_word(line, rest);
    const std::string_view after = without_leading_blanks(rest);
    if (!is_request) {
        const bool has_status = first.starts_with("HTTP/") && version_digits(first).size() == 3 &&
                                after.size() >= 3 && std::all_of(after.begin(), after.begin() + 3, is_digit);
        if (!has_status) return false;
        out.version = piece_of(line, version_digits(first), 0);
        out.status = status_of(after.substr(0, 3));
        out.reason = piece_of(line, without_leading_blanks(after.substr(3)), 0);
    } else {
        std::string_view version;
        const std::string_view target = first_word(after, version);
        if (first.empty() || target.empty() || !std::all_of(first.begin(), first.end(), is_token))
            return false;
        out.method = piece_of(line, first, 0);
        out.target = piece_of(line, target, 0);
    }
    return true;
}

} // namespace weir::session::http
