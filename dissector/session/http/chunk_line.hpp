// One chunk size line (RFC 9112 section 7.1): hexadecimal size, extensions that are skipped.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::session::http {

struct chunk_line {
    bool valid = false;
    bool padded = false;        ///< white space or other bytes around the size, which were left out
    bool odd_extension = false; ///< is not of the form of RFC 9112 section 7.1.1
    std::uint64_t size = 0;
};

/// `line` is without its line end.
[[nodiscard]] chunk_line parse_chunk_line(std::string_view line) noexcept;

/// False where no continuation of `line` makes it a chunk size line.
[[nodiscard]] bool may_be_chunk_line(std::string_view line) noexcept;

} // namespace weir::session::http
