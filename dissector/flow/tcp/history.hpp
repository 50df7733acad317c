// The story of a connection in Zeek's history letters, upper case for the client: S SYN, H SYN+ACK, A pure
// ACK, D data, F FIN, R RST once per side; T retransmission, G gap, W zero window at the 1st, 10th, 100th,
// ... time; ^ roles flipped.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "event/connection.hpp"

namespace weir::flow::tcp {

class history {
public:
    /// A letter that is written at its first time only. `letter` is lower case.
    void once(char letter, event::side from) noexcept {
        const std::uint32_t bit = std::uint32_t{1} << (letter - 'a');
        std::uint32_t& seen = seen_[event::index(from)];
        if ((seen & bit) != 0) return;
        seen |= bit;
        put(letter, from);
    }

    /// Whether once() was called with it. `letter` is lower case.
    [[nodiscard]] bool saw(char letter, event::side from) const noexcept {
        return (seen_[event::index(from)] >> (letter - 'a') & 1) != 0;
    }

    /// A letter that is written when its count reaches a power of ten.
    void counted(char letter, event::side from, std::uint64_t count) noexcept {
        while (count >= 10 && count % 10 == 0) count /= 10;
        if (count == 1) put(letter, from);
    }

    void flip() noexcept {
        std::swap(seen_[0], seen_[1]);
        for (std::size_t i = 0; i < size_; ++i) text_[i] = static_cast<char>(text_[i] ^ 0x20);
        put('^', event::side::server);
    }

    [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }

private:
    /// 12 letters for two sides, and the counted ones up to 10^6; what is beyond is left out.
    static constexpr std::size_t capacity = 36;

    void put(char letter, event::side from) noexcept {
        if (size_ == capacity) return;
        const bool upper = from == event::side::client && letter >= 'a' && letter <= 'z';
        text_[size_++] = upper ? static_cast<char>(letter - 'a' + 'A') : letter;
    }

    std::array<std::uint32_t, 2> seen_{};
    std::array<char, capacity> text_{};
    std::uint8_t size_ = 0;
};

} // namespace weir::flow::tcp
