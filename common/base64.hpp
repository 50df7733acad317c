// Base64 (RFC 4648 section 4, padded), for wire bytes that are no UTF-8 and for Community IDs.
#pragma once

#include <string>

#include "common/bytes.hpp"

namespace weir::common {

[[nodiscard]] constexpr std::size_t base64_size(std::size_t bytes) noexcept { return (bytes + 2) / 3 * 4; }

/// Precondition, checked: out.size() == base64_size(in.size()).
void write_base64(bytes_view in, std::span<char> out) noexcept;

void append_base64(std::string& out, bytes_view in);

} // namespace weir::common
