#include "output/destination.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weir::output {

destination::destination(int fd, bool own)
    : fd_(fd)
    , own_(own) {
    struct stat s {};
    if (::fstat(fd, &s) != 0) return;
    socket_ = S_ISSOCK(s.st_mode);
    can_wait_ = socket_ || S_ISFIFO(s.st_mode) || (S_ISCHR(s.st_mode) && ::isatty(fd) == 1);
    if (!S_ISFIFO(s.st_mode)) return;
    // O_NONBLOCK belongs to the open file, which other processes share: a pipe is opened anew instead of
    // changed
    const std::string self = "/proc/self/fd/" + std::to_string(fd);
    const int again = ::open(self.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (again < 0) return;
    if (own_) ::close(fd_);
    fd_ = again;
    own_ = true;
    nonblocking_ = true;
}

destination::~destination() {
    if (own_) ::close(fd_);
}

void destination::replace(int fd) noexcept {
    if (own_) ::close(fd_);
    fd_ = fd;
    own_ = true;
}

bool destination::is_gone() const noexcept {
    pollfd p{fd_, 0, 0};
    return can_wait_ && ::poll(&p, 1, 0) > 0 && (p.revents & (POLLERR | POLLHUP)) != 0;
}

written destination::write(std::string_view& text) {
    if (!closing_.empty()) return write_closed(text);
    while (!text.empty()) {
        ssize_t n = 0;
        if (socket_) {
            n = ::send(fd_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        } else if (can_wait_ && !nonblocking_) {
            // a pipe that polls writable takes PIPE_BUF bytes without blocking
            pollfd p{fd_, POLLOUT, 0};
            if (::poll(&p, 1, 0) == 0) return written::wait;
            n = ::write(fd_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
        } else {
            n = ::write(fd_, text.data(), text.size());
        }
        if (n >= 0) {
            text.remove_prefix(static_cast<std::size_t>(n));
            continue;
        }
        if (errno == EINTR) continue;
        if (can_wait_ && (errno == EAGAIN || errno == EWOULDBLOCK)) return written::wait;
        if (errno == EPIPE || errno == ECONNRESET) return written::closed;
        return fail(errno);
    }
    return written::all;
}

written destination::fail(int why) {
    const bool no_room = why == ENOSPC || why == EDQUOT || why == EFBIG;
    error_ = std::strerror(why);
    return no_room ? written::full : written::failed;
}

/// One call writes both, so that only a kill in the middle of it leaves the file open.
written destination::write_closed(std::string_view& text) {
    block_.assign(text).append(closing_);
    if (!put_at(at_, block_)) {
        const int why = errno;
        // what was begun had no room: the closing text stands again where it stood, and blanks behind it
        const auto begun = static_cast<std::size_t>(end_ - at_);
        block_.assign(closing_).resize(std::max(closing_.size(), begun), ' ');
        (void)put_at(at_, block_);
        return fail(why);
    }
    at_ += static_cast<off_t>(text.size());
    text = {};
    return written::all;
}

/// False with errno where something went wrong.
bool destination::put_at(off_t at, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
        at += n;
        end_ = std::max(end_, at);
    }
    return true;
}

} // namespace weir::output
