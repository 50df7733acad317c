// Codings that a body may be in, by their names in HTTP (RFC 9110 section 8.4.1, RFC 7932, RFC 8878).
#pragma once

#include <cstdint>
#include <string_view>

#include "common/ascii.hpp"

namespace weir::session {

enum class coding : std::uint8_t { gzip, deflate, brotli, zstd, compress, lzma, unknown };

[[nodiscard]] constexpr coding coding_of(std::string_view name) noexcept {
    using common::equals_ignoring_case;
    if (equals_ignoring_case(name, "gzip") || equals_ignoring_case(name, "x-gzip")) return coding::gzip;
    if (equals_ignoring_case(name, "deflate") || equals_ignoring_case(name, "x-deflate"))
        return coding::deflate;
    if (equals_ignoring_case(name, "br")) return coding::brotli;
    if (equals_ignoring_case(name, "zstd")) return coding::zstd;
    if (equals_ignoring_case(name, "compress") || equals_ignoring_case(name, "x-compress"))
        return coding::compress;
    if (equals_ignoring_case(name, "lzma")) return coding::lzma;
    return coding::unknown;
}

} // namespace weir::session
