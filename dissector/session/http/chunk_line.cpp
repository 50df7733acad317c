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
    read.padded = first_digit > 0 || (!after.empty() && !has_extension);
    read.valid = after.empty() || has_extension || after.size() <= most_padding;
    return read;
}

bool may_be_chunk_line(std::string_view line) noexcept {
    const std::size_t at = skip_padding(line);
    return at == line.size() || hex_digit(line[at]) >= 0;
}

} // namespace weir::session::http
