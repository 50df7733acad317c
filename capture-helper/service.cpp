#include "capture-helper/service.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <fnmatch.h>
#include <grp.h>
#include <map>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture-helper/arguments.hpp"
#include "capture-helper/limits.hpp"
#include "capture-helper/privilege.hpp"
#include "capture-helper/process.hpp"
#include "capture-helper/report.hpp"

namespace weir::capture_helper {

using namespace common;
using std::chrono::steady_clock;

static std::optional<client> client_on(int fd) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
    client who{peer.uid, peer.pid, std::vector<gid_t>(65'536)}; // as many as the kernel lets a process have
    size = static_cast<socklen_t>(who.groups.size() * sizeof(gid_t));
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, who.groups.data(), &size) != 0)
        return std::nullopt; // no Unix socket
    who.groups.resize(size / sizeof(gid_t));
    who.groups.push_back(peer.gid);
    return who;
}

static std::string name_of(const client& c) {
    return "uid=" + std::to_string(c.user) + " pid=" + std::to_string(c.process);
}

static std::string read_line(int fd) {
    std::array<char, request_limits::max_line> bytes{};
    const auto deadline = steady_clock::now() + std::chrono::milliseconds(limits::request_ms);
    for (std::size_t size = 0; size < bytes.size();) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
        pollfd p{fd, POLLIN, 0};
        const int ready = ::poll(&p, 1, std::max(static_cast<int>(left.count()), 0));
        if (stop_asked()) fail(reason::failed, "the service ends");
        if (ready == 0) fail(reason::bad_request, "no whole request line came within 2 s");
        const ssize_t n = ::recv(fd, bytes.data() + size, bytes.size() - size, MSG_DONTWAIT);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0) fail(reason::bad_request, "the request line has no end");
        size += static_cast<std::size_t>(n);
        const std::string_view text(bytes.data(), size);
        const std::size_t end = text.find('\n');
        if (end + 1 == size) return std::string(text.substr(0, end));
        if (end != std::string_view::npos) fail(reason::bad_request, "there is more than one line");
    }
    fail(reason::bad_request, "the request line is longer than 4096 bytes");
}

static bool is_user(const std::string& name, uid_t user) {
    const passwd* const entry = ::getpwnam(name.c_str());
    return name == std::to_string(user) || (entry != nullptr && entry->pw_uid == user);
}

static bool has_group(const std::string& name, const std::vector<gid_t>& groups) {
    const group* const entry = ::getgrnam(name.c_str());
    return std::any_of(groups.begin(), groups.end(), [&](gid_t g) {
        return name == std::to_string(g) || (entry != nullptr && entry->gr_gid == g);
    });
}

static bool permits(const capture_rule& r, const client& who, const capture_request& asked) {
    const auto one_of = [](const auto& list, const auto& matches) {
        return std::any_of(list.begin(), list.end(), matches);
    };
    for (const std::string& name : asked.interfaces)
        if (!one_of(r.interfaces, [&](auto& glob) { return ::fnmatch(glob.c_str(), name.c_str(), 0) == 0; }))
            return false;
    return one_of(r.users, [&](const std::string& name) { return is_user(name, who.user); }) ||
           one_of(r.groups, [&](const std::string& name) { return has_group(name, who.groups); });
}

