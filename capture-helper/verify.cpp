// --verify: shows that the walls hold, by trying what they forbid. Each act would succeed for root without
// walls (a test shows that), and is harmless then. Must never run with privilege left.
#include <cerrno>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture-helper/report.hpp"
#include "capture-helper/sandbox.hpp"

namespace weir::capture_helper {

static int packet_fd = -1, parent = -1;
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
    long (*attempt)();
}; // which answers below 0, with errno, where it was refused

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
    {"read /etc/shadow", [] { return ::syscall(SYS_openat, AT_FDCWD, "/etc/shadow", O_RDONLY); }},
    {"read its own program", [] { return ::syscall(SYS_openat, AT_FDCWD, "/proc/self/exe", O_RDONLY); }},
    {"write a file", [] { return ::syscall(SYS_openat, AT_FDCWD, "/tmp", O_RDWR | O_TMPFILE, 0600); }},
    {"change the times of a file", [] { return ::syscall(SYS_utimensat, AT_FDCWD, "/tmp", nullptr, 0); }},
    {"read from its client",
     [] {
         char byte = 0;
         return ::syscall(SYS_read, STDIN_FILENO, &byte, 1);
     }},
    {"fork", [] { return ::syscall(SYS_clone, 0, nullptr, nullptr, nullptr, 0); }},
    {"execute a program", [] { return ::syscall(SYS_execve, "/bin/true", nullptr, nullptr); }},
    {"trace its parent", [] { return ::syscall(SYS_ptrace, seize, parent, nullptr, nullptr); }},
    {"signal another process", [] { return ::syscall(SYS_kill, parent, 0); }},
    {"become root", [] { return ::syscall(SYS_setresuid, 0, 0, 0); }},
    {"enter a user namespace", [] { return ::syscall(SYS_unshare, CLONE_NEWUSER); }},
    {"change the root directory", [] { return ::syscall(SYS_chroot, "/tmp"); }},
    {"mount a file system", [] { return ::syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, nullptr); }},
    {"load a BPF program", [] { return ::syscall(SYS_bpf, 5, &bpf, sizeof bpf); }},
    {"get executable memory",
     [] { return ::syscall(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }},
};

int verify_walls(int packet_socket) {
    packet_fd = packet_socket;
    parent = ::getpid();
    std::size_t stopped = 0;
    for (const act& a : acts) {
        const pid_t process = ::fork();
        if (process == 0) {
            (void)forbid_files();
            (void)forbid_system_calls(task::stream);
            ::_exit(a.attempt() < 0 ? errno : 255); // which is no errno
        }
        int status = 0;
        if (process < 0 || ::waitpid(process, &status, 0) != process)
            fail_errno(reason::failed, "cannot try in a child");
        const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
        const bool refused =
            WIFEXITED(status) && (WEXITSTATUS(status) == EACCES || WEXITSTATUS(status) == EPERM);
        if (killed || refused) ++stopped;
        const char* const by = killed    ? ": killed by seccomp"
                               : refused ? ": permission denied"
                                         : ": NOT STOPPED";
        print_line(STDOUT_FILENO, std::string(a.what) + by);
    }
    print_line(STDOUT_FILENO,
               std::to_string(stopped) + " of " + std::to_string(std::size(acts)) + " acts were stopped");
    return stopped == std::size(acts) ? 0 : 1;
}

} // namespace weir::capture_helper
