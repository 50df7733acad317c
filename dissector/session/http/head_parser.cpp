#include "session/http/head_parser.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "session/http/scan.hpp"
#include "session/http/start_line.hpp"
#include "session/http/text.hpp"

namespace weir::session::http {

namespace {

known_field known_of_size(std::string_view name) noexcept {
    switch (name.size()) {
    case 4:
        return equals_ignoring_case(name, "host") ? known_field::host : known_field::other;
    case 6:
        return equals_ignoring_case(name, "expect") ? known_field::expect : known_field::other;
    case 7:
        return equals_ignoring_case(name, "upgrade") ? known_field::upgrade : known_field::other;
    case 10:
        return equals_ignoring_case(name, "connection") ? known_field::connection : known_field::other;
    case 12:
        return equals_ignoring_case(name, "content-type") ? known_field::content_type : known_field::other;
    case 14:
        return equals_ignoring_case(name, "content-length") ? known_field::content_length
                                                            : known_field::other;
    case 16:
        return equals_ignoring_case(name, "content-encoding") ? known_field::content_encoding
                                                              : known_field::other;
    case 17:
        return equals_ignoring_case(name, "transfer-encoding") ? known_field::transfer_encoding
                                                               : known_field::other;
    default:
        return known_field::other;
    }
}

inline known_field classify(std::string_view name) noexcept {
    // First letters, then sizes: most names are turned away by one of the two.
    constexpr std::uint32_t letters =
        1U << ('h' & 31) | 1U << ('e' & 31) | 1U << ('c' & 31) | 1U << ('t' & 31) | 1U << ('u' & 31);
    constexpr std::uint32_t sizes =
        1U << 4 | 1U << 6 | 1U << 7 | 1U << 10 | 1U << 12 | 1U << 14 | 1U << 16 | 1U << 17;
    if (name.empty() || name.size() > 17 || (sizes >> name.size() & letters >> (name.front() & 31) & 1U) == 0)
        return known_field::other;
    return known_of_size(name);
}

/// For names that hold bytes they must not: what is left without those, for other readers may skip them.
known_field classify_token_characters(std::string_view name) {
    std::string token;
    std::copy_if(name.begin(), name.end(), std::back_inserter(token), is_token);
    return classify(token);
}

/// What a name may have behind a bare CR: more is not looked at, for the bytes behind it are looked at anew
/// with each packet until they tell.
constexpr std::size_t most_name_bytes = 64;

enum class line_start : std::uint8_t { field, other, need_more };

/// Whether `text` begins like a field line: token, perhaps blanks, colon.
line_start begins_like_field(std::string_view text) noexcept {
    std::size_t at = 0;
    while (at < text.size() && at < most_name_bytes && is_token(text[at])) ++at;
    if (at == 0) return text.empty() ? line_start::need_more : line_start::other;
    while (at < text.size() && at < most_name_bytes && is_blank(text[at])) ++at;
    if (at == most_name_bytes) return line_start::other;
    if (at == text.size()) return line_start::need_more;
    return text[at] == ':' ? line_start::field : line_start::other;
}

/// What other readers may take for a field that says where the body ends.
bool is_framing_field(std::string_view line) noexcept {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    const known_field known = classify(trimmed(line.substr(0, colon)));
    return known == known_field::transfer_encoding || known == known_field::content_length;
}

/// Puts one SP in the place of each line end with the white space around it; answers the new size.
std::size_t unfold(std::string& text, std::size_t at, std::size_t size) {
    std::size_t to = at;
    for (std::size_t from = at; from < at + size;) {
        const std::size_t blank_end = std::min(text.find_first_not_of(" \t\r\n", from), at + size);
        const bool is_fold =
            std::string_view(text).substr(from, blank_end - from).find('\n') != std::string_view::npos;
        if (is_fold) {
            text[to++] = ' ';
            from = blank_end;
        } else {
            const std::size_t end = std::max(blank_end, from + 1);
            while (from < end) text[to++] = text[from++];
        }
    }
    return to - at;
}

constexpr std::size_t detail_bytes = 80;

} // namespace

void head_parser::begin(bool trailers, std::uint32_t base, std::uint64_t offset) noexcept {
    line_ = scanned_ = kept_ = doubtful_end_ = 0;
    base_ = base;
    offset_ = offset;
    trailers_ = trailers;
    first_line_ = !trailers;
    folded_ = skipping_fold_ = odd_control_ = false;
    name_before_ = {};
}

inline void head_parser::add(message& m, piece name, piece value, known_field known, const position& where,
                             std::size_t max_fields) {
    skipping_fold_ = false;
    name_before_.size = 0;
    if (kept_ >= max_fields && known == known_field::other) [[unlikely]] {
        note_at(m, anomaly::field_limit, line_, where);
        skipping_fold_ = true;
        return;
    }
    ++kept_;
    m.fields.push_back({name, value, known});
    if (known == known_field::other) return;
    if (!trailers_)
        m.saw(known);
    else if (known == known_field::host || known == known_field::content_length ||
             known == known_field::transfer_encoding)
        note_at(m, anomaly::framing_in_trailer, line_, where);
}

inline void head_parser::field_line(std::string_view section, std::size_t end, message& m,
                                    const position& where, std::size_t max_fields) {
    const std::size_t colon = find_token_end(section, line_);
    if (colon == line_ || section[colon] != ':') [[unlikely]] {
        odd_field_line(section.substr(line_, end - line_), m, where, max_fields);
        return;
    }
    std::size_t value = colon + 1;
    while (value < end && is_blank(section[value])) ++value;
    while (end > value && is_blank(section[end - 1])) --end;
    add(m, make_piece(base_ + line_, colon - line_), make_piece(base_ + value, end - value),
        classify(section.substr(line_, colon - line_)), where, max_fields);
}

head_parser::result head_parser::parse(std::string_view section, message& m, const position& where,
                                       std::size_t max_fields) {
    control_scanner controls(section);
    doubtful_end_ = 0;
    for (;;) {
        std::size_t end = controls.find(scanned_);
        std::size_t next = end + 2;
        bool is_blank_line = false;
        if (end + 1 >= section.size() || section[end] != '\r' || section[end + 1] != '\n') [[unlikely]] {
            end = odd_line_end(section, end, m, where);
            if (end == section.size()) {
                // CRs before a line end belong to it: they are looked at together.
                while (scanned_ > line_ && section[scanned_ - 1] == '\r') --scanned_;
                return result::need_more;
            }
            next = end + (section[end] == '\r' && section[end + 1] == '\n' ? 2 : 1);
            const std::size_t line_end = end;
            while (end > line_ && section[end - 1] == '\r') --end;
            is_blank_line = end == line_ && (line_end > line_ || next == line_ + 1) && section[line_] == '\r';
        }
        is_blank_line = is_blank_line || (line_ < end && is_blank(section[line_]) &&
                                          trimmed(section.substr(line_, end - line_)).empty());
        if (is_blank_line && !first_line_) [[unlikely]] {
            const blank_line b = look_behind_blank_line(section, next);
            if (b == blank_line::need_more) {
                scanned_ = line_;
                doubtful_end_ = next;
                return result::need_more;
            }
            note_at(m, anomaly::head_end_invalid, line_, where);
            line_ = scanned_ = next;
            if (b == blank_line::is_end) return result::done;
            continue;
        }
        if (first_line_) [[unlikely]] {
            const line_reading how{m.kind == message_kind::request, odd_control_, offset_, where};
            if (!read_start_line(section.substr(line_, end - line_), how, m, m.notes)) return result::broken;
            first_line_ = false;
            m.start_line_seen = true;
        } else if (end == line_) {
            line_ = scanned_ = next;
            return result::done;
        } else {
            field_line(section, end, m, where, max_fields);
        }
        line_ = scanned_ = next;
    }
}

/// A line of white space or CRs alone: what follows says whether it ends the head, as some take it, or is one
/// line of it, as others do.
head_parser::blank_line head_parser::look_behind_blank_line(std::string_view section,
                                                            std::size_t next) noexcept {
    const std::string_view rest = section.substr(next);
    if (rest.empty()) return blank_line::need_more;
    const bool is_line = is_blank(rest.front()) || rest.front() == '\r' || rest.front() == '\n';
    if (is_line) return blank_line::is_line;
    switch (begins_like_field(rest)) {
    case line_start::field:
        return blank_line::is_line;
    case line_start::need_more:
        return blank_line::need_more;
    case line_start::other:
        break;
    }
    return blank_line::is_end;
}

/// A line ends at CR LF, at LF alone, or at a CR that a field follows. Answers the place of the first byte of
/// these, or section.size() where more is needed.
std::size_t head_parser::odd_line_end(std::string_view section, std::size_t at, message& m,
                                      const position& where) {
    control_scanner controls(section);
    for (;; at = controls.find(at + 1)) {
        scanned_ = std::min(at, section.size());
        if (at >= section.size()) return section.size();
        const char c = section[at];
        if (c == '\n') {
            note_at(m, anomaly::bare_lf, at, where);
            return at;
        }
        if (c == '\r') {
            if (at + 1 == section.size()) return section.size();
            if (section[at + 1] == '\n') return at;
            const line_start behind = begins_like_field(section.substr(at + 1));
            if (behind == line_start::need_more) return section.size();
            if (behind == line_start::field) {
                note_at(m, anomaly::bare_cr, at, where);
                return at;
            }
        }
        if (c != '\t') odd_control(c, at, m, where);
    }
}

void head_parser::odd_control(char c, std::size_t at, message& m, const position& where) {
    odd_control_ = true;
    if (c == '\r')
        note_at(m, anomaly::bare_cr, at, where);
    else if (!first_line_)
        note_at(m, anomaly::field_value_invalid, at, where);
}

void head_parser::odd_field_line(std::string_view line, message& m, const position& where,
                                 std::size_t max_fields) {
    const std::size_t at = base_ + line_;
    if (is_blank(line.front()) || line.front() == '\0') { // NUL: as libhtp reads it
        if (name_before_.size > 0 && trimmed(line).starts_with(':')) {
            note_at(m, anomaly::obs_fold, line_, where, line);
            const std::string_view value =
                without_trailing_blanks(without_leading_blanks(line.substr(line.find(':') + 1)));
            const piece name = name_before_;
            add(m, name, piece_of(line, value, at), known_before_, where, max_fields);
            return;
        }
        if (skipping_fold_) return;
        if (kept_ == 0) {
            note_at(m, anomaly::field_name_invalid, line_, where, line);
            skipping_fold_ = true;
            return;
        }
        continue_value(line, m, where);
        return;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
        note_at(m, anomaly::field_without_colon, line_, where, line);
        skipping_fold_ = true;
        name_before_ = make_piece(at, line.size());
        known_before_ = classify(line);
        return;
    }
    const std::string_view name = without_trailing_blanks(line.substr(0, colon));
    if (name.size() != colon) note_at(m, anomaly::space_before_colon, line_, where, line);
    known_field known = classify(name);
    if (name.empty() || !std::all_of(name.begin(), name.end(), is_token)) {
        note_at(m, anomaly::field_name_invalid, line_, where, line);
        known = classify_token_characters(name);
    }
    const std::string_view value = without_trailing_blanks(without_leading_blanks(line.substr(colon + 1)));
    add(m, make_piece(at, name.size()), piece_of(line, value, at), known, where, max_fields);
}

void head_parser::continue_value(std::string_view line, message& m, const position& where) {
    note_at(m, anomaly::obs_fold, line_, where, line);
    if (is_framing_field(line)) {
        note_at(m, anomaly::framing_in_fold, line_, where, line);
        m.folded_chunked = m.folded_chunked || line.ends_with("chunked");
    }
    folded_ = true;
    piece& value = m.fields.back().value;
    value.size = static_cast<std::uint32_t>(base_ + line_ + line.size() - value.at);
}

void head_parser::note_at(message& m, anomaly a, std::size_t at, const position& where,
                          std::string_view line) const {
    if (line.empty()) {
        add_note(m, a, offset_ + at, where);
        return;
    }
    std::string detail(row(a).sentence);
    detail += ": ";
    detail += line.substr(0, detail_bytes);
    add_note(m, a, offset_ + at, where, detail);
}

bool head_parser::cut_start_line(message& m) noexcept {
    if (!read_cut_line(m.text, m.kind == message_kind::request, m)) return false;
    m.start_line_cut = true;
    line_ = m.text.size();
    return true;
}

void head_parser::finish(message& m) const {
    const std::size_t first_field = trailers_ ? m.head_fields : 0;
    if (folded_) [[unlikely]] {
        for (std::size_t i = first_field; i < m.fields.size(); ++i) {
            piece& value = m.fields[i].value;
            if (m.view(value).find('\n') == std::string_view::npos) continue;
            value.size = static_cast<std::uint32_t>(unfold(m.text, value.at, value.size));
            value = piece_of(m.text, trimmed(m.view(value)), 0);
        }
    }
    if (!trailers_) m.head_fields = m.fields.size();
}

} // namespace weir::session::http
