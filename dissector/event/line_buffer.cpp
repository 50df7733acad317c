#include "event/line_buffer.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace weir::event {

namespace {

/// "00", "01" to "99", one behind the other.
constexpr std::array<char, 200> pairs = [] {
    std::array<char, 200> t{};
    for (std::size_t i = 0; i < t.size(); i += 2) {
        t[i] = static_cast<char>('0' + i / 20);
        t[i + 1] = static_cast<char>('0' + i / 2 % 10);
    }
    return t;
}();

void nine_digits(char* out, std::uint64_t value) noexcept {
    auto rest = static_cast<std::uint32_t>(value);
    out[8] = static_cast<char>('0' + rest % 10);
    rest /= 10;
    for (int i = 6; i >= 0; i -= 2, rest /= 100) std::memcpy(out + i, &pairs[rest % 100 * 2], 2);
}

} // namespace

void line_buffer::grow(std::size_t more) {
    const std::size_t wanted = std::max<std::size_t>({capacity_ * 2, size_ + more, 64 * 1024});
    std::unique_ptr<char[]> bigger(new char[wanted]);
    if (size_ > 0) std::memcpy(bigger.get(), data_.get(), size_);
    data_ = std::move(bigger);
    capacity_ = wanted;
}

void line_buffer::put_digits(std::uint64_t n) {
    if (capacity_ - size_ < 20) grow(20);
    char* at = data_.get() + size_;
    size_ += static_cast<std::size_t>(std::to_chars(at, at + 20, n).ptr - at);
}

void line_buffer::put_signed(std::int64_t n) {
    if (n < 0) put('-');
    put_number(n < 0 ? 0 - static_cast<std::uint64_t>(n) : static_cast<std::uint64_t>(n));
}

void line_buffer::put_real(double v) {
    constexpr std::size_t longest = 24; // -2.2250738585072014e-308
    if (std::isnan(v)) return put("nan");
    const std::span<char> at = room(longest);
    size_ += static_cast<std::size_t>(std::to_chars(at.data(), at.data() + at.size(), v).ptr - at.data());
}

void line_buffer::put_seconds(common::nanoseconds d) {
    auto magnitude = static_cast<std::uint64_t>(d.count);
    if (d.count < 0) {
        put('-');
        magnitude = 0 - magnitude;
    }
    const std::uint64_t second = common::nanoseconds_per_second;
    put_number(magnitude / second);
    std::array<char, 10> fraction{'.'};
    nine_digits(fraction.data() + 1, magnitude % second);
    put(std::string_view(fraction.data(), fraction.size()));
}

void line_buffer::put_time(common::timestamp t) {
    const std::int64_t within = t.since_epoch % common::nanoseconds_per_second;
    const std::int64_t second = t.since_epoch - within;
    if (within < 0 || second != second_ || second_text_[0] == 0) {
        common::write_rfc3339(t, second_text_);
        second_ = within < 0 ? 0 : second;
        if (within < 0) {
            put(std::string_view(second_text_.data(), second_text_.size()));
            second_text_[0] = 0;
            return;
        }
    }
    nine_digits(second_text_.data() + 20, static_cast<std::uint64_t>(within));
    put(std::string_view(second_text_.data(), second_text_.size()));
}

} // namespace weir::event
