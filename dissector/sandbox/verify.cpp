#include "sandbox/verify.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/sandbox.hpp"

namespace weir::sandbox {

namespace {

bool opens_socket(int family, int type) { return ::socket(family, type, 0) >= 0; }

/// True where the first mapping of code, of data that becomes code, is possible.
bool makes_code(bool from_data) {
    constexpr std::size_t page = 4096;
    const int protection = from_data ? PROT_READ | PROT_WRITE : PROT_READ | PROT_WRITE | PROT_EXEC;
    void* at = ::mmap(nullptr, page, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at != MAP_FAILED && (!from_data || ::mprotect(at, page, PROT_READ | PROT_EXEC) == 0);
}

bool loads_bpf() {
    bpf_attr a{};
    a.map_type = BPF_MAP_TYPE_ARRAY;
    a.key_size = a.value_size = a.max_entries = 4;
    return ::syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof a) >= 0;
}

bool reads_memory_of(pid_t other) {
    char byte = 0;
    iovec here{&byte, 1}, there{&byte, 1};
    return ::process_vm_readv(other, &here, 1, &there, 1, 0) == 1;
}

bool executes(const char* path) {
    const std::array<char*, 2> arguments{nullptr, nullptr};
    ::execve(path, arguments.data(), arguments.data());
    return false;
}

struct act {
    const char* name;
    bool (*attempt)(); ///< true where it succeeded, else errno says why
    bool is_the_connectors = false;
};

/// Each of them is harmless where it succeeds.
constexpr act acts[] = {
    {"open a packet socket", [] { return opens_socket(AF_PACKET, SOCK_RAW); }},
    {"open a TCP socket", [] { return opens_socket(AF_INET, SOCK_STREAM); }},
    {"open a UDP socket", [] { return opens_socket(AF_INET6, SOCK_DGRAM); }},
    {"open a Unix socket", [] { return opens_socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC); }, true},
    {"open a Unix datagram socket", [] { return opens_socket(AF_UNIX, SOCK_DGRAM); }},
    {"open a netlink socket", [] { return opens_socket(AF_NETLINK, SOCK_RAW); }},
    {"read /etc/passwd", [] { return ::open("/etc/passwd", O_RDONLY) >= 0; }},
    {"read its own binary", [] { return ::open("/proc/self/exe", O_RDONLY) >= 0; }},
    {"list a folder", [] { return ::open("/tmp", O_RDONLY | O_DIRECTORY) >= 0; }},
    {"write a file in /tmp", [] { return ::open("/tmp", O_RDWR | O_TMPFILE, 0600) >= 0; }},
    {"make a file in memory", [] { return ::memfd_create("weir", 0) >= 0; }},
    {"rename a file", [] { return ::rename("/tmp/weir-verify-a", "/tmp/weir-verify-b") == 0; }},
    {"execute /bin/true", [] { return executes("/bin/true"); }},
    {"fork", [] { return ::fork() >= 0; }},
    {"map memory as code", [] { return makes_code(false); }},
    {"turn data into code", [] { return makes_code(true); }},
    {"signal another process", [] { return ::kill(::getppid(), 0) == 0; }},
    {"trace another process", [] { return ::ptrace(PTRACE_ATTACH, ::getppid(), nullptr, nullptr) == 0; }},
    {"read another process's memory", [] { return reads_memory_of(::getppid()); }},
    {"become root", [] { return ::setuid(0) == 0; }},
    {"enter a user namespace", [] { return ::unshare(CLONE_NEWUSER) == 0; }},
    {"change the root folder", [] { return ::chroot("/") == 0; }},
    {"mount a file system", [] { return ::mount("none", "/weir-verify", "tmpfs", 0, nullptr) == 0; }},
    {"load BPF", [] { return loads_bpf(); }},
    {"set up io_uring", [] { return ::syscall(SYS_io_uring_setup, 1, nullptr) >= 0; }},
};

/// The child's exit status: an errno, or one of these, which no errno reaches.
constexpr int succeeded = 250, walls_failed = 251;

[[noreturn]] void attempt(const act& a, role who) {
    settings s;
    s.who = who;
    if (raise_walls(s).error) ::_exit(walls_failed);
    errno = 0;
    const bool done = a.attempt();
    ::_exit(done ? succeeded : errno);
}

bool stopped(int status, std::string& by) {
    if (WIFSIGNALED(status)) {
        by = WTERMSIG(status) == SIGSYS ? "killed by seccomp"
                                        : "ended by signal " + std::to_string(WTERMSIG(status));
        return WTERMSIG(status) == SIGSYS;
    }
    const int code = WEXITSTATUS(status);
    if (code == succeeded)
        by = "NOT STOPPED";
    else if (code == walls_failed)
        by = "NOT TRIED: the walls could not be raised";
    else
        by = code == EACCES || code == EPERM
                 ? std::string("refused: ") + std::strerror(code)
                 : std::string("NOT STOPPED, it failed by itself: ") + std::strerror(code);
    return code == EACCES || code == EPERM;
}

/// Each act inside the walls of `who`; how many were stopped.
std::size_t try_all(role who, const std::function<void(const std::string&)>& tell) {
    std::size_t held = 0;
    for (const act& a : acts) {
        if (who == role::connector && a.is_the_connectors) continue;
        const pid_t child = ::fork();
        if (child == 0) attempt(a, who);
        int status = 0;
        std::string by = "NOT TRIED: no process could be started";
        if (child > 0 && ::waitpid(child, &status, 0) == child && stopped(status, by)) ++held;
        constexpr std::size_t column = 32;
        std::string line = a.name;
        line.resize(std::max(line.size() + 1, column), ' ');
        tell(line + by);
    }
    return held;
}

} // namespace

bool verify(const std::function<void(const std::string&)>& tell) {
    std::size_t held = try_all(role::dissector, tell), tried = std::size(acts);
    tell("");
    tell("The process that connects to a capture service may connect to any Unix socket of its user, "
         "besides:");
    held += try_all(role::connector, tell);
    for (const act& a : acts) tried += a.is_the_connectors ? 0 : 1;
    tell(std::to_string(held) + " of " + std::to_string(tried) + " were stopped");
    return held == tried;
}

} // namespace weir::sandbox
