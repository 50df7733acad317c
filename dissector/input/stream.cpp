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
        read_records(raw_);
        return !error_;
    }
    const std::size_t before = raw_.unread().size();
    auto why = gunzip_->unpack(raw_, unpacked_);
    packed_ += before - raw_.unread().size();
    read_records(unpacked_); // what came before a fault, too
    if (why && !error_) error_ = stream_error{std::move(*why), packed_, false};
    return !error_;
}

void stream::read_records(buffer& from) {
    from.consume(reader_.read(from.unread()));
    note_error();
}

void stream::note_error() {
    if (error_ || !reader_.error()) return;
    error_ = reader_.error();
    error_->unpacked = gunzip_.has_value();
}

bool stream::holds_more() const noexcept {
    return gunzip_ && !error() && (!raw_.unread().empty() || gunzip_->holds_output());
}

void stream::finish() {
    if (error()) return;
    if (gunzip_ && !gunzip_->complete())
        error_ = stream_error{"its gzip stream is cut short", packed_, true};
    else
        reader_.finish(gunzip_ ? unpacked_.unread().size() : raw_.unread().size());
    note_error();
}

} // namespace weir::input
