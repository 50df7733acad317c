#include "session/coding/gzip_decoder.hpp"

#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

namespace weir::session {

namespace {

class gzip_decoder final : public decoder {
public:
    ~gzip_decoder() override {
        if (ready_) inflateEnd(&stream_);
    }

    void restart() noexcept override {
        at_ = part::fixed;
        taken_ = 0;
        odd_ = false;
    }

    step run(common::bytes_view& in, std::span<std::uint8_t> out) noexcept override {
        while (at_ != part::data && at_ != part::trailer) {
            if (in.empty()) return {};
            if (!take_header_byte(in.front())) return {result::broken, 0};
            in = in.subspan(1);
        }
        if (at_ == part::data) {
            const step inflated = inflate_some(in, out);
            if (inflated.what != result::end) return inflated;
            at_ = part::trailer;
            taken_ = 0;
            const step end = take_trailer(in);
            return {end.what, inflated.produced};
        }
        return take_trailer(in);
    }

    [[nodiscard]] bool is_odd() const noexcept override { return odd_; }

private:
    /// Of RFC 1952 section 2.3, in order; those that the flags do not announce are skipped.
    enum class part : std::uint8_t { fixed, extra_size, extra, name, comment, header_crc, data, trailer };
    enum flag : std::uint8_t {
        has_header_crc = 2,
        has_extra = 4,
        has_name = 8,
        has_comment = 16,
        reserved = 0xe0
    };
    static constexpr std::size_t fixed_bytes = 10, trailer_bytes = 8;

    [[nodiscard]] bool take_header_byte(std::uint8_t b) noexcept {
        constexpr std::array<std::uint8_t, 3> magic{0x1f, 0x8b, Z_DEFLATED};
        if (at_ == part::fixed && taken_ < magic.size() && b != magic[taken_]) return false;
        if (at_ == part::fixed && taken_ == magic.size()) flags_ = b;
        if (at_ == part::extra_size) extra_ = taken_ == 0 ? b : extra_ + b * 256U;
        ++taken_;
        const bool is_over = (at_ == part::fixed && taken_ == fixed_bytes) ||
                             (at_ == part::extra_size && taken_ == 2) ||
                             (at_ == part::extra && taken_ == extra_) ||
                             ((at_ == part::name || at_ == part::comment) && b == 0) ||
                             (at_ == part::header_crc && taken_ == 2);
        if (at_ == part::fixed || at_ == part::name || at_ == part::comment || at_ == part::extra ||
            at_ == part::extra_size)
            header_sum_ =
                crc32(taken_ == 1 && at_ == part::fixed ? crc32(0, nullptr, 0) : header_sum_, &b, 1);
        if (at_ == part::header_crc) told_ = taken_ == 1 ? b : told_ + b * 256U;
        return !is_over || go_on();
    }

    /// The part at hand is over: on to the next that is there.
    [[nodiscard]] bool go_on() noexcept {
        taken_ = 0;
        switch (at_) {
        case part::fixed:
            odd_ = odd_ || (flags_ & reserved) != 0;
            at_ = part::extra_size;
            if ((flags_ & has_extra) != 0) return true;
            [[fallthrough]];
        case part::extra_size:
            at_ = part::extra;
            if ((flags_ & has_extra) != 0 && extra_ > 0) return true;
            [[fallthrough]];
        case part::extra:
            at_ = part::name;
            if ((flags_ & has_name) != 0) return true;
            [[fallthrough]];
        case part::name:
            at_ = part::comment;
            if ((flags_ & has_comment) != 0) return true;
            [[fallthrough]];
        case part::comment:
            at_ = part::header_crc;
            if ((flags_ & has_header_crc) != 0) return true;
            return start();
        case part::header_crc:
            odd_ = odd_ || told_ != (header_sum_ & 0xffff);
            return start();
        case part::data:
        case part::trailer:
            break;
        }
        return false;
    }

    [[nodiscard]] bool start() noexcept {
        at_ = part::data;
        sum_ = crc32(0, nullptr, 0);
        size_ = 0;
        const int answer =
            ready_ ? inflateReset(&stream_)
                   : inflateInit2_(&stream_, -MAX_WBITS, ZLIB_VERSION, static_cast<int>(sizeof stream_));
        ready_ = ready_ || answer == Z_OK;
        return answer == Z_OK;
    }

    step inflate_some(common::bytes_view& in, std::span<std::uint8_t> out) noexcept {
        constexpr std::size_t most = std::numeric_limits<uInt>::max();
        const std::size_t given = std::min(in.size(), most);
        stream_.next_in = in.data();
        stream_.avail_in = static_cast<uInt>(given);
        stream_.next_out = out.data();
        stream_.avail_out = static_cast<uInt>(std::min(out.size(), most));
        const int answer = inflate(&stream_, Z_NO_FLUSH);
        in = in.subspan(given - stream_.avail_in);
        const std::size_t produced = std::min(out.size(), most) - stream_.avail_out;
        sum_ = crc32(sum_, out.data(), static_cast<uInt>(produced));
        size_ += produced;
        if (answer == Z_STREAM_END) return {result::end, produced};
        return {answer == Z_OK || answer == Z_BUF_ERROR ? result::more : result::broken, produced};
    }

    /// CRC-32 and size of the data, least significant byte first.
    step take_trailer(common::bytes_view& in) noexcept {
        while (!in.empty() && taken_ < trailer_bytes) {
            trailer_[taken_++] = in.front();
            in = in.subspan(1);
        }
        if (taken_ < trailer_bytes) return {};
        const auto number = [&](std::size_t at) {
            return static_cast<std::uint32_t>(trailer_[at]) |
                   static_cast<std::uint32_t>(trailer_[at + 1]) << 8 |
                   static_cast<std::uint32_t>(trailer_[at + 2]) << 16 |
                   static_cast<std::uint32_t>(trailer_[at + 3]) << 24;
        };
        const bool is_true = number(0) == sum_ && number(4) == (size_ & 0xffffffff);
        return {is_true ? result::end : result::broken, 0};
    }

    part at_ = part::fixed;
    bool ready_ = false;
    bool odd_ = false;
    std::uint8_t flags_ = 0;
    unsigned extra_ = 0, told_ = 0;
    std::size_t taken_ = 0; ///< bytes of the part at hand
    std::uint64_t size_ = 0;
    uLong header_sum_ = 0, sum_ = 0;
    std::array<std::uint8_t, trailer_bytes> trailer_{};
    z_stream stream_{};
};

} // namespace

std::unique_ptr<decoder> make_gzip_decoder() { return std::make_unique<gzip_decoder>(); }

} // namespace weir::session
