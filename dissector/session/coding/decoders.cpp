#include "session/coding/decoders.hpp"

#define ZLIB_CONST
#include <brotli/decode.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace weir::session {

namespace {

/// zlib (RFC 1950) and raw deflate (RFC 1951). "deflate" means zlib, but raw deflate is sent as often; the
/// first two bytes tell them apart, so they are held until both are there. They may also say gzip.
class zlib_decoder final : public decoder {
public:
    explicit zlib_decoder(std::unique_ptr<decoder> gzip) noexcept
        : gzip_(std::move(gzip)) {}
    ~zlib_decoder() override {
        if (ready_) inflateEnd(&stream_);
    }

    void restart() noexcept override {
        held_size_ = 0;
        started_ = is_gzip_ = false;
    }

    [[nodiscard]] bool is_odd() const noexcept override { return is_gzip_; }

    step run(common::bytes_view& in, std::span<std::uint8_t> out) noexcept override {
        while (!started_) {
            if (in.empty()) return {};
            held_[held_size_++] = in.front();
            in = in.subspan(1);
            if (held_size_ < held_.size()) continue;
            if (!start()) return {result::broken, 0};
            common::bytes_view held(held_);
            const step first = undo(held, out);
            if (first.what != result::more) return first;
            const step second = undo(in, out.subspan(first.produced));
            return {second.what, first.produced + second.produced};
        }
        return undo(in, out);
    }

private:
    bool start() noexcept {
        is_gzip_ = held_[0] == 0x1f && held_[1] == 0x8b;
        if (is_gzip_) {
            gzip_->restart();
            started_ = true;
            return true;
        }
        const bool is_zlib = (held_[0] & 0x0f) == 8 && (held_[0] * 256 + held_[1]) % 31 == 0;
        const int window_bits = is_zlib ? MAX_WBITS : -MAX_WBITS;
        const int answer =
            ready_ ? inflateReset2(&stream_, window_bits)
                   : inflateInit2_(&stream_, window_bits, ZLIB_VERSION, static_cast<int>(sizeof stream_));
        ready_ = ready_ || answer == Z_OK;
        started_ = answer == Z_OK;
        return started_;
    }

    step undo(common::bytes_view& in, std::span<std::uint8_t> out) noexcept {
        return is_gzip_ ? gzip_->run(in, out) : inflate_some(in, out);
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
        if (answer == Z_STREAM_END) return {result::end, produced};
        return {answer == Z_OK || answer == Z_BUF_ERROR ? result::more : result::broken, produced};
    }

    bool ready_ = false;
    bool started_ = false;
    bool is_gzip_ = false;
    std::unique_ptr<decoder> gzip_;
    std::array<std::uint8_t, 2> held_{};
    std::size_t held_size_ = 0;
    z_stream stream_{};
};

class brotli_decoder final : public decoder {
public:
    brotli_decoder() { restart(); }

    void restart() noexcept override { state_.reset(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)); }

    step run(common::bytes_view& in, std::span<std::uint8_t> out) noexcept override {
        if (!state_) return {result::broken, 0};
        std::size_t in_left = in.size(), out_left = out.size();
        const std::uint8_t* next_in = in.data();
        std::uint8_t* next_out = out.data();
        const BrotliDecoderResult answer =
            BrotliDecoderDecompressStream(state_.get(), &in_left, &next_in, &out_left, &next_out, nullptr);
        in = in.subspan(in.size() - in_left);
        const std::size_t produced = out.size() - out_left;
        if (answer == BROTLI_DECODER_RESULT_SUCCESS) return {result::end, produced};
        return {answer == BROTLI_DECODER_RESULT_ERROR ? result::broken : result::more, produced};
    }

private:
    struct destroy {
        void operator()(BrotliDecoderState* s) const noexcept { BrotliDecoderDestroyInstance(s); }
    };
    std::unique_ptr<BrotliDecoderState, destroy> state_;
};

class zstd_decoder final : public decoder {
public:
    zstd_decoder()
        : stream_(ZSTD_createDStream()) {
        if (stream_) ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, window_log_max);
    }

    void restart() noexcept override {
        if (stream_) ZSTD_DCtx_reset(stream_.get(), ZSTD_reset_session_only);
    }

    step run(common::bytes_view& in, std::span<std::uint8_t> out) noexcept override {
        if (!stream_) return {result::broken, 0};
        ZSTD_inBuffer source{in.data(), in.size(), 0};
        ZSTD_outBuffer target{out.data(), out.size(), 0};
        const std::size_t answer = ZSTD_decompressStream(stream_.get(), &target, &source);
        in = in.subspan(source.pos);
        if (ZSTD_isError(answer) != 0) return {result::broken, target.pos};
        return {answer == 0 ? result::end : result::more, target.pos};
    }

private:
    /// RFC 9659: an HTTP decoder need not support windows above 8 MiB.
    static constexpr int window_log_max = 23;
    struct destroy {
        void operator()(ZSTD_DStream* s) const noexcept { ZSTD_freeDStream(s); }
    };
    std::unique_ptr<ZSTD_DStream, destroy> stream_;
};

/// The format of LZMA_Alone, which no standard of HTTP names and a few servers send.
class lzma_decoder final : public decoder {
public:
    lzma_decoder() { restart(); }
    ~lzma_decoder() override { lzma_end(&stream_); }

    void restart() noexcept override { ready_ = lzma_alone_decoder(&stream_, most_memory) == LZMA_OK; }

    step run(common::bytes_view& in, std::span<std::uint8_t> out) noexcept override {
        if (!ready_) return {result::broken, 0};
        stream_.next_in = in.data();
        stream_.avail_in = in.size();
        stream_.next_out = out.data();
        stream_.avail_out = out.size();
        const lzma_ret answer = lzma_code(&stream_, LZMA_RUN);
        in = in.subspan(in.size() - stream_.avail_in);
        const std::size_t produced = out.size() - stream_.avail_out;
        if (answer == LZMA_STREAM_END) return {result::end, produced};
        return {answer == LZMA_OK || answer == LZMA_BUF_ERROR ? result::more : result::broken, produced};
    }

private:
    static constexpr std::uint64_t most_memory = 16 * 1024 * 1024; ///< the head may ask for 4 GiB
    lzma_stream stream_ = LZMA_STREAM_INIT;
    bool ready_ = false;
};

} // namespace

std::unique_ptr<decoder> make_deflate_decoder(std::unique_ptr<decoder> gzip) {
    return std::make_unique<zlib_decoder>(std::move(gzip));
}
std::unique_ptr<decoder> make_brotli_decoder() { return std::make_unique<brotli_decoder>(); }
std::unique_ptr<decoder> make_zstd_decoder() { return std::make_unique<zstd_decoder>(); }
std::unique_ptr<decoder> make_lzma_decoder() { return std::make_unique<lzma_decoder>(); }

} // namespace weir::session
