// --verify: shows that the walls hold, by trying what they forbid, behind each of them alone. A refusal
// counts only where the same act goes through without that wall; and what the tables let through stands here
// a second time. Each act is harmless where it succeeds. Must never run with privilege left.
#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <optional>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture-helper/line.hpp"
#include "capture-helper/report.hpp"
#include "capture-helper/sandbox.hpp"

namespace weir::capture_helper {

static long packet_fd = -1, parent = -1;
static constexpr int ignored = 0, seize = 0x4206; // PTRACE_SEIZE stops nobody
static constexpr sockaddr_ll everywhere{AF_PACKET, 0x0300, 0, 0,
                                        0,         0,      {}}; // ETH_P_ALL in network order, every interface

// A socket filter for BPF_PROG_LOAD: r0 = 0, exit.
static constexpr std::uint64_t program[] = {0xb7, 0x95};
static constexpr struct {
    std::uint32_t type, length;
    const void* code;
    const char* license;
} bpf{1, 2, program, "GPL"};

struct act {
    const char* what;
    long (*attempt)();    // answers below 0, with errno, where it was refused
    int landlock = 0;     // the first ABI that stops it alone; 0: none does
    bool compiler = true; // forbidden to the child that compiles, too
};

static const act acts[] = {
    {"open a packet socket", [] { return ::syscall(SYS_socket, AF_PACKET, SOCK_RAW, 0); }},
    {"open a TCP socket", [] { return ::syscall(SYS_socket, AF_INET, SOCK_STREAM, 0); }},
    {"open a UDP socket", [] { return ::syscall(SYS_socket, AF_INET6, SOCK_DGRAM, 0); }},
    {"remove the filter of the packet socket",
     [] {
         return ::syscall(SYS_setsockopt, packet_fd, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof ignored);
     }},
    {"bind the packet socket elsewhere",
     [] { return ::syscall(SYS_bind, packet_fd, &everywhere, sizeof everywhere); }},
    {"map the packet socket",
     [] { return ::syscall(SYS_mmap, 0, 4096, PROT_READ, MAP_SHARED, packet_fd, 0); }},
    {"read a file", [] { return ::syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY); }, 1},
    {"list a folder", [] { return ::syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY | O_DIRECTORY); }, 1},
    {"write a file", [] { return ::syscall(SYS_openat, AT_FDCWD, "/dev/null", O_WRONLY); }, 1},
    {"change the times of a file", [] { return ::syscall(SYS_utimensat, AT_FDCWD, "/tmp", nullptr, 0); }},
    {"read from its client",
     [] {
         char byte = 0;
         return ::syscall(SYS_read, STDIN_FILENO, &byte, 1);
     }},
    {"write to its standard input", [] { return ::syscall(SYS_write, STDIN_FILENO, "", 0); }, 0, false},
    {"fork", [] { return ::syscall(SYS_clone, 0, nullptr, nullptr, nullptr, 0); }},
    {"execute a program", [] { return ::syscall(SYS_execve, "/bin/true", nullptr, nullptr); }},
    {"trace its parent", [] { return ::syscall(SYS_ptrace, seize, parent, nullptr, nullptr); }},
    {"signal another process", [] { return ::syscall(SYS_kill, parent, 0); }, 6},
    {"become root", [] { return ::syscall(SYS_setresuid, 0, 0, 0); }},
    {"enter a user namespace", [] { return ::syscall(SYS_unshare, CLONE_NEWUSER); }},
    {"change the root directory", [] { return ::syscall(SYS_chroot, "/tmp"); }},
    {"mount a file system", [] { return ::syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, nullptr); }},
    {"load a BPF program", [] { return ::syscall(SYS_bpf, 5, &bpf, sizeof bpf); }},
    {"get executable memory",
     [] { return ::syscall(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }},
};

using arguments = std::array<long, 5>;
static constexpr arguments any{-1, -1, -1, -1, -1};

/// What the tables must let through; with other arguments, and any other system call, it must kill.
static const struct need {
    long call;
    arguments with;
    bool stream, compiler;
} needs[] = {
    {SYS_write, {1, 0, 0}, true, false},
    {SYS_write, {2, 0, 0}, true, false},
    {SYS_write, {0, 0, 0}, false, true},
    {SYS_poll, any, true, false},
    {SYS_ppoll, any, true, false},
    {SYS_restart_syscall, any, true, false},
    {SYS_clock_gettime, any, true, false},
    {SYS_getsockopt, {-1, SOL_PACKET, PACKET_STATISTICS}, true, false},
    {SYS_getsockopt, {-1, SOL_SOCKET, SO_ERROR}, true, false},
    {SYS_getsockname, any, true, false},
    {SYS_ioctl, {-1, SIOCGIFFLAGS, -1}, true, false},
    {SYS_openat, any, true, false},
    {SYS_brk, any, true, true},
    {SYS_mmap, {0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1}, true, true},
    {SYS_mprotect, {0, 0, PROT_READ}, true, false},
    {SYS_mremap, any, true, true},
    {SYS_munmap, any, true, true},
    {SYS_madvise, any, true, false},
    {SYS_rt_sigreturn, any, true, false},
    {SYS_setitimer, any, true, false},
    {SYS_exit_group, any, true, true},
    {SYS_seccomp, any, true, true},
};

