#include "common/size.hpp"

#include <charconv>
#include <limits>

namespace weir::common {

std::optional<std::uint64_t> parse_size(std::string_view text, std::uint64_t unit) noexcept {
    std::uint64_t count = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, failed] = std::from_chars(text.data(), end, count);
    if (failed != std::errc{} || stop == text.data()) return std::nullopt;
    std::string_view suffix = text.substr(static_cast<std::size_t>(stop - text.data()));
    if (!suffix.empty()) unit = 1;
    if (suffix.ends_with('B')) suffix.remove_suffix(1);
    if (!suffix.empty()) {
        const bool binary = suffix.substr(1) == "i";
        const std::string_view letters = binary ? "KMG" : "kMG";
        const std::uint64_t step = binary ? 1024 : 1000;
        const std::size_t power = letters.find(suffix.front());
        if (power == std::string_view::npos || suffix.size() != (binary ? 2 : 1)) return std::nullopt;
        for (std::size_t i = 0; i <= power; ++i) unit *= step;
    }
    if (count > std::numeric_limits<std::uint64_t>::max() / unit) return std::nullopt;
    return count * unit;
}

} // namespace weir::common
