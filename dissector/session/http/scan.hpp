// Finds the bytes that matter in a head, with vector instructions where the target has them. Must never read
// outside the text it was given.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "session/http/text.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace weir::session::http {

/// Bytes below 0x20: in a well-formed head CR, LF and rarely HTAB. Goes through a text once, forward, 64
/// bytes at a time; each block is looked at once.
class control_scanner {
public:
    explicit control_scanner(std::string_view text) noexcept
        : text_(text) {}

    /// The first one at or after `from`, which may not be less than before; text.size() where there is none.
    [[nodiscard]] std::size_t find(std::size_t from) noexcept {
        while (from < text_.size()) {
            const std::size_t base = from / block_bytes * block_bytes;
            if (base != base_) {
                base_ = base;
                marks_ = look_at(base);
            }
            const std::uint64_t found = marks_ >> (from - base);
            if (found != 0) return from + static_cast<std::size_t>(std::countr_zero(found));
            from = base + block_bytes;
        }
        return text_.size();
    }

private:
    static constexpr std::size_t block_bytes = 64;

    [[nodiscard]] std::uint64_t look_at(std::size_t base) const noexcept {
        std::uint64_t marks = 0;
        std::size_t at = 0;
        const std::size_t size = std::min(block_bytes, text_.size() - base);
#if defined(__SSE2__)
        const __m128i largest = _mm_set1_epi8(0x1f);
        for (; at + 16 <= size; at += 16) {
            __m128i c;
            std::memcpy(&c, &text_[base + at], 16);
            const int bits = _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(c, largest), c));
            marks |= std::uint64_t{static_cast<unsigned>(bits)} << at;
        }
#endif
        for (; at < size; ++at)
            if (static_cast<unsigned char>(text_[base + at]) < 0x20) marks |= std::uint64_t{1} << at;
        return marks;
    }

    std::string_view text_;
    std::size_t base_ = static_cast<std::size_t>(-1);
    std::uint64_t marks_ = 0;
};

/// The first byte at or after `from` that is no token character; text.size() where there is none.
[[nodiscard]] inline std::size_t find_token_end(std::string_view text, std::size_t from) noexcept {
    std::size_t at = from;
#if defined(__SSE2__)
    // Names are mostly letters, digits and "-": those are looked for sixteen at a time, the others one by
    // one.
    if (at + 16 <= text.size()) {
        const auto in = [](__m128i c, int first, int count) noexcept {
            const __m128i shifted = _mm_sub_epi8(c, _mm_set1_epi8(static_cast<char>(first - 128)));
            return _mm_cmplt_epi8(shifted, _mm_set1_epi8(static_cast<char>(count - 128)));
        };
        __m128i c;
        std::memcpy(&c, &text[at], 16);
        const __m128i letter = in(_mm_or_si128(c, _mm_set1_epi8(0x20)), 'a', 26);
        const __m128i other = _mm_or_si128(in(c, '0', 10), _mm_cmpeq_epi8(c, _mm_set1_epi8('-')));
        const auto bits = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(letter, other)));
        at += static_cast<std::size_t>(std::countr_one(bits));
    }
#endif
    while (at < text.size() && is_token(text[at])) ++at;
    return at;
}

/// What a request target holds that it must not.
struct target_bytes {
    bool blanks = false;
    bool not_ascii = false;
};

[[nodiscard]] inline target_bytes look_at_target(std::string_view target) noexcept {
    target_bytes holds;
    std::size_t at = 0;
#if defined(__SSE2__)
    __m128i high = _mm_setzero_si128();
    __m128i blank = _mm_setzero_si128();
    for (; at + 16 <= target.size(); at += 16) {
        __m128i c;
        std::memcpy(&c, &target[at], 16);
        high = _mm_or_si128(high, c);
        blank = _mm_or_si128(blank, _mm_or_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8(' ')),
                                                 _mm_cmpeq_epi8(c, _mm_set1_epi8('\t'))));
    }
    holds.not_ascii = _mm_movemask_epi8(high) != 0;
    holds.blanks = _mm_movemask_epi8(blank) != 0;
#endif
    for (; at < target.size(); ++at) {
        holds.blanks = holds.blanks || is_blank(target[at]);
        holds.not_ascii = holds.not_ascii || static_cast<unsigned char>(target[at]) > 0x7f;
    }
    return holds;
}

} // namespace weir::session::http
