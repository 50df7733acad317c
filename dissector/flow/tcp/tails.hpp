// The last bytes of each stream that were handed on, so that a repetition with another content is noticed.
// Bounded for a stream and for all together: where there is no room, the tail that waits longest is taken
// away, and repetitions of it are no longer compared.
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
    static constexpr std::size_t room = 1024;

    /// First offset that is kept, and the one behind the last.
    [[nodiscard]] std::uint64_t begin() const noexcept { return end_ - size_; }
    [[nodiscard]] std::uint64_t end() const noexcept { return end_; }
    [[nodiscard]] std::uint8_t at(std::uint64_t offset) const noexcept { return bytes_[offset % room]; }

private:
    friend class tails;
    tail** owner_ = nullptr; ///< who loses it where another one needs it
    tail* older_ = nullptr;
    tail* younger_ = nullptr;
    std::uint64_t end_ = 0;
    std::uint64_t size_ = 0;
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
    void take(tail*& of);
    void link_youngest(tail& t) noexcept;
    void unlink(tail& t) noexcept;

    std::size_t most_;
    std::size_t made_ = 0;
    std::vector<std::unique_ptr<tail[]>> blocks_;
    std::vector<tail*> free_;
    tail* oldest_ = nullptr;
    tail* youngest_ = nullptr;
};

} // namespace weir::flow::tcp
