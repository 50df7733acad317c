#include "session/coding/lzw_decoder.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace weir::session {

namespace {

class lzw_decoder final : public decoder {
public:
    void restart() noexcept override {
        header_taken_ = 0;
        bits_ = bit_count_ = 0;
        pending_.clear();
        before_.reset();
    }

    step run(common::bytes_view& in, std::span<std::uint8_t> out) noexcept override {
        std::size_t produced = 0;
        for (;;) {
            const std::size_t n = std::min(pending_.size(), out.size() - produced);
            // What a code stands for was gathered back to front.
            std::copy_n(pending_.rbegin(), n, out.begin() + static_cast<std::ptrdiff_t>(produced));
            pending_.resize(pending_.size() - n);
            produced += n;
            if (!pending_.empty() || in.empty()) return {result::more, produced};
            const std::uint8_t b = in.front();
            in = in.subspan(1);
            if (header_taken_ < header_bytes) {
                if (!take_header(b)) return {result::broken, produced};
                continue;
            }
            bits_ |= std::uint32_t{b} << bit_count_;
            bit_count_ += 8;
            ++group_bytes_;
            if (skip_bytes_ > 0) { // to the end of the group of eight codes
                --skip_bytes_;
                bits_ = bit_count_ = group_bytes_ = 0;
                continue;
            }
            if (bit_count_ < width_) continue;
            const std::uint32_t code = bits_ & ((1U << width_) - 1);
            bits_ >>= width_;
            bit_count_ -= width_;
            if (!take_code(code)) return {result::broken, produced};
        }
    }

    [[nodiscard]] bool has_end() const noexcept override { return header_taken_ < header_bytes; }

private:
    static constexpr std::size_t header_bytes = 3;
    static constexpr unsigned least_width = 9, most_width = 16;
    static constexpr std::uint32_t clear_code = 256;

    [[nodiscard]] bool take_header(std::uint8_t b) {
        constexpr std::array<std::uint8_t, 2> magic{0x1f, 0x9d};
        if (header_taken_ < magic.size()) return b == magic[header_taken_++];
        ++header_taken_;
        limit_ = b & 0x1f;
        has_clear_ = (b & 0x80) != 0;
        if (limit_ < least_width || limit_ > most_width) return false;
        prefix_.resize(std::size_t{1} << limit_);
        last_.resize(std::size_t{1} << limit_);
        forget();
        return true;
    }

    void forget() noexcept {
        next_ = has_clear_ ? clear_code + 1 : clear_code;
        width_ = least_width;
        group_bytes_ = skip_bytes_ = 0;
        before_.reset();
    }

    /// Codes are written in groups of eight; a change of width leaves the rest of a group empty.
    void end_group() noexcept {
        const unsigned over = group_bytes_ % width_;
        skip_bytes_ = over == 0 ? 0 : width_ - over;
        bits_ = bit_count_ = 0;
        group_bytes_ = 0;
    }

    [[nodiscard]] bool take_code(std::uint32_t code) {
        if (code == clear_code && has_clear_) {
            end_group();
            const unsigned skip = skip_bytes_;
            forget();
            skip_bytes_ = skip;
            return true;
        }
        if (!before_) {
            if (code > 255) return false;
            first_ = static_cast<std::uint8_t>(code);
            pending_.push_back(first_);
            before_ = code;
            return true;
        }
        std::uint32_t c = code;
        if (c > next_ || (c == next_ && next_ >> limit_ != 0)) return false;
        if (c == next_) { // the entry that this very code makes
            pending_.push_back(first_);
            c = *before_;
        }
        for (; c > 255; c = prefix_[c]) pending_.push_back(last_[c]);
        first_ = static_cast<std::uint8_t>(c);
        pending_.push_back(first_);
        if (next_ >> limit_ == 0) {
            prefix_[next_] = static_cast<std::uint16_t>(*before_);
            last_[next_] = first_;
            ++next_;
            if (next_ >> width_ != 0 && width_ < limit_) {
                end_group();
                ++width_;
            }
        }
        before_ = code;
        return true;
    }

    std::size_t header_taken_ = 0;
    unsigned limit_ = most_width; ///< of the width of a code
    bool has_clear_ = true;
    unsigned width_ = least_width;
    std::uint32_t bits_ = 0, bit_count_ = 0;
    unsigned group_bytes_ = 0, skip_bytes_ = 0;
    std::uint32_t next_ = 0; ///< entry of the dictionary
    std::optional<std::uint32_t> before_;
    std::uint8_t first_ = 0; ///< byte of what the last code stood for
    std::vector<std::uint16_t> prefix_;
    std::vector<std::uint8_t> last_;
    std::vector<std::uint8_t> pending_;
};

} // namespace

std::unique_ptr<decoder> make_lzw_decoder() { return std::make_unique<lzw_decoder>(); }

} // namespace weir::session
