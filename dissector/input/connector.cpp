#include "input/connector.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weir::input {

namespace {

using common::exit_status;

constexpr std::size_t longest_message = 16'384;

/// What stands before the text of an answer.
struct answer_head {
    exit_status status;
    bool may_pass;
};

/// A head, a text behind it and, where all went well, a descriptor: one datagram.
bool send_answer(int channel, int stream, const service_refusal& r) {
    answer_head head{r.status, r.may_pass};
    std::string text = r.message.substr(0, longest_message);
    std::array<iovec, 2> parts{{{&head, sizeof head}, {text.data(), text.size()}}};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof stream)> room{};
    msghdr m{};
    m.msg_iov = parts.data();
    m.msg_iovlen = parts.size();
    if (stream >= 0) {
        m.msg_control = room.data();
        m.msg_controllen = room.size();
        cmsghdr* const c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof stream);
        std::memcpy(CMSG_DATA(c), &stream, sizeof stream);
    }
    return ::sendmsg(channel, &m, MSG_NOSIGNAL) >= 0;
}

/// Waits until a stream is asked for. False where the other side is gone.
bool is_asked(int channel) {
    char asked = 0;
    ssize_t n = 0;
    while ((n = ::recv(channel, &asked, 1, 0)) < 0 && errno == EINTR) {
    }
    return n == 1;
}

void serve(int channel, const std::string& path, const service_request& r) {
    while (is_asked(channel)) {
        service s;
        const std::optional<service_refusal> refusal = s.ask(path, r);
        const bool sent = refusal ? send_answer(channel, -1, *refusal)
                                  : send_answer(channel, s.stream_fd(), {exit_status::done, {}});
        if (!sent) return;
    }
}

/// Everything that was inherited but standard error and the channel goes. Signals that are meant for weir,
/// whose name it bears, do nothing: it ends with weir.
int only(int channel) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) std::signal(signal, SIG_IGN);
    constexpr int place = STDERR_FILENO + 1;
    if (channel != place) ::dup3(channel, place, O_CLOEXEC);
    ::close(STDIN_FILENO);
    ::close(STDOUT_FILENO);
    ::close_range(place + 1, ~0U, 0);
    return place;
}

} // namespace

std::optional<std::string> connector::start(const std::string& path, const service_request& r,
                                            const std::function<std::optional<service_refusal>()>& wall_in) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return std::string("no socket pair: ") + std::strerror(errno);
    pid_ = ::fork();
    if (pid_ == 0) {
        const int channel = only(ends[1]);
        const auto error = wall_in();
        if (!error)
            serve(channel, path, r);
        else if (is_asked(channel)) // what is unread when it ends would cost the answer
            (void)send_answer(channel, -1, *error);
        ::_exit(0);
    }
    const int why = errno;
    ::close(ends[1]);
    channel_ = ends[0];
    if (pid_ < 0) return std::string("no process can be started: ") + std::strerror(why);
    return std::nullopt;
}

void connector::ask() noexcept {
    (void)::send(channel_, "?", 1, MSG_NOSIGNAL); // where it is gone, take() says so
}

connection_answer connector::take() {
    answer_head head{};
    std::string text(longest_message, '\0');
    std::array<iovec, 2> parts{{{&head, sizeof head}, {text.data(), text.size()}}};
    connection_answer a;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof a.stream)> room{};
    msghdr m{};
    m.msg_iov = parts.data();
    m.msg_iovlen = parts.size();
    m.msg_control = room.data();
    m.msg_controllen = room.size();
    ssize_t n = 0;
    while ((n = ::recvmsg(channel_, &m, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
    }
    if (n < static_cast<ssize_t>(sizeof head)) {
        gone_ = true;
        a.refusal = service_refusal{exit_status::failed,
                                    "the process that connects to the capture service has ended"};
        return a;
    }
    text.resize(static_cast<std::size_t>(n) - sizeof head);
    const cmsghdr* const c = CMSG_FIRSTHDR(&m);
    if (c != nullptr && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
        std::memcpy(&a.stream, CMSG_DATA(c), sizeof a.stream);
    else if (head.status == exit_status::done)
        a.refusal = service_refusal{exit_status::failed, "no descriptor is left for the stream", true};
    else
        a.refusal = service_refusal{head.status, std::move(text), head.may_pass};
    return a;
}

void connector::end() noexcept {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL); // it holds nothing that wants an orderly end
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

connector::~connector() {
    if (channel_ >= 0) ::close(channel_);
    end();
}

} // namespace weir::input
