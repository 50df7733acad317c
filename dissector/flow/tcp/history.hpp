// The story of a connection in Zeek's history letters, upper case for the client: S SYN, H SYN+ACK, F FIN, R
// RST again where the sequence number is another one; A pure ACK, D data, I and Q flags that contradict each
// other once a side; T retransmission, G gap, W zero window at the 1st, 10th, 100th, ... time; ^ roles
// flipped.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

#include "event/connection.hpp"

namespace weir::flow::tcp {

class history {
public:
    /// A letter that is written at its first time only. `letter` is lower case.
    void once(char letter, event::side from) noexcept {
        if (first(letter, from)) put(letter, from);
    }

    /// A letter that is written again where the sequence number is another one than at its last time.
    void again(char letter, event::side from, bool other_number) noexcept {
        if (first(letter, from) || other_number) put(letter, from);
    }

    /// S or H; both are one kind.
    void syn(bool with_ack, event::side from, bool other_number) noexcept {
        if (first('s', from) || other_number) put(with_ack ? 'h' : 's', from);
    }

    /// Whether the letter was written. `letter` is lower case.
    [[nodiscard]] bool saw(char letter, event::side from) const noexcept {
        return (seen_[event::index(from)] & bit(letter)) != 0;
    }

    /// A letter that is written when its count reaches a power of ten.
    void counted(char letter, event::side from) noexcept {
        std::uint16_t& counter = counts_[event::index(from)][letter == 't' ? 0 : letter == 'g' ? 1 : 2];
        if (counter == std::numeric_limits<std::uint16_t>::max()) return;
        std::uint16_t count = ++counter;
        while (count >= 10 && count % 10 == 0) count /= 10;
        if (count == 1) put(letter, from);
    }

    void flip() noexcept {
        std::swap(seen_[0], seen_[1]);
        std::swap(counts_[0], counts_[1]);
        for (std::size_t i = 0; i < size_; ++i)
            if (text_[i] != '^') text_[i] = static_cast<char>(text_[i] ^ 0x20);
        put('^', event::side::server);
    }

    [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }

private:
    /// 9 letters for two sides, the counted ones up to 10^2, a few repeats; what is beyond is left out.
    static constexpr std::size_t capacity = 31;

    static constexpr std::uint8_t bit(char letter) noexcept {
        return static_cast<std::uint8_t>(1u << std::string_view("sadfriq").find(letter));
    }

    bool first(char letter, event::side from) noexcept {
        const bool yes = !saw(letter, from);
        seen_[event::index(from)] |= bit(letter);
        return yes;
    }

    void put(char letter, event::side from) noexcept {
        if (size_ == capacity) return;
        const bool upper = from == event::side::client && letter >= 'a' && letter <= 'z';
        text_[size_++] = upper ? static_cast<char>(letter - 'a' + 'A') : letter;
    }

    std::array<std::uint8_t, 2> seen_{};
    std::array<std::array<std::uint16_t, 3>, 2> counts_{}; ///< of T, G, W
    std::array<char, capacity> text_{};
    std::uint8_t size_ = 0;
};

} // namespace weir::flow::tcp
