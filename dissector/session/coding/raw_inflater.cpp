#include "session/coding/raw_inflater.hpp"

#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>
#include <limits>

namespace weir::session {

struct raw_inflater::stream {
    z_stream z{};
    bool ready = false;

    ~stream() {
        if (ready) inflateEnd(&z);
    }
    /// Any window that a compressor may use fits into the largest.
    void restart() noexcept {
        const int answer = ready ? inflateReset(&z)
                                 : inflateInit2_(&z, -MAX_WBITS, ZLIB_VERSION, static_cast<int>(sizeof z));
        ready = ready || answer == Z_OK;
    }
};

raw_inflater::raw_inflater() = default;
raw_inflater::~raw_inflater() = default;

void raw_inflater::restart() noexcept {
    is_behind_last_ = false;
    if (stream_) stream_->restart();
}

decoder::step raw_inflater::run(common::bytes_view& in, std::span<std::uint8_t> out) {
    using result = decoder::result;
    if (!stream_) {
        stream_ = std::make_unique<stream>();
        stream_->restart();
    }
    if (!stream_->ready) return {result::broken, 0};
    constexpr std::size_t most = std::numeric_limits<uInt>::max();
    z_stream& z = stream_->z;
    const std::size_t given = std::min(in.size(), most);
    const std::size_t room = std::min(out.size(), most);
    z.next_in = in.data();
    z.avail_in = static_cast<uInt>(given);
    z.next_out = out.data();
    z.avail_out = static_cast<uInt>(room);
    const int answer = inflate(&z, Z_SYNC_FLUSH);
    in = in.subspan(given - z.avail_in);
    const std::size_t produced = room - z.avail_out;
    is_behind_last_ = answer == Z_STREAM_END && in.empty();
    if (answer == Z_STREAM_END) { // RFC 7692 section 7.2.3.4
        uInt size = 0;
        window_.resize(std::size_t{1} << MAX_WBITS);
        const bool goes_on = inflateGetDictionary(&z, window_.data(), &size) == Z_OK &&
                             inflateReset(&z) == Z_OK &&
                             inflateSetDictionary(&z, window_.data(), size) == Z_OK;
        return {goes_on ? result::more : result::broken, produced};
    }
    return {answer == Z_OK || answer == Z_BUF_ERROR ? result::more : result::broken, produced};
}

bool raw_inflater::is_at_block_start() const noexcept {
    constexpr int bits_left = 63, between_blocks = 128;
    return !stream_ ||
           ((stream_->z.data_type & between_blocks) != 0 && (stream_->z.data_type & bits_left) == 0);
}

} // namespace weir::session
