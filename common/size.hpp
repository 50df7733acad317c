// Sizes as people write them, one grammar for every option and file: 100, 64k, 1Mi, 16MiB. Must never take
// half of a word, a sign or an exponent for a number.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::common {

/// Bytes: a decimal number, then k, M or G (powers of 1000), Ki, Mi or Gi (powers of 1024) or nothing, then B
/// or nothing. A number alone counts `unit` bytes. Nothing for any other text and above 2^64 - 1.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text, std::uint64_t unit = 1) noexcept;

} // namespace weir::common
