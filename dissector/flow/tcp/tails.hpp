// The last bytes of each stream that were handed on, so that a repetition with another content is noticed.
// Bounded for a stream and for all together: where there is no room, a tail that was not added to for long is
// taken away, and repetitions of it are no longer compared.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/bytes.hpp"

namespace weir::flow::tcp {

/// One stream's. The byte at offset n lies at n modulo `room`.
class tail {
public:
    /// A repetition mostly differs in all of it. More than this of each busy stream would push what is needed
    /// for the next packet out of the processor's cache.
    static constexpr std::size_t room = 256;

    /// First offset that is kept, and the one behind the last.
    [[nodiscard]] std::uint64_t begin() const noexcept { return end_ - size_; }
    [[nodiscard]] std::uint64_t end() const noexcept { return end_; }
    [[nodiscard]] std::uint8_t at(std::uint64_t offset) const noexcept { return bytes_[offset % room]; }

private:
    friend class tails;
    tail** owner_ = nullptr; ///< who loses it where another one needs it
    std::uint64_t end_ = 0;
    std::uint16_t size_ = 0;
    bool added_to_ = false; ///< since the hand passed
    std::array<std::uint8_t, room> bytes_;
};

class tails {
public:
    explicit tails(std::size_t most) noexcept
        : most_(most) {}

    /// `data` was handed on at `offset`; what lies before it without a hole stays. `of` is the stream's own
    /// pointer and does not move while it holds a tail.
    void keep(tail*& of, std::uint64_t offset, common::bytes_view data);
    void give_back(tail*& of) noexcept;

private:
    /// Made at once, so that making them costs little.
    static constexpr std::size_t of_a_block = 64;

    void make_block();
    [[nodiscard]] tail& unused();

    std::size_t most_;
    std::size_t made_ = 0;
    std::size_t hand_ = 0; ///< of the clock: who was not added to since it passed loses his
    std::vector<std::unique_ptr<tail[]>> blocks_;
    std::vector<tail*> free_;
};

} // namespace weir::flow::tcp
