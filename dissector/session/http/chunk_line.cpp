#include "session/http/chunk_line.hpp"

#include "session/http/text.hpp"

namespace weir::session::http {

namespace {

/// A recipient that skips bytes after a size skips few.
constexpr std::size_t most_padding = 8;

std::size_t skip_padding(std::string_view line) noexcept {
    std::size_t at = 0;
    while (at < line.size() && (is_blank(line[at]) || is_control(line[at]))) ++at;
    return at;
}

/// Takes a token from the front; false where there is none.
bool take_token(std::string_view& text) noexcept {
    std::size_t n = 0;
    while (n < text.size() && is_token(text[n])) ++n;
    text.remove_prefix(n);
    return n > 0;
}

/// quoted-string of RFC 9110 section 5.6.4.
bool take_quoted(std::string_view& text) noexcept {
    for (std::size_t at = 1; at < text.size(); ++at) {
        if (text[at] == '"') {
            text.remove_prefix(at + 1);
            return true;
        }
        if (text[at] == '\\') ++at;
        if (at < text.size() && is_control(text[at])) return false;
    }
    return false;
}

/// chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
bool is_extension(std::string_view text) noexcept {
    for (text = without_leading_blanks(text); !text.empty(); text = without_leading_blanks(text)) {
        if (text.front() != ';') return false;
        text = without_leading_blanks(text.substr(1));
        if (!take_token(text)) return false;
        const std::string_view behind = without_leading_blanks(text);
        if (!behind.starts_with('=')) continue;
        text = without_leading_blanks(behind.substr(1));
        if (text.starts_with('"') ? !take_quoted(text) : !take_token(text)) return false;
    }
    return true;
}

} // namespace

chunk_line parse_chunk_line(std::string_view line) noexcept {
    chunk_line read;
    std::size_t at = skip_padding(line);
    const std::size_t first_digit = at;
    for (; at < line.size(); ++at) {
        const int digit = hex_digit(line[at]);
        if (digit < 0) break;
        if (read.size >> 59 != 0) return read; // 2^63 and more
        read.size = read.size * 16 + static_cast<std::uint64_t>(digit);
    }
    if (at == first_digit) return read;
    const std::string_view after = line.substr(at);
    const bool has_extension = trimmed(after).starts_with(';');
    read.odd_extension = has_extension && !is_extension(after);
    read.padded = first_digit > 0 || (!after.empty() && !has_extension);
    read.valid = after.empty() || has_extension || after.size() <= most_padding;
    return read;
}

bool may_be_chunk_line(std::string_view line) noexcept {
    const std::size_t at = skip_padding(line);
    return at == line.size() || hex_digit(line[at]) >= 0;
}

} // namespace weir::session::http
