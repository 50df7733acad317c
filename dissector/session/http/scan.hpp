// Looks through a head sixteen bytes at a time. Must never read outside the text it was given.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

#include "session/http/text.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace weir::session::http {

/// The place of the first byte at or after `from` for which `one` holds; text.size() where there is none. `sixteen`
/// answers the same for a vector, as a mask.
#if defined(__SSE2__)
template <class Sixteen, class One>
[[nodiscard]] inline std::size_t find_byte(std::string_view text, std::size_t from, Sixteen sixteen, One one) noexcept {
    std::size_t at = from;
    for (; at + 16 <= text.size(); at += 16) {
        __m128i bytes;
        std::memcpy(&bytes, &text[at], 16);
        const int mask = _mm_movemask_epi8(sixteen(bytes));
        if (mask != 0) return at + static_cast<std::size_t>(__builtin_ctz(static_cast<unsigned>(mask)));
    }
    while (at < text.size() && !one(text[at])) ++at;
    return at;
}
#else
template <class One>
[[nodiscard]] inline std::size_t find_byte(std::string_view text, std::size_t from, One one) noexcept {
    std::size_t at = from;
    while (at < text.size() && !one(text[at])) ++at;
    return at;
}
#endif

/// CTL but for HTAB: in a well-formed head only CR and LF.
[[nodiscard]] inline std::size_t find_control(std::string_view text, std::size_t from) noexcept {
#if defined(__SSE2__)
    return find_byte(
        text, from,
        [](__m128i c) {
            const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(c, _mm_set1_epi8(0x1f)), c);
            const __m128i del = _mm_cmpeq_epi8(c, _mm_set1_epi8(0x7f));
            return _mm_andnot_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8('\t')), _mm_or_si128(low, del));
        },
        is_control);
#else
    return find_byte(text, from, is_control);
#endif
}

/// SP or HTAB.
[[nodiscard]] inline std::size_t find_blank(std::string_view text, std::size_t from) noexcept {
#if defined(__SSE2__)
    return find_byte(
        text, from,
        [](__m128i c) {
            return _mm_or_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8(' ')), _mm_cmpeq_epi8(c, _mm_set1_epi8('\t')));
        },
        is_blank);
#else
    return find_byte(text, from, is_blank);
#endif
}

/// The end of a field name that holds only letters, digits, "-" and "_".
[[nodiscard]] inline std::size_t find_name_end(std::string_view text, std::size_t from) noexcept {
    const auto ends = [](char c) {
        const char lower = static_cast<char>(c | 0x20);
        return !((lower >= 'a' && lower <= 'z') || is_digit(c) || c == '-' || c == '_');
    };
#if defined(__SSE2__)
    return find_byte(
        text, from,
        [](__m128i c) {
            // c - first, shifted so that the signed comparison is an unsigned one
            const auto in = [](__m128i v, char first, char count) {
                const __m128i shifted = _mm_sub_epi8(v, _mm_set1_epi8(static_cast<char>(first + -128)));
                return _mm_cmplt_epi8(shifted, _mm_set1_epi8(static_cast<char>(-128 + count)));
            };
            const __m128i letter = in(_mm_or_si128(c, _mm_set1_epi8(0x20)), 'a', 26);
            const __m128i digit = in(c, '0', 10);
            const __m128i dash = _mm_or_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8('-')), _mm_cmpeq_epi8(c, _mm_set1_epi8('_')));
            return _mm_andnot_si128(_mm_or_si128(_mm_or_si128(letter, digit), dash), _mm_set1_epi8(-1));
        },
        ends);
#else
    return find_byte(text, from, ends);
#endif
}

} // namespace weir::session::http
