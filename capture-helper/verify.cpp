#include "capture-helper/verify.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <string>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture-helper/report.hpp"
#include "capture-helper/sandbox.hpp"
#include "common/exit_status.hpp"

namespace weir::capture_helper {
namespace {

int packet_fd = -1;

struct act {
    const char* what;
    long (*attempt)();  ///< negative, with errno, where it was refused
};

const act acts[] = {
    {"open a packet socket", [] { return long{::socket(AF_PACKET, SOCK_RAW, 0)}; }},
    {"open a TCP socket", [] { return long{::socket(AF_INET, SOCK_STREAM, 0)}; }},
    {"open a UDP socket", [] { return long{::socket(AF_INET6, SOCK_DGRAM, 0)}; }},
    {"open a Unix socket", [] { return long{::socket(AF_UNIX, SOCK_STREAM, 0)}; }},
    {"open a netlink socket", [] { return long{::socket(AF_NETLINK, SOCK_RAW, 0)}; }},
    {"remove the filter of the packet socket", [] { return long{::setsockopt(packet_fd, SOL_SOCKET, SO_DETACH_FILTER, nullptr, 0)}; }},
    {"bind the packet socket elsewhere", [] { return long{::bind(packet_fd, nullptr, 0)}; }},
    {"read /etc/shadow", [] { return long{::open("/etc/shadow", O_RDONLY)}; }},
    {"read its own program", [] { return long{::open("/proc/self/exe", O_RDONLY)}; }},
    {"list a directory", [] { return long{::open("/", O_RDONLY | O_DIRECTORY)}; }},
    {"write a file", [] { return long{::open("/tmp", O_RDWR | O_TMPFILE, 0600)}; }},
    {"delete a file", [] { return long{::unlink("/tmp/weir-capture-verify")}; }},
    {"read from its client", [] { char byte = 0; return long{::read(STDIN_FILENO, &byte, 1)}; }},
    {"fork", [] { return ::syscall(SYS_fork); }},
    {"execute a program", [] { char* const none[] = {nullptr}; return long{::execve("/bin/true", none, none)}; }},
    {"trace its parent", [] { return ::ptrace(PTRACE_ATTACH, ::syscall(SYS_getppid), nullptr, nullptr); }},
    {"signal another process", [] { return long{::kill(1, 0)}; }},
    {"become root", [] { return long{::setresuid(0, 0, 0)}; }},
    {"enter a user namespace", [] { return long{::unshare(CLONE_NEWUSER)}; }},
    {"change the root directory", [] { return long{::chroot("/tmp")}; }},
    {"mount a file system", [] { return long{::mount("none", "/tmp", "tmpfs", 0, nullptr)}; }},
    {"load a BPF program", [] { bpf_attr a{}; return ::syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof a); }},
    {"become dumpable", [] { return long{::prctl(PR_SET_DUMPABLE, 1UL, 0UL, 0UL, 0UL)}; }},
    {"raise a resource limit", [] { rlimit r{1, 1}; return long{::setrlimit(RLIMIT_CORE, &r)}; }},
    {"get executable memory", [] {
         void* const at = ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
         return at == MAP_FAILED ? -1L : 0L;
     }},
};

constexpr int went_through = 255;

[[noreturn]] void try_inside_the_walls(const act& a) {
    (void)forbid_files();
    (void)forbid_system_calls();
    errno = 0;
    const bool refused = a.attempt() < 0;
    std::_Exit(refused ? errno : went_through);
}

/// What stopped it; empty where nothing did.
std::string what_stopped(int status) {
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) return "killed by seccomp";
    if (WIFSIGNALED(status)) return std::string("killed by signal ") + std::to_string(WTERMSIG(status));
    const int error = WEXITSTATUS(status);
    const bool by_a_wall = error == EPERM || error == EACCES;
    return by_a_wall ? std::string("refused: ") + std::strerror(error) : std::string();
}

} // namespace

int verify_walls(int packet_socket) {
    packet_fd = packet_socket;
    int stopped = 0;
    for (const act& a : acts) {
        const pid_t process = ::fork();
        if (process == 0) try_inside_the_walls(a);
        int status = 0;
        if (process < 0 || ::waitpid(process, &status, 0) != process) fail_errno(reason::failed, "cannot try in a child");
        const std::string by = what_stopped(status);
        stopped += by.empty() ? 0 : 1;
        print_line(STDOUT_FILENO, std::string(by.empty() ? "NOT STOPPED  " : "stopped  ") + a.what + ": " + (by.empty() ? "nothing did" : by));
    }
    const int all = static_cast<int>(std::size(acts));
    print_line(STDOUT_FILENO, std::to_string(stopped) + " of " + std::to_string(all) + " forbidden acts were stopped");
    return common::to_int(stopped == all ? common::exit_status::done : common::exit_status::failed);
}

} // namespace weir::capture_helper
