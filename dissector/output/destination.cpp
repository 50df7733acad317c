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
        const bool no_room = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
        error_ = std::strerror(errno);
        return no_room ? written::full : written::failed;
    }
    return written::all;
}

} // namespace weir::output
