#include "input/helper.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <string_view>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace weir::input {

namespace {

constexpr std::string_view name = "weir-capture: ";
constexpr std::string_view warning = "warning: ";

std::string directory_of_this_program() {
    std::array<char, 4096> path{};
    const ssize_t n = ::readlink("/proc/self/exe", path.data(), path.size());
    if (n <= 0) return {};
    const std::string whole(path.data(), static_cast<std::size_t>(n));
    return whole.substr(0, whole.rfind('/'));
}

std::string errno_text(std::string what) { return std::move(what) + ": " + std::strerror(errno); }

void close_fd(int& fd) noexcept {
    if (fd >= 0) ::close(fd);
    fd = -1;
}

/// Waits for the process up to `milliseconds`; true when it is gone.
bool wait_for(int pid, int milliseconds, int& status) noexcept {
    for (int waited = 0;; waited += 5) {
        if (::waitpid(pid, &status, WNOHANG) != 0) return true;
        if (waited >= milliseconds) return false;
        ::poll(nullptr, 0, 5);
    }
}

} // namespace

std::string helper::find(const std::string& named) {
    if (!named.empty()) return named;
    const std::string here = directory_of_this_program();
    for (const char* place : {"/weir-capture", "/../capture-helper/weir-capture", "/../sbin/weir-capture"}) {
        const std::string path = here + place;
        if (::access(path.c_str(), F_OK) == 0) return path;
    }
    return {};
}

std::optional<std::string> helper::start(const std::string& path, const helper_request& r) {
    int channel[2], voice[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0)
        return errno_text("no socket pair");
    stream_ = channel[0];
    // the largest send buffer that needs no privilege: half the wake-ups, half the CPU time of a default pipe
    constexpr int send_buffer = 212'992;
    ::setsockopt(channel[1], SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
    if (::pipe2(voice, O_CLOEXEC) != 0) {
        ::close(channel[1]);
        return errno_text("no pipe");
    }
    words_ = voice[0];
    ::fcntl(words_, F_SETFL, O_NONBLOCK);

    std::vector<std::string> args{path};
    for (const std::string& i : r.interfaces) args.insert(args.end(), {"-i", i});
    args.insert(args.end(), r.options.begin(), r.options.end());
    if (!r.filter.empty()) args.insert(args.end(), {"--", r.filter});
    std::vector<char*> argv;
    for (std::string& a : args) argv.push_back(a.data());
    argv.push_back(nullptr);

    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, channel[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, voice[1], STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    posix_spawnattr_t how;
    posix_spawnattr_init(&how);
    // a process group of its own: Ctrl-C reaches weir alone, which ends the helper in order. Signals that
    // weir ignores or blocks are the helper's again.
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setpgroup(&how, 0);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setsigdefault(&how, &all);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    const int failed = ::posix_spawn(&pid_, path.c_str(), &files, &how, argv.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
    ::close(channel[1]);
    ::close(voice[1]);
    if (failed == 0) return std::nullopt;
    pid_ = -1;
    errno = failed;
    return errno_text("cannot start " + path);
}

helper::words helper::listen() {
    std::array<char, 4096> piece{};
    constexpr std::size_t longest_line = 64 * 1024;
    ssize_t n = 0;
    while ((n = ::read(words_, piece.data(), piece.size())) > 0 && heard_.size() < longest_line)
        heard_.append(piece.data(), static_cast<std::size_t>(n));
    words said;
    said.over = n == 0 || heard_.size() >= longest_line;
    for (std::size_t end = 0; (end = heard_.find('\n')) != std::string::npos; heard_.erase(0, end + 1)) {
        std::string_view line(heard_.data(), end);
        if (line.starts_with(name)) line.remove_prefix(name.size());
        if (line.starts_with(warning))
            said.warnings.emplace_back(line.substr(warning.size()));
        else if (!line.empty())
            last_error_ = line;
    }
    return said;
}

void helper::ask_to_end() noexcept {
    // where it runs as another user no signal reaches it; half a closed stream asks the same
    if (pid_ > 0 && ::kill(pid_, SIGTERM) != 0 && stream_ >= 0) ::shutdown(stream_, SHUT_WR);
}

helper_end helper::reap() {
    constexpr int patience = 1000;
    int status = 0;
    bool killed = false;
    if (!wait_for(pid_, patience, status)) {
        killed = true;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, &status, 0);
    }
    pid_ = -1;
    listen();
    helper_end e;
    using common::exit_status;
    if (WIFEXITED(status)) {
        switch (WEXITSTATUS(status)) {
        case 0:
            e.status = exit_status::done;
            break;
        case 2:
            e.status = exit_status::usage;
            break;
        case 3:
            e.status = exit_status::not_permitted;
            break;
        default:
            e.status = exit_status::failed;
            break;
        }
        if (e.status != exit_status::done)
            e.message = !last_error_.empty()
                            ? last_error_
                            : "weir-capture ended with status " + std::to_string(WEXITSTATUS(status));
    } else {
        e.status = exit_status::failed;
        e.message = killed ? "weir-capture did not end and was killed"
                           : "weir-capture was ended by signal " + std::to_string(WTERMSIG(status));
    }
    return e;
}

helper::~helper() {
    close_fd(stream_); // so that it does not wait for us to read the rest
    if (pid_ > 0) {
        ask_to_end();
        (void)reap();
    }
    close_fd(words_);
}

} // namespace weir::input
