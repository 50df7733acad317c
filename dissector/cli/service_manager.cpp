#include "cli/service_manager.hpp"

#include <charconv>
#include <cstdlib>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace weir::cli {

namespace {

std::string take(const char* name) {
    const char* const value = std::getenv(name);
    std::string taken = value == nullptr ? "" : value;
    ::unsetenv(name);
    return taken;
}

std::optional<long> number(std::string_view text) {
    long n = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (wrong != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return n;
}

} // namespace

service_manager::service_manager() {
    const std::string path = take("NOTIFY_SOCKET"), period = take("WATCHDOG_USEC"),
                      watched = take("WATCHDOG_PID");
    if (const auto microseconds = number(period); microseconds && *microseconds > 1)
        if (watched.empty() || number(watched) == ::getpid()) interval_.emplace(*microseconds / 2);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) return;
    path.copy(static_cast<char*>(address.sun_path), path.size());
    if (path.front() == '@') address.sun_path[0] = '\0';
    fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const auto* const to = static_cast<const sockaddr*>(static_cast<const void*>(&address));
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    if (fd_ >= 0 && ::connect(fd_, to, length) == 0) return;
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

service_manager::~service_manager() {
    if (fd_ >= 0) ::close(fd_);
}

void service_manager::tell(const std::string& state) noexcept {
    if (fd_ >= 0) (void)::send(fd_, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

} // namespace weir::cli