static std::vector<capture_rule> read_policy(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) fail_errno(reason::failed, "nobody may capture: cannot open " + path);
    struct stat s {};
    if (::fstat(fd, &s) != 0 || !S_ISREG(s.st_mode) || s.st_uid != 0 ||
        (s.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        fail(reason::failed,
             path + " is not trusted; it must be a file that belongs to root and that only root may write");
    std::string text(limits::max_policy + 1, '\0');
    const ssize_t size = ::read(fd, text.data(), text.size());
    ::close(fd);
    if (size < 0 || size == static_cast<ssize_t>(text.size()))
        fail(reason::failed, "cannot read " + path + ", or it is above 65536 bytes");
    text.resize(static_cast<std::size_t>(size));
    std::vector<capture_rule> rules;
    const auto at = parse_policy(text, rules);
    if (!at) return rules;
    fail(reason::failed, path + ':' + std::to_string(at->line) + ':' + std::to_string(at->what.column) +
                             ": " + at->what.what);
}

static int bind_socket(const std::string& path) {
    if (::getuid() != ::geteuid())
        fail(reason::not_permitted, "--listen is not for a set-user-ID program; start it as root");
    sockaddr_un address{AF_UNIX, {}};
    if (!path.starts_with('/') || path.size() >= sizeof address.sun_path)
        fail(reason::bad_request, "--listen takes an absolute path of at most 107 bytes");
    path.copy(address.sun_path, path.size());
    struct stat old {};
    if (::lstat(path.c_str(), &old) == 0 && S_ISSOCK(old.st_mode)) ::unlink(path.c_str());
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const void* const generic = &address;
    const bool bound = fd >= 0 && ::bind(fd, static_cast<const sockaddr*>(generic), sizeof address) == 0;
    const group* const weir = ::getgrnam("weir");
    if (bound && weir != nullptr && ::chown(path.c_str(), static_cast<uid_t>(-1), weir->gr_gid) != 0)
        warn("the socket is not the group weir's; only this user may connect");
    if (!bound || ::chmod(path.c_str(), 0660) != 0 || ::listen(fd, SOMAXCONN) != 0)
        fail_errno(reason::failed, "cannot listen on " + path);
    return fd;
}

/// True in the child; `running` has the user of each.
static bool start_child(int fd, const client& who, std::map<pid_t, uid_t>& running) {
    const auto of_user =
        std::count_if(running.begin(), running.end(), [&](const auto& c) { return c.second == who.user; });
    const bool room = running.size() < limits::max_clients && of_user < limits::max_clients_of_user;
    const pid_t process = room ? ::fork() : -1;
    if (process == 0 && (::dup2(fd, STDIN_FILENO) < 0 || ::close_range(3, ~0U, 0) != 0))
        fail_errno(reason::failed, "cannot take the client");
    if (process >= 0) return running[process] = who.user, process == 0;
    print_line(STDERR_FILENO, "weir-capture: audit: verdict=busy " + name_of(who));
    print_line(fd, "error busy too many captures are running; try again later");
    return false;
}

pid_t listen_for_clients(sanitised clean, const std::string& path) {
    const int listener = bind_socket(path);
    (void)keep_only_net_raw(clean, false);
    catch_stop_signals();
    std::map<pid_t, uid_t> running;
    const pid_t self = ::getpid();
    while (!stop_asked()) {
        const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        for (pid_t gone; (gone = ::waitpid(-1, nullptr, WNOHANG)) > 0;) running.erase(gone);
        const std::optional<client> who = fd >= 0 ? client_on(fd) : std::nullopt;
        if (who && start_child(fd, *who, running)) return self;
        if (fd >= 0) ::close(fd);
    }
    ::_exit(0); // end_with() ends the children
}

static client receive_request(capture_request& out) {
    const std::optional<client> who = client_on(STDIN_FILENO);
    if (!who)
        fail(reason::bad_request,
             "--serve needs a Unix stream socket on standard input; see weir-capture(8)");
    if (::dup2(STDIN_FILENO, STDOUT_FILENO) < 0) fail_errno(reason::failed, "cannot answer the client");
    answer_client(STDOUT_FILENO, name_of(*who));
    if (const auto wrong = parse_request_line(read_line(STDIN_FILENO), out))
        fail(reason::bad_request, "column " + std::to_string(wrong->column) + ": " + wrong->what);
    return *who;
}

static void hold_to_policy(const client& who, capture_request& r, const char* policy_path) {
    answer_client(STDOUT_FILENO, name_of(who) + ' ' + describe(r));
    if (!apply_policy(read_policy(policy_path), who, r))
        fail(reason::not_permitted,
             std::string("no rule of ") + policy_path + " allows this user to capture there");
    answer_client(STDOUT_FILENO, name_of(who) + ' ' + describe(r));
}

permitted take_request(without_root, invocation& asked, const char* policy_path) {
    if (asked.for_client()) hold_to_policy(receive_request(asked.capture), asked.capture, policy_path);
    return {};
}

bool apply_policy(const std::vector<capture_rule>& rules, const client& who, capture_request& r) {
    const auto found =
        std::find_if(rules.begin(), rules.end(), [&](auto& rule) { return permits(rule, who, r); });
    if (found == rules.end()) return false;
    r.snaplen = std::min(r.snaplen, found->snaplen);
    r.promiscuous = r.promiscuous && found->promiscuous;
    r.mandatory_filter = found->filter;
    return true;
}

} // namespace weir::capture_helper
