#include "sandbox/verify.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <linux/bpf.h>
#include <optional>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

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
    int landlock = 0;  ///< the first ABI that stops it alone; 0: none does
    bool is_the_connectors = false;
};

constexpr int files = 1, signals = 6; // ABIs of Landlock

/// Each of them is harmless where it succeeds.
constexpr act acts[] = {
    {"open a packet socket", [] { return opens_socket(AF_PACKET, SOCK_RAW); }},
    {"open a TCP socket", [] { return opens_socket(AF_INET, SOCK_STREAM); }},
    {"open a UDP socket", [] { return opens_socket(AF_INET6, SOCK_DGRAM); }},
    {"open a Unix socket", [] { return opens_socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC); }, 0, true},
    {"open a Unix datagram socket", [] { return opens_socket(AF_UNIX, SOCK_DGRAM); }},
    {"open a netlink socket", [] { return opens_socket(AF_NETLINK, SOCK_RAW); }},
    {"read /etc/passwd", [] { return ::open("/etc/passwd", O_RDONLY) >= 0; }, files},
    {"list a folder", [] { return ::open("/", O_RDONLY | O_DIRECTORY) >= 0; }, files},
    {"write a file in /tmp", [] { return ::open("/tmp", O_RDWR | O_TMPFILE, 0600) >= 0; }, files},
    {"make a file in memory", [] { return ::memfd_create("weir", 0) >= 0; }},
    {"rename a file", [] { return ::rename("/tmp/weir-verify-a", "/tmp/weir-verify-b") == 0; }},
    {"execute /bin/true", [] { return executes("/bin/true"); }},
    {"fork", [] { return ::fork() >= 0; }},
    {"map memory as code", [] { return makes_code(false); }},
    {"turn data into code", [] { return makes_code(true); }},
    {"signal another process", [] { return ::kill(::getppid(), 0) == 0; }, signals},
    {"trace another process", [] { return ::ptrace(PTRACE_SEIZE, ::getppid(), nullptr, nullptr) == 0; }},
    {"read another process's memory", [] { return reads_memory_of(::getppid()); }},
    {"become root", [] { return ::setuid(0) == 0; }},
    {"enter a user namespace", [] { return ::unshare(CLONE_NEWUSER) == 0; }},
    {"change the root folder", [] { return ::chroot("/") == 0; }},
    {"mount a file system", [] { return ::mount("none", "/weir-verify", "tmpfs", 0, nullptr) == 0; }},
    {"load BPF", [] { return loads_bpf(); }},
    {"set up io_uring", [] { return ::syscall(SYS_io_uring_setup, 1, nullptr) >= 0; }},
};

/// Who may call what with any arguments, here a second time: the tables in seccomp.cpp let these through, or
/// answer them, and kill every other call whose arguments are all -1.
enum : unsigned { of_dissector = 1, of_connector = 2, of_all = 3, with_stream = 4, with_folder = 8 };
constexpr struct {
    long call;
    unsigned who;
} known[] = {
    {SYS_read, of_dissector},
    {SYS_write, of_all},
    {SYS_writev, of_dissector},
    {SYS_recvfrom, of_all},
    {SYS_shutdown, of_dissector},
    {SYS_sendmsg, of_connector},
    {SYS_connect, of_connector},
    {SYS_close, of_all},
    {SYS_epoll_wait, of_dissector},
    {SYS_epoll_pwait, of_dissector},
    {SYS_epoll_ctl, of_dissector},
    {SYS_timerfd_settime, of_dissector},
    {SYS_poll, of_all},
    {SYS_ppoll, of_all},
    {SYS_wait4, of_dissector},
    {SYS_brk, of_all},
    {SYS_munmap, of_all},
    {SYS_mremap, of_all},
    {SYS_madvise, of_all},
    {SYS_futex, of_all},
    {SYS_getrandom, of_all},
    {SYS_clock_gettime, of_all},
    {SYS_gettimeofday, of_dissector},
    {SYS_restart_syscall, of_all},
    {SYS_rt_sigaction, of_dissector},
    {SYS_rt_sigprocmask, of_all},
    {SYS_rt_sigreturn, of_all},
    {SYS_getpid, of_all},
    {SYS_gettid, of_all},
    {SYS_exit, of_all},
    {SYS_exit_group, of_all},
    {SYS_open, of_all},
    {SYS_stat, of_all},
    {SYS_newfstatat, of_all},
    {SYS_statx, of_all},
    {SYS_access, of_all},
    {SYS_faccessat, of_all},
    {SYS_readlink, of_all},
    {SYS_readlinkat, of_all},
    {SYS_fcntl, of_all},
    {SYS_openat, of_all},
    {SYS_ioctl, of_all},
    {SYS_seccomp, of_all},
    {SYS_recvmsg, with_stream},
    {SYS_fstat, with_folder},
};

