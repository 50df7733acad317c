// Open enumerations: a number of the wire that may have a name. The number always survives: what has no name
// is written with it, as the standard at hand does (TYPE65280) or bare.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace weir::event {

struct named_code {
    std::uint32_t number = 0;
    std::string_view name;
};

/// `table` is an array of named_code, ascending by number; `unknown` is what stands before the number where
/// it has no name (RFC 3597: "TYPE"); empty: the number alone, as a number.
template <class Names>
concept code_names = requires {
    { Names::table[0] } -> std::convertible_to<named_code>;
    { Names::unknown } -> std::convertible_to<std::string_view>;
};

/// A number of the enumeration that `Names` describes.
template <code_names Names>
struct code {
    using names = Names;
    std::uint32_t number = 0;

    /// Empty where it has none.
    [[nodiscard]] constexpr std::string_view name() const noexcept {
        static_assert(
            std::is_sorted(Names::table.begin(), Names::table.end(),
                           [](const named_code& a, const named_code& b) { return a.number < b.number; }),
            "a table of codes ascends");
        const auto at = std::lower_bound(Names::table.begin(), Names::table.end(), number,
                                         [](const named_code& c, std::uint32_t n) { return c.number < n; });
        return at != Names::table.end() && at->number == number ? at->name : std::string_view();
    }
};

template <class T>
inline constexpr bool is_code = false;
template <class Names>
inline constexpr bool is_code<code<Names>> = true;

} // namespace weir::event
