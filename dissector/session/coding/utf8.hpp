// Whether bytes that come in pieces are UTF-8 (RFC 3629).
#pragma once

#include <cstdint>

#include "common/bytes.hpp"

namespace weir::session {

class utf8_check {
public:
    void clear() noexcept { *this = {}; }

    void feed(common::bytes_view bytes) noexcept {
        for (const std::uint8_t b : bytes) take(b);
    }
    /// All of it may be UTF-8; the last character may be cut.
    [[nodiscard]] bool is_valid() const noexcept { return is_valid_; }
    [[nodiscard]] bool is_whole() const noexcept { return is_valid_ && left_ == 0; }

private:
    void take(std::uint8_t b) noexcept {
        if (left_ > 0) {
            is_valid_ = is_valid_ && b >= low_ && b <= high_;
            low_ = 0x80;
            high_ = 0xbf;
            --left_;
        } else if (b >= 0x80) {
            begin(b);
        }
    }
    /// What may follow the first byte of a character: no overlong form, no surrogate, nothing above U+10FFFF.
    void begin(std::uint8_t b) noexcept {
        is_valid_ = is_valid_ && b >= 0xc2 && b <= 0xf4;
        left_ = static_cast<std::uint8_t>(b >= 0xf0 ? 3 : b >= 0xe0 ? 2 : 1);
        low_ = b == 0xe0 ? 0xa0 : b == 0xf0 ? 0x90 : 0x80;
        high_ = b == 0xed ? 0x9f : b == 0xf4 ? 0x8f : 0xbf;
    }

    std::uint8_t left_ = 0; ///< bytes of the character at hand that are still to come
    std::uint8_t low_ = 0x80, high_ = 0xbf;
    bool is_valid_ = true;
};

} // namespace weir::session