/// What it runs as, in the units and by hand.
struct variant {
    const char* name;
    settings s;
    unsigned may;      ///< of `known`
    bool counts_calls; ///< each system call is tried
};

enum class outcome : std::uint8_t { goes_through, refused, killed, not_tried };

/// In a child, behind those walls or none.
outcome attempt(const settings& s, std::optional<walls> which, const std::function<bool()>& what) {
    constexpr int done = 250, failed = 249, denied = 248, no_walls = 247;
    const pid_t child = ::fork();
    if (child < 0) return outcome::not_tried;
    if (child == 0) {
        ::alarm(2); // some calls wait
        if (which && raise_walls(s, *which).error) ::_exit(no_walls);
        errno = 0;
        ::_exit(what() ? done : errno == EACCES || errno == EPERM ? denied : failed);
    }
    int status = 0;
    if (::waitpid(child, &status, 0) != child) return outcome::not_tried;
    if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGSYS ? outcome::killed : outcome::goes_through;
    const int code = WEXITSTATUS(status);
    return code == no_walls ? outcome::not_tried : code == denied ? outcome::refused : outcome::goes_through;
}

/// What stops it alone; nothing where something does not that should. A refusal counts only where the same
/// act goes through without that wall.
std::string stopped_by(const act& a, const settings& s) {
    const bool possible = attempt(s, std::nullopt, a.attempt) == outcome::goes_through;
    std::string by;
    const bool may_signal = s.child > 0 && a.landlock == signals;
    if (a.landlock > 0 && landlock_abi() >= a.landlock && !may_signal) {
        if (!possible || attempt(s, walls::landlock, a.attempt) != outcome::refused) return {};
        by = "refused by Landlock, ";
    }
    const outcome o = attempt(s, walls::seccomp, a.attempt);
    const outcome both = attempt(s, walls::both, a.attempt);
    if (both != outcome::killed && both != outcome::refused) return {};
    if (o == outcome::killed) return by + "killed by seccomp";
    return o == outcome::refused && possible ? by + "refused by seccomp" : "";
}

std::string in_columns(std::string name, const std::string& what) {
    constexpr std::size_t column = 32;
    name.resize(std::max(name.size() + 1, column), ' ');
    return name + what;
}

struct call {
    long number;
    std::array<long, 6> with;
};

constexpr long own_id = -2; ///< in their place the id of the process that calls

/// What must go through with these arguments, beside what may be called with any.
std::vector<call> needed(const variant& v) {
    std::vector<call> all = {
        {SYS_mmap, {0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0}},
        {SYS_mprotect, {0, 0, PROT_READ}},
        {SYS_sendto, {-1, 0, 0, 0, 0, 0}},
        {SYS_ioctl, {-1, FIONBIO, -1}},
        {SYS_tgkill, {own_id, 0, 0}},
    };
    if (v.s.child > 0) all.push_back({SYS_kill, {v.s.child, 0}});
    if (v.s.rewritten >= 0) all.push_back({SYS_pwrite64, {v.s.rewritten, 0, 0, 0, 0}});
    if (v.s.who == role::connector) {
        all.push_back({SYS_socket, {AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0}});
        all.push_back({SYS_setsockopt, {-1, SOL_SOCKET, SO_SNDTIMEO}});
    }
    if ((v.may & with_folder) != 0) { // the one way to open in each, and what is refused beside it
        for (const output_folder& o : v.s.folders) {
            const long mode = static_cast<long>(o.mode);
            all.push_back({SYS_openat, {o.fd, -1, o.flags, mode}});
            all.push_back({SYS_openat, {o.fd, -1, O_RDONLY, mode}});
            all.push_back({SYS_openat, {o.fd, -1, o.flags, mode + 1}});
        }
        for (int fd = -1; fd <= v.s.folders.back().fd + 1; ++fd)
            all.push_back({SYS_openat, {fd, -1, O_RDONLY, 0}});
    }
    return all;
}

