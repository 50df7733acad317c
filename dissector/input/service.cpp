#include "input/service.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace weir::input {

namespace {

using common::exit_status;

constexpr std::size_t longest_answer = 16'384;
/// For each step, reaching it and its answer; opening an interface takes some ten milliseconds.
constexpr std::chrono::seconds patience{5};

/// The answer line without its newline, and not a byte more; nothing, with errno set, where none comes.
std::optional<std::string> read_answer(int fd) {
    using std::chrono::steady_clock;
    const auto deadline = steady_clock::now() + patience;
    std::string line;
    while (line.size() < longest_answer) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
        pollfd p{fd, POLLIN, 0};
        const int ready = ::poll(&p, 1, std::max(static_cast<int>(left.count()), 0));
        if (ready < 0 && errno == EINTR) continue;
        if (ready == 0) errno = ETIMEDOUT;
        if (ready <= 0) return std::nullopt;
        std::array<char, 512> piece{};
        const ssize_t seen = ::recv(fd, piece.data(), piece.size(), MSG_PEEK);
        if (seen == 0) errno = ECONNRESET;
        if (seen <= 0) return std::nullopt;
        const std::string_view text(piece.data(), static_cast<std::size_t>(seen));
        const std::size_t end = text.find('\n');
        const std::size_t take = end == std::string_view::npos ? text.size() : end + 1;
        if (::recv(fd, piece.data(), take, 0) != static_cast<ssize_t>(take)) return std::nullopt;
        line.append(piece.data(), take);
        if (line.back() != '\n') continue;
        line.pop_back();
        return line;
    }
    errno = EMSGSIZE;
    return std::nullopt;
}

exit_status status_of(std::string_view code) {
    if (code == "not-permitted") return exit_status::not_permitted;
    if (code == "bad-request" || code == "no-such-interface" || code == "bad-filter")
        return exit_status::usage;
    return exit_status::failed;
}

} // namespace

std::string request_line(const service_request& r) {
    std::string line = "capture";
    for (const std::string& i : r.interfaces) line += " interface=" + i;
    for (const std::string& s : r.settings) line += ' ' + s;
    if (!r.filter.empty()) line += " filter=" + r.filter;
    return line + '\n';
}

std::optional<service_refusal> refusal_in(const std::string& answer) {
    if (answer == "ok" || answer.starts_with("ok ")) return std::nullopt;
    constexpr std::string_view error = "error ";
    if (!answer.starts_with(error))
        return service_refusal{exit_status::failed, "what answers there is no capture service", true};
    const std::size_t end = std::min(answer.find(' ', error.size()), answer.size());
    const std::string_view code = std::string_view(answer).substr(error.size(), end - error.size());
    // an interface may come back, a policy or a filter does not change by itself
    const bool may_pass = status_of(code) == exit_status::failed || code == "no-such-interface";
    service_refusal refusal{status_of(code), answer.substr(end), may_pass};
    refusal.message.erase(0, refusal.message.find_first_not_of(' '));
    if (refusal.message.empty())
        refusal.message = "the capture service refuses: " + answer.substr(error.size());
    return refusal;
}

std::optional<service_refusal> service::ask(const std::string& path, const service_request& r) {
    const auto failed = [&](const char* what) {
        if (errno == EAGAIN) errno = ETIMEDOUT; // of SO_SNDTIMEO
        const bool forbidden = errno == EACCES || errno == EPERM;
        return service_refusal{
            forbidden ? exit_status::not_permitted : exit_status::failed,
            std::string(what) + ' ' + path + ": " + std::strerror(errno) +
                (forbidden ? "; you need to be in the group that may use it (usually weir)" : "")};
    };
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return service_refusal{exit_status::usage, "a socket's path has at most 107 bytes: " + path, false};
    path.copy(static_cast<char*>(address.sun_path), path.size());
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto* const to = static_cast<const sockaddr*>(static_cast<const void*>(&address));
    const timeval bound{patience.count(), 0}; // a full backlog would hold connect() for ever
    if (fd_ >= 0) (void)::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound);
    if (fd_ < 0 || ::connect(fd_, to, sizeof address) != 0) return failed("cannot connect to");
    const std::string line = request_line(r);
    if (line.find('\n') + 1 != line.size())
        return service_refusal{exit_status::usage, "a filter for a capture service is one line", false};
    if (::send(fd_, line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
        return failed("cannot ask");
    const std::optional<std::string> answer = read_answer(fd_);
    if (!answer) return failed("no answer from");
    return refusal_in(*answer);
}

service::~service() {
    if (fd_ >= 0) ::close(fd_);
}

} // namespace weir::input