enum class outcome { goes_through, refused, killed, not_tried };

/// One attempt in a child, behind Landlock, a table, both or nothing.
static outcome attempt_behind(bool landlock, std::optional<task> table, const auto& attempt) {
    constexpr int done = 100, denied = 101; // fail() ends with less
    const pid_t process = ::fork();
    if (process == 0) {
        ::alarm(2); // some calls wait
        if (landlock) (void)forbid_files();
        if (table) (void)forbid_system_calls(*table);
        const bool failed = attempt() < 0;
        ::_exit(failed && (errno == EACCES || errno == EPERM) ? denied : done);
    }
    int status = 0;
    if (process < 0 || ::waitpid(process, &status, 0) != process)
        fail_errno(reason::failed, "cannot try in a child");
    if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGSYS ? outcome::killed : outcome::goes_through;
    return WEXITSTATUS(status) == denied ? outcome::refused
           : WEXITSTATUS(status) < done  ? outcome::not_tried
                                         : outcome::goes_through;
}

/// What stops it, a wall after the other; nothing where one of them does not that should.
static std::string stopped_by(const act& a) {
    const bool possible = attempt_behind(false, std::nullopt, a.attempt) == outcome::goes_through;
    std::string by;
    if (a.landlock != 0 && landlock_abi() >= a.landlock) {
        if (!possible || attempt_behind(true, std::nullopt, a.attempt) != outcome::refused) return {};
        by = "refused by Landlock, ";
    }
    const outcome streaming = attempt_behind(false, task::stream, a.attempt);
    const bool compiling = a.compiler && attempt_behind(false, task::compile, a.attempt) != outcome::killed;
    if (compiling) return {};
    if (streaming == outcome::killed) return by + "killed by seccomp";
    return streaming == outcome::refused && possible ? by + "refused by seccomp" : "";
}

static bool is_needed(task t, const need& n) { return t == task::stream ? n.stream : n.compiler; }

/// Every system call by its number; how many the table judges otherwise than stands above.
static std::size_t count_wrong_calls(task t) {
    constexpr long numbers = 512; // more than Linux has
    constexpr long uprobes[] = {335,
                                336}; // which no filter sees on x86-64, and do nothing outside of a probe
    std::size_t wrong = 0;
    const auto judge = [&](long call, const arguments& with, bool wanted) {
        const outcome o = attempt_behind(
            true, t, [&] { return ::syscall(call, with[0], with[1], with[2], with[3], with[4], 0); });
        if (o != outcome::not_tried && (o != outcome::killed) == wanted) return;
        print_line(STDOUT_FILENO,
                   "system call " + std::to_string(call) + (wanted ? ": NOT LET THROUGH" : ": NOT STOPPED"));
        ++wrong;
    };
    for (const need& n : needs)
        if (is_needed(t, n)) judge(n.call, n.with, true);
    for (long call = 0; call < numbers; ++call) {
        if (std::count(std::begin(uprobes), std::end(uprobes), call) != 0) continue;
        if (std::none_of(std::begin(needs), std::end(needs),
                         [&](const need& n) { return n.call == call && n.with == any && is_needed(t, n); }))
            judge(call, any, false);
    }
    return wrong;
}

int verify_walls(int packet_socket) {
    packet_fd = packet_socket;
    parent = ::getpid();
    std::size_t stopped = 0;
    for (const act& a : acts) {
        const std::string by = stopped_by(a);
        if (!by.empty()) ++stopped;
        print_line(STDOUT_FILENO, std::string(a.what) + ": " + (by.empty() ? "NOT STOPPED" : by));
    }
    const std::size_t wrong = count_wrong_calls(task::stream) + count_wrong_calls(task::compile);
    print_line(STDOUT_FILENO,
               "any other system call: " +
                   (wrong == 0 ? "killed by seccomp" : std::to_string(wrong) + " NOT AS THEY SHOULD BE"));
    print_line(STDOUT_FILENO,
               std::to_string(stopped) + " of " + std::to_string(std::size(acts)) + " acts were stopped");
    return stopped == std::size(acts) && wrong == 0 ? 0 : 1;
}

} // namespace weir::capture_helper
