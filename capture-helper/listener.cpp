#include "capture-helper/listener.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <map>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "capture-helper/accounts.hpp"
#include "capture-helper/audit.hpp"
#include "capture-helper/limits.hpp"
#include "capture-helper/policy.hpp"
#include "capture-helper/privilege.hpp"
#include "capture-helper/process.hpp"
#include "capture-helper/report.hpp"
#include "capture-helper/trusted_folder.hpp"

namespace weir::capture_helper {
namespace {

using namespace std::chrono;
using std::string;

constexpr std::string_view option = "--listen";

milliseconds now() { return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()); }

/// The socket of a service manager (sd_listen_fds(3)) becomes descriptor 0, before the environment is
/// emptied.
void take_inherited_socket() {
    const char* const process = std::getenv("LISTEN_PID");
    const char* const count = std::getenv("LISTEN_FDS");
    constexpr int first = 3;
    if (process == nullptr || count == nullptr || std::to_string(::getpid()) != process) return;
    if (std::strcmp(count, "1") != 0 || ::dup2(first, STDIN_FILENO) < 0)
        fail(reason::bad_request, "--listen takes one socket of the service manager, not " + string(count));
}

/// Empty where there is none.
string read_path(int argc, char** argv) {
    const std::string_view word = argv[1];
    const bool behind_equals = word.size() > option.size();
    if (argc > (behind_equals ? 2 : 3))
        fail(reason::bad_request, "--listen goes alone; the client says the rest; see weir-capture --help");
    return behind_equals ? string(word.substr(option.size() + 1)) : argc == 3 ? argv[2] : "";
}

int option_of(int fd, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

int inherited_socket() {
    if (option_of(STDIN_FILENO, SO_ACCEPTCONN) != 1 || option_of(STDIN_FILENO, SO_DOMAIN) != AF_UNIX ||
        option_of(STDIN_FILENO, SO_TYPE) != SOCK_STREAM)
        fail(reason::bad_request,
             "--listen takes an absolute path, or a listening Unix stream socket of the service manager");
    return STDIN_FILENO;
}

/// Mode and group of the socket are what the process is while it binds: nothing is changed by path.
int bind_socket(const string& path) {
    if (::getuid() != ::geteuid())
        fail(reason::not_permitted, "--listen is not for a set-user-ID program; start it as root");
    const string name = path.substr(path.rfind('/') + 1);
    sockaddr_un address{AF_UNIX, {}};
    if (!path.starts_with('/') || name.empty() || path.size() >= sizeof address.sun_path)
        fail(reason::bad_request, "--listen takes an absolute path of at most 107 bytes");
    name.copy(address.sun_path, name.size());
    string wrong;
    const int folder = open_folder_of(path, ::geteuid(), wrong);
    if (folder < 0 || ::fchdir(folder) != 0) fail(reason::failed, "cannot listen on " + path + ": " + wrong);
    ::close(folder);
    struct stat old {};
    if (::lstat(name.c_str(), &old) == 0 && S_ISSOCK(old.st_mode)) ::unlink(name.c_str());
    const gid_t own = ::getegid();
    const auto weir = group_called("weir");
    if (weir && ::setegid(*weir) != 0) warn("the socket is not the group weir's: only root can make it so");
    ::umask(0117);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const void* const generic = &address;
    if (fd < 0 || ::bind(fd, static_cast<const sockaddr*>(generic), sizeof address) != 0 ||
        ::listen(fd, limits::backlog) != 0)
        fail_errno(reason::failed, "cannot listen on " + path);
    ::umask(0077);
    if (::setegid(own) != 0 || ::chdir("/") != 0) fail_errno(reason::failed, "cannot go on as before");
    return fd;
}

common::capture_bounds read_bounds(const char* policy_path) {
    common::capture_policy policy;
    if (const auto wrong = read_policy(policy_path, policy))
        warn("nobody may capture until this is mended: " + *wrong);
    return policy.bounds;
}

class listener {
public:
    listener(int socket, common::capture_bounds bounds)
        : socket_(socket)
        , places_(::memfd_create("places", MFD_CLOEXEC))
        , bounds_(bounds)
        , program_(std::filesystem::read_symlink("/proc/self/exe").string()) {
        if (places_ < 0) fail_errno(reason::failed, "cannot make the file of places");
    }

    void run() {
        while (!stop_asked()) {
            pollfd p{socket_, POLLIN, 0};
            const int ready = ::poll(&p, 1, limits::refusals_ms);
            collect_children();
            report_refusals(now() - milliseconds(limits::refusals_ms));
            if (ready <= 0) continue;
            const int fd = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
            // no memory, no descriptors: the client stays in the queue, and asking at once would not help
            if (fd < 0 && errno != EINTR) ::poll(nullptr, 0, limits::retry_ms);
            if (fd < 0) continue;
            welcome(fd);
            ::close(fd);
        }
        report_refusals(milliseconds::max());
    }

private:
    /// What is known of a user who has processes, starts to pay for, or refusals to report.
    struct account {
        int running = 0;
        milliseconds paid{}; ///< each start moves it on by its share of a second; it may run ahead a little
        std::uint64_t refused = 0;
        milliseconds reported{}; ///< when the last line about refusals was written
        pid_t last = 0;          ///< whom it names
    };

    void collect_children() {
        int status = 0;
        for (pid_t gone; (gone = ::waitpid(-1, &status, WNOHANG)) > 0;) {
            const auto found = running_.find(gone);
            if (found == running_.end()) continue;
            if (WIFSIGNALED(status)) audit_killed(found->second, gone, WTERMSIG(status));
            --accounts_[found->second].running;
            running_.erase(found);
        }
    }

    /// Of users whose last line is older than this.
    void report_refusals(milliseconds before) {
        for (auto i = accounts_.begin(); i != accounts_.end();) {
            auto& [user, a] = *i;
            if (a.refused > 0 && a.reported <= before) {
                audit_busy(user, a.last, std::exchange(a.refused, 0));
                a.reported = now();
            }
            const bool idle = a.running == 0 && a.refused == 0 && a.paid < now() && a.reported <= before;
            i = idle ? accounts_.erase(i) : std::next(i);
        }
    }

    [[nodiscard]] bool has_room(account& a) const {
        constexpr milliseconds price{1'000 / limits::starts_per_second};
        const milliseconds paid = std::max(a.paid, now()) + price;
        if (running_.size() >= static_cast<std::size_t>(bounds_.connections) ||
            a.running >= bounds_.connections_of_user() || paid > now() + limits::starts_at_once * price)
            return false;
        a.paid = paid;
        return true;
    }

    void welcome(int fd) {
        ucred peer{};
        socklen_t size = sizeof peer;
        if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return;
        account& a = accounts_[peer.uid];
        if (has_room(a) && start(fd, peer)) return;
        constexpr std::string_view answer = "error busy too many connections of this user; try again later\n";
        [[maybe_unused]] const ssize_t lost = ::send(fd, answer.data(), answer.size(), MSG_DONTWAIT);
        ++a.refused;
        a.last = peer.pid;
    }

    bool start(int fd, const ucred& peer) {
        const pid_t self = ::getpid();
        const pid_t child = ::fork();
        if (child == 0) {
            audit_client(peer.uid, peer.pid);
            if (::dup2(fd, STDIN_FILENO) < 0 || ::dup2(places_, STDOUT_FILENO) < 0)
                fail_errno(reason::failed, "cannot take the client");
            end_with(self);
            string name = "weir-capture", serve = "--serve=" + std::to_string(self);
            char* const words[] = {name.data(), serve.data(), nullptr};
            char* const no_environment[] = {nullptr};
            ::execve(program_.c_str(), words, no_environment);
            fail_errno(reason::failed, "cannot execute " + program_);
        }
        if (child < 0) return false;
        running_[child] = peer.uid;
        ++accounts_[peer.uid].running;
        return true;
    }

    int socket_, places_;
    common::capture_bounds bounds_;
    string program_;
    std::map<pid_t, uid_t> running_;
    std::map<uid_t, account> accounts_;
};

} // namespace

bool is_listener(int argc, char** argv) {
    const std::string_view word = argc > 1 ? argv[1] : "";
    return word == option || word.starts_with("--listen=");
}

void run_listener(int argc, char** argv, const char* policy_path) {
    take_inherited_socket();
    const sanitised clean = sanitise_process();
    const string path = read_path(argc, argv);
    const int socket = path.empty() ? inherited_socket() : bind_socket(path);
    const common::capture_bounds bounds = read_bounds(policy_path);
    hand_down_net_raw(clean);
    catch_stop_signals();
    listener(socket, bounds).run();
    ::_exit(0);
}

} // namespace weir::capture_helper
