#include "input/stream.hpp"

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace weir::input {

progress stream::advance() {
    if (holds_more()) return pump() ? progress::more : progress::failed;
    // read as much as the buffer has, but never less than what the next record still needs
    const std::size_t missing =
        reader_.needed() > raw_.unread().size() ? reader_.needed() - raw_.unread().size() : 0;
    constexpr std::size_t smallest_read = 64 * 1024;
    const std::span<std::uint8_t> room =
        raw_.room(gunzip_ ? smallest_read : std::max(missing, smallest_read));
    const ssize_t n = ::read(fd_, room.data(), room.size());
    if (n < 0) {
        if (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK) return progress::nothing_yet;
        error_ = stream_error{std::string("it cannot be read: ") + std::strerror(errno), 0, false};
        return progress::failed;
    }
    if (n == 0) return progress::end;
    raw_.commit(static_cast<std::size_t>(n));
    return pump() ? progress::more : progress::failed;
}

bool stream::pump() {
    if (!format_known_ && raw_.unread().size() >= 2) {
        format_known_ = true;
        if (gunzip::recognises(raw_.unread())) gunzip_.emplace();
    }
    if (!gunzip_) {
        raw_.consume(reader_.read(raw_.unread()));
        return !reader_.error();
    }
    if (auto why = gunzip_->unpack(raw_, unpacked_)) {
        error_ = stream_error{std::move(*why), 0, false};
        return false;
    }
    unpacked_.consume(reader_.read(unpacked_.unread()));
    return !reader_.error();
}

bool stream::holds_more() const noexcept {
    return gunzip_ && !error() && (!raw_.unread().empty() || gunzip_->holds_output());
}

void stream::finish() {
    if (error()) return;
    if (gunzip_ && !gunzip_->complete())
        error_ = stream_error{"its gzip stream is cut short", 0, true};
    else
        reader_.finish(gunzip_ ? unpacked_.unread().size() : raw_.unread().size());
}

} // namespace weir::input
