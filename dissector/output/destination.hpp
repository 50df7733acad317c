// Where lines are written: a descriptor that may be a file, a terminal, a pipe or a socket. A write never
// blocks where it can be avoided, so that signals are heard while a reader has stopped; it never tears what
// it has begun.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace weir::output {

enum class written : std::uint8_t {
    all,
    wait,   ///< the reader is slow: go on when the descriptor is writable
    closed, ///< nobody reads any more
    full,   ///< the file has no room; there may be some later, see error()
    failed, ///< see error()
};

class destination {
public:
    /// `fd` is owned from now on if `own`.
    destination(int fd, bool own);
    destination(const destination&) = delete;
    destination& operator=(const destination&) = delete;
    ~destination();

    /// A regular file whose text ends in `closing`, which each write() puts behind what it writes, and the
    /// next one writes over: between two writes the file is whole. Static text.
    void end_with(std::string_view closing) noexcept { closing_ = closing; }

    /// Goes on in another regular file, between two lines.
    void replace(int fd) noexcept;

    /// Writes what is left of `text`; its start is removed as it goes.
    [[nodiscard]] written write(std::string_view& text);

    /// True where nobody reads any more, or the terminal has hung up.
    [[nodiscard]] bool is_gone() const noexcept;

    /// True where waiting for writability means something (no regular file).
    [[nodiscard]] bool can_wait() const noexcept { return can_wait_; }
    [[nodiscard]] int fd() const noexcept { return fd_; }
    [[nodiscard]] const std::string& error() const noexcept { return error_; }

private:
    [[nodiscard]] written write_closed(std::string_view& text);
    [[nodiscard]] written fail(int why);
    [[nodiscard]] bool put_at(off_t at, std::string_view bytes);

    int fd_;
    bool own_;
    bool socket_ = false;
    bool can_wait_ = false;
    bool nonblocking_ = false;
    std::string_view closing_;
    off_t at_ = 0;  ///< where the closing text stands
    off_t end_ = 0; ///< of the file
    std::string block_;
    std::string error_;
};

} // namespace weir::output
