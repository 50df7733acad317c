#include "event/selection.hpp"

#include "event/registry.hpp"

namespace weir::event {

namespace {

/// Glob with "*" only.
constexpr bool matches(std::string_view pattern, std::string_view name) noexcept {
    std::size_t star = std::string_view::npos, resume = 0, p = 0, n = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = n;
        } else if (p < pattern.size() && pattern[p] == name[n]) {
            ++p;
            ++n;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            n = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

} // namespace

std::string parse_selection(std::string_view text, mask& out) {
    mask selected;
    while (true) {
        const std::size_t comma = text.find(',');
        const std::string_view pattern = text.substr(0, comma);
        bool any = false;
        for (std::size_t i = 0; i < registry::size; ++i) {
            if (pattern.empty() || !matches(pattern, registry::names[i])) continue;
            selected.set(i);
            any = true;
        }
        if (!any) return pattern.empty() ? "an empty name" : std::string(pattern);
        if (comma == std::string_view::npos) break;
        text.remove_prefix(comma + 1);
    }
    out = selected;
    return {};
}

mask default_selection(audience who) {
    mask m;
    for (std::size_t i = 0; i < registry::size; ++i) m[i] = includes(registry::audiences[i], who);
    return m;
}

} // namespace weir::event
