// The one buffer between read(2) and the capture reader: large, reused, its unread tail moved to the front
// when room is wanted. It grows only when one record does not fit.
#pragma once

#include <cstring>
#include <memory>
#include <span>

#include "common/bytes.hpp"

namespace weir::input {

class buffer {
public:
    /// Room for a read of at least `wanted` bytes behind what is not consumed yet.
    [[nodiscard]] std::span<std::uint8_t> room(std::size_t wanted) {
        if (capacity_ - end_ < wanted) make_room(wanted);
        return {data_.get() + end_, capacity_ - end_};
    }
    void commit(std::size_t n) noexcept { end_ += n; }
    [[nodiscard]] common::bytes_view unread() const noexcept { return {data_.get() + begin_, end_ - begin_}; }
    void consume(std::size_t n) noexcept {
        begin_ += n;
        if (begin_ == end_) begin_ = end_ = 0;
    }

private:
    /// Half of a core's second-level cache here: larger reads are not faster, smaller ones cost more calls.
    static constexpr std::size_t smallest = 256 * 1024;

    void make_room(std::size_t wanted) {
        const std::size_t held = end_ - begin_;
        if (capacity_ < held + wanted) {
            const std::size_t bigger = std::max({smallest, capacity_ * 2, held + wanted});
            std::unique_ptr<std::uint8_t[]> data(new std::uint8_t[bigger]);
            if (held > 0) std::memcpy(data.get(), data_.get() + begin_, held);
            data_ = std::move(data);
            capacity_ = bigger;
        } else if (held > 0) {
            std::memmove(data_.get(), data_.get() + begin_, held);
        }
        begin_ = 0;
        end_ = held;
    }

    std::unique_ptr<std::uint8_t[]> data_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

} // namespace weir::input
