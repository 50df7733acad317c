// The append-only text buffer behind every output. It grows and is reused, so that steady state allocates
// nothing; it remembers the text of the last second because successive events mostly share it.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "common/timestamp.hpp"

namespace weir::event {

class line_buffer {
public:
    [[nodiscard]] std::string_view view() const noexcept { return {data_.get(), size_}; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    void clear() noexcept { size_ = 0; }
    /// Takes back what was put after `size`; precondition: size <= size().
    void cut(std::size_t size) noexcept { size_ = size; }

    void put(char c) {
        if (size_ == capacity_) grow(1);
        data_[size_++] = c;
    }

    void put(std::string_view text) {
        if (capacity_ - size_ < text.size()) grow(text.size());
        if (!text.empty()) std::memcpy(data_.get() + size_, text.data(), text.size());
        size_ += text.size();
    }

    /// Room for `n` more characters; the caller fills from the start of it and says how many with commit().
    [[nodiscard]] std::span<char> room(std::size_t n) {
        if (capacity_ - size_ < n) grow(n);
        return {data_.get() + size_, n};
    }
    void commit(std::size_t n) noexcept { size_ += n; }

    void put_number(std::uint64_t n) {
        if (n < 10) return put(static_cast<char>('0' + n));
        put_digits(n);
    }
    void put_signed(std::int64_t n);
    /// The shortest number that reads back the same; inf, -inf or nan.
    void put_real(double v);
    /// Seconds with nine decimals.
    void put_seconds(common::nanoseconds d);
    /// RFC 3339, without quotes.
    void put_time(common::timestamp t);

    /// Ends a list or an object whose elements stand from `start`, each with a comma before it: the first one
    /// becomes `open`.
    void close_from(std::size_t start, char open, char close) {
        if (size_ == start)
            put(open);
        else
            overwrite(start, open);
        put(close);
    }

    /// Replaces one character that was written; position < size().
    void overwrite(std::size_t position, char c) noexcept { data_[position] = c; }

private:
    void put_digits(std::uint64_t n);
    void grow(std::size_t more);

    std::unique_ptr<char[]> data_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
    std::int64_t second_ = 0;
    std::array<char, common::rfc3339_size> second_text_{};
};

} // namespace weir::event
