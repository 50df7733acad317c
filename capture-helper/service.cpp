#include "capture-helper/service.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <grp.h>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture-helper/privilege.hpp"
#include "capture-helper/process.hpp"
#include "capture-helper/report.hpp"

namespace weir::capture_helper {
namespace {

struct child {
    pid_t process;
    uid_t user;
};

int socket_option(int fd, int option) {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

std::optional<client> client_on(int fd) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (socket_option(fd, SO_DOMAIN) != AF_UNIX || socket_option(fd, SO_TYPE) != SOCK_STREAM) return std::nullopt;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
    client who{peer.uid, peer.pid, std::vector<gid_t>(65'536)};  // as many as the kernel lets a process have
    size = static_cast<socklen_t>(who.groups.size() * sizeof(gid_t));
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, who.groups.data(), &size) != 0) return std::nullopt;
    who.groups.resize(size / sizeof(gid_t));
    who.groups.push_back(peer.gid);
    return who;
}

std::string name_of(const client& who) { return "uid=" + std::to_string(who.user) + " pid=" + std::to_string(who.process); }

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) out.append(c == '"' || c == '\\' ? "\\" : "").push_back(c);
    return out + '"';
}

std::string name_of(const client& who, const capture_request& r) {
    std::string out = name_of(who) + " interface=";
    for (const std::string& name : r.interfaces) out.append(out.ends_with('=') ? "" : ",").append(name);
    return out + " snaplen=" + std::to_string(r.snaplen) + " filter=" + quoted(joined_filter(r));
}

std::int64_t milliseconds_now() {
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1'000 + t.tv_nsec / 1'000'000;
}

std::string read_line(int fd) {
    std::array<char, limits::max_request_line> bytes{};
    std::size_t size = 0;
    const std::int64_t deadline = milliseconds_now() + limits::request_ms;
    while (size < bytes.size()) {
        const std::int64_t left = deadline - milliseconds_now();
        pollfd p{fd, POLLIN, 0};
        const int ready = ::poll(&p, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
        if (stop_asked()) fail(reason::failed, "the service ends");
        if (ready == 0) fail(reason::bad_request, "no whole request line came within 2 s");
        const ssize_t n = ready < 0 ? -1 : ::recv(fd, bytes.data() + size, bytes.size() - size, MSG_DONTWAIT);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0) fail(reason::bad_request, "the request line has no end");
        const std::size_t searched = size;
        size += static_cast<std::size_t>(n);
        const std::string_view text(bytes.data(), size);
        const std::size_t end = text.find('\n', searched);
        if (end == std::string_view::npos) continue;
        if (end + 1 != size) fail(reason::bad_request, "there is more than one line");
        return std::string(text.substr(0, end));
    }
    fail(reason::bad_request, "the request line is longer than 4096 bytes");
}

int bind_socket(const std::string& path) {
    if (::getuid() != ::geteuid()) fail(reason::not_permitted, "--listen is not for a set-user-ID program; start it as root");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (!path.starts_with('/') || path.size() >= sizeof address.sun_path)
        fail(reason::bad_request, "--listen takes an absolute path of at most 107 bytes");
    path.copy(address.sun_path, path.size());
    struct stat old {};
    if (::lstat(path.c_str(), &old) == 0 && S_ISSOCK(old.st_mode)) ::unlink(path.c_str());
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto* const generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
    if (fd < 0 || ::bind(fd, generic, sizeof address) != 0) fail_errno(reason::failed, "cannot make the socket " + path);
    const group* const weir = ::getgrnam("weir");
    if (weir != nullptr && ::chown(path.c_str(), static_cast<uid_t>(-1), weir->gr_gid) != 0)
        warn("the socket is not the group weir's; only this user may connect");
    if (::chmod(path.c_str(), 0660) != 0 || ::listen(fd, SOMAXCONN) != 0) fail_errno(reason::failed, "cannot open " + path);
    return fd;
}

void reap(std::vector<child>& children) {
    std::erase_if(children, [](const child& c) { return ::waitpid(c.process, nullptr, WNOHANG) != 0; });
}

bool has_room(const std::vector<child>& children, uid_t user) {
    const auto same = std::count_if(children.begin(), children.end(), [&](const child& c) { return c.user == user; });
    return children.size() < limits::max_clients && static_cast<std::size_t>(same) < limits::max_clients_per_user;
}

/// True in the child.
bool serve(int fd, std::vector<child>& children) {
    const std::optional<client> who = client_on(fd);
    if (!who) return false;
    const pid_t process = has_room(children, who->user) ? ::fork() : -1;
    if (process < 0) {
        print_line(fd, "error busy too many captures are running; try again later");
        print_line(STDERR_FILENO, "weir-capture: audit: " + name_of(*who) + " verdict=busy");
    } else if (process > 0) {
        children.push_back({process, who->user});
    } else if (::dup2(fd, STDIN_FILENO) < 0 || ::close_range(3, ~0U, 0) != 0) {
        fail_errno(reason::failed, "cannot take over the client");
    }
    return process == 0;
}

[[noreturn]] void end_children(std::vector<child>& children) {
    for (const child& c : children) ::kill(c.process, SIGTERM);
    constexpr int rounds = 100;  // of one tick each: more than a child's drain and grace
    for (int i = 0; i < rounds && !children.empty(); ++i, reap(children)) ::poll(nullptr, 0, limits::tick_ms);
    for (const child& c : children) ::kill(c.process, SIGKILL);
    std::_Exit(0);
}

} // namespace

void listen_for_clients(const std::string& path) {
    const int listener = bind_socket(path);
    keep_only_net_raw(false);
    catch_stop_signals();
    std::vector<child> children;
    while (!stop_asked()) {
        pollfd p{listener, POLLIN, 0};
        const int ready = ::poll(&p, 1, 1'000);
        reap(children);
        const int fd = ready > 0 ? ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC) : -1;
        if (fd < 0) continue;
        if (serve(fd, children)) return;
        ::close(fd);
    }
    end_children(children);
}

client receive_request(capture_request& out) {
    const std::optional<client> who = client_on(STDIN_FILENO);
    if (!who) fail(reason::bad_request, "--serve needs a Unix stream socket on standard input; see docs/capture-protocol.md");
    if (::dup2(STDIN_FILENO, STDOUT_FILENO) < 0) fail_errno(reason::failed, "cannot answer the client");
    answer_client(STDOUT_FILENO, name_of(*who));
    const std::string line = read_line(STDIN_FILENO);
    if (const auto wrong = parse_request_line(line, out))
        fail(reason::bad_request, "column " + std::to_string(wrong->column) + ": " + wrong->what);
    return *who;
}

void hold_to_policy(const client& who, capture_request& r, const char* policy_path) {
    answer_client(STDOUT_FILENO, name_of(who, r));
    const std::vector<rule> rules = read_policy(policy_path);
    if (!apply_policy(rules, who, r))
        fail(reason::not_permitted, std::string("no rule of ") + policy_path + " allows this user to capture there");
    answer_client(STDOUT_FILENO, name_of(who, r));
}

} // namespace weir::capture_helper
