#include "session/http/chunk_line.hpp"

#include "session/http/text.hpp"

namespace weir::session::http {

chunk_line parse_chunk_line(std::string_view line) noexcept {
    chunk_line read;
    std::size_t at = 0;
    while (at < line.size() && is_blank(line[at])) ++at;
    read.padded = at > 0;
    const std::size_t first_digit = at;
    for (; at < line.size(); ++at) {
        const int digit = hex_digit(line[at]);
        if (digit < 0) break;
        if (read.size >> 59 != 0) return read;   // 2^63 and more
        read.size = read.size * 16 + static_cast<std::uint64_t>(digit);
    }
    if (at == first_digit) return read;
    const std::size_t after_size = at;
    while (at < line.size() && is_blank(line[at])) ++at;
    read.padded = read.padded || (at > after_size && at == line.size());
    read.valid = at == line.size() || line[at] == ';';
    return read;
}

} // namespace weir::session::http