/// Each system call by its number; how many the table judges otherwise than stands above.
std::size_t wrong_calls(const variant& v, const std::function<void(const std::string&)>& tell) {
    constexpr long numbers = 512; // more than Linux has
    constexpr long uprobes[] = {335,
                                336}; // which no filter sees on x86-64, and do nothing outside of a probe
    std::size_t wrong = 0;
    const auto judge = [&](const call& c, bool allowed) {
        const outcome o = attempt(v.s, walls::both, [&] {
            const auto& a = c.with;
            return ::syscall(c.number, a[0] == own_id ? ::getpid() : a[0], a[1], a[2], a[3], a[4], a[5]) >= 0;
        });
        if (o != outcome::not_tried && (o == outcome::killed) != allowed) return;
        tell(in_columns("system call " + std::to_string(c.number),
                        allowed ? "NOT LET THROUGH" : "NOT STOPPED"));
        ++wrong;
    };
    for (const call& c : needed(v)) judge(c, true);
    for (long number = 0; number < numbers; ++number) {
        const bool allowed = std::any_of(std::begin(known), std::end(known), [&](const auto& k) {
            return k.call == number && (k.who & v.may) != 0;
        });
        if (std::count(std::begin(uprobes), std::end(uprobes), number) == 0)
            judge({number, {-1, -1, -1, -1, -1, -1}}, allowed);
    }
    return wrong;
}

/// A process that may be signalled, until it is ended.
class companion {
public:
    companion()
        : pid_(::fork()) {
        if (pid_ != 0) return;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) ::pause();
    }
    companion(const companion&) = delete;
    companion& operator=(const companion&) = delete;
    ~companion() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

private:
    pid_t pid_;
};

} // namespace

bool verify(const std::function<void(const std::string&)>& tell, std::string_view only) {
    const companion other;
    const auto open_folder = [] { return ::open("/var/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC); };
    constexpr int common = O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
    const output_folder logs{open_folder(), common | O_APPEND | O_NONBLOCK, 0640};
    const int between = open_folder();
    const output_folder saved{open_folder(), common | O_EXCL, 0600};
    const settings plain, connects{role::connector, -1, false, {}};
    const settings helper{role::dissector, other.pid(), false, {}};
    const settings append{role::dissector, -1, false, {logs}}, save{role::dissector, -1, false, {saved}};
    const settings reconnect{role::dissector, other.pid(), true, {}};
    const settings har{role::dissector, -1, false, {}, between};
    const settings service{role::dissector, other.pid(), true, {logs, saved}, between};
    const bool has_landlock = landlock_abi() > 0; // without it no file is opened
    const unsigned opens = has_landlock ? unsigned{with_folder} : 0;
    const variant variants[] = {
        {"reads a file or a stream", plain, of_dissector, true},
        {"-i: may signal its helper", helper, of_dissector, false},
        {"--append: may open its file anew", append, of_dissector | opens, false},
        {"--save: may make files in its folder", save, of_dissector | opens, false},
        {"--har: may write over its file", har, of_dissector, false},
        {"--connect --reconnect: may take a stream over", reconnect, of_dissector | with_stream, false},
        {"weir.service: all of it", service, of_dissector | with_stream | opens, true},
        {"the process that connects for it: may connect to any Unix socket of its user", connects,
         of_connector, true},
    };
    std::size_t held = 0, tried = 0;
    for (const variant& v : variants) {
        if (!std::string_view(v.name).starts_with(only)) continue;
        tell(std::string(&v == variants ? "" : "\n") + v.name);
        for (const act& a : acts) {
            if (v.s.who == role::connector && a.is_the_connectors) continue;
            const std::string by = stopped_by(a, v.s);
            tell(in_columns(a.name, by.empty() ? "NOT STOPPED" : by));
            if (!by.empty()) ++held;
            ++tried;
        }
        if (!v.counts_calls) continue;
        const std::size_t wrong = wrong_calls(v, tell);
        tell(in_columns("any other system call", wrong == 0 ? "killed by seccomp" : "NOT STOPPED"));
        if (wrong == 0) ++held;
        ++tried;
    }
    for (const int fd : {logs.fd, between, saved.fd}) ::close(fd);
    tell(std::to_string(held) + " of " + std::to_string(tried) + " were stopped");
    return held == tried;
}

} // namespace weir::sandbox
