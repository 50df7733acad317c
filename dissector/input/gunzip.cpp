#include "input/gunzip.hpp"

#define ZLIB_CONST
#include <zlib.h>

namespace weir::input {

namespace {

constexpr std::size_t piece = 256 * 1024;

} // namespace

struct gunzip::state {
    z_stream z{};
    bool member_over = false;
    bool holds_output = false; // the last call filled its room
};

gunzip::gunzip()
    : s_(std::make_unique<state>()) {
    constexpr int largest_window = 15, gzip_format = 16;
    common::check(inflateInit2(&s_->z, largest_window + gzip_format) == Z_OK, "zlib can be set up");
}

gunzip::~gunzip() { inflateEnd(&s_->z); }

bool gunzip::recognises(common::bytes_view start) noexcept {
    return start.size() >= 2 && start[0] == 0x1f && start[1] == 0x8b;
}

bool gunzip::complete() const noexcept { return s_->member_over; }

bool gunzip::holds_output() const noexcept { return s_->holds_output; }

std::optional<std::string> gunzip::unpack(buffer& in, buffer& out) {
    z_stream& z = s_->z;
    const common::bytes_view packed = in.unread();
    if (s_->member_over && !packed.empty()) { // members may follow each other, RFC 1952 section 2.2
        inflateReset(&z);
        s_->member_over = false;
    }
    const std::span<std::uint8_t> room = out.room(piece);
    z.next_in = packed.data();
    z.avail_in = static_cast<uInt>(packed.size());
    z.next_out = room.data();
    z.avail_out = static_cast<uInt>(std::min<std::size_t>(room.size(), piece));
    const uInt offered = z.avail_out;
    const int result = inflate(&z, Z_NO_FLUSH);
    in.consume(packed.size() - z.avail_in);
    out.commit(offered - z.avail_out);
    s_->holds_output = z.avail_out == 0;
    if (result == Z_STREAM_END)
        s_->member_over = true;
    else if (result != Z_OK && result != Z_BUF_ERROR)
        return "it is no valid gzip stream: " + std::string(z.msg != nullptr ? z.msg : "bad data");
    return std::nullopt;
}

} // namespace weir::input
