#include "sandbox/seccomp.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace weir::sandbox {

namespace {

struct row {
    int call;
    const char* reason;
};

constexpr row allowed[] = {
    {SCMP_SYS(read), "capture stream, the helper's words, Asio's wake-ups"},
    {SCMP_SYS(write), "events and complaints"},
    {SCMP_SYS(writev), "events and complaints"},
    {SCMP_SYS(sendto), "events into a socket, without blocking"},
    {SCMP_SYS(recvfrom), "the capture service's answer"},
    {SCMP_SYS(shutdown), "tells the capture service that we end"},
    {SCMP_SYS(close), "ends"},
    {SCMP_SYS(epoll_wait), "waits for input, output and signals"},
    {SCMP_SYS(epoll_pwait), "the same, in other C libraries"},
    {SCMP_SYS(epoll_ctl), "waits for input, output and signals"},
    {SCMP_SYS(timerfd_settime), "deadlines"},
    {SCMP_SYS(poll), "asks whether a pipe has room; waits for the helper's end"},
    {SCMP_SYS(ppoll), "the same, in other C libraries"},
    {SCMP_SYS(wait4), "reaps the helper"},
    {SCMP_SYS(brk), "memory"},
    {SCMP_SYS(munmap), "memory"},
    {SCMP_SYS(mremap), "memory"},
    {SCMP_SYS(madvise), "memory"},
    {SCMP_SYS(futex), "the C++ runtime's guards"},
    {SCMP_SYS(getrandom), "the allocator's own protection"},
    {SCMP_SYS(clock_gettime), "time, where the vDSO cannot tell it"},
    {SCMP_SYS(gettimeofday), "time, where the vDSO cannot tell it"},
    {SCMP_SYS(restart_syscall), "a wait that a stop signal interrupted"},
    {SCMP_SYS(rt_sigaction), "signal handlers are taken down at the end"},
    {SCMP_SYS(rt_sigprocmask), "the same; abort()"},
    {SCMP_SYS(rt_sigreturn), "return from a signal handler"},
    {SCMP_SYS(getpid), "abort()"},
    {SCMP_SYS(gettid), "abort()"},
    {SCMP_SYS(exit), "ends"},
    {SCMP_SYS(exit_group), "ends"},
};

/// What a C library does on its own account and survives: refused, so that a forgotten call is no crash.
constexpr row refused[] = {
    {SCMP_SYS(open), "no file is opened"},          {SCMP_SYS(openat), "no file is opened"},
    {SCMP_SYS(stat), "no file is looked at"},       {SCMP_SYS(newfstatat), "no file is looked at"},
    {SCMP_SYS(statx), "no file is looked at"},      {SCMP_SYS(access), "no file is looked at"},
    {SCMP_SYS(faccessat), "no file is looked at"},  {SCMP_SYS(readlink), "no file is looked at"},
    {SCMP_SYS(readlinkat), "no file is looked at"}, {SCMP_SYS(fcntl), "descriptors stay as they are"},
};

using filter = std::unique_ptr<void, decltype(&seccomp_release)>;
using condition = scmp_arg_cmp;

condition equals(unsigned argument, scmp_datum_t value) { return {argument, SCMP_CMP_EQ, value, 0}; }
condition lacks(unsigned argument, scmp_datum_t bits) { return {argument, SCMP_CMP_MASKED_EQ, bits, 0}; }

bool allow_if(const filter& f, int call, const condition& c) {
    return seccomp_rule_add_array(f.get(), SCMP_ACT_ALLOW, call, 1, &c) == 0;
}

bool refuse_if(const filter& f, int call, const condition& c, std::uint16_t error) {
    return seccomp_rule_add_array(f.get(), SCMP_ACT_ERRNO(error), call, 1, &c) == 0;
}

bool allow_conditionally(const filter& f, const settings& s) {
    const auto self = static_cast<scmp_datum_t>(::getpid());
    return allow_if(f, SCMP_SYS(mmap), lacks(2, PROT_EXEC))        // memory, never code
           && allow_if(f, SCMP_SYS(mprotect), lacks(2, PROT_EXEC)) // the same
           && allow_if(f, SCMP_SYS(tgkill), equals(0, self))       // abort()
           && allow_if(f, SCMP_SYS(ioctl),
                       equals(1, FIONBIO)) // Asio, when it waits first; else no terminal is there:
           && refuse_if(f, SCMP_SYS(ioctl), {1, SCMP_CMP_NE, FIONBIO, 0}, ENOTTY) &&
           (s.helper <= 0 || allow_if(f, SCMP_SYS(kill), equals(0, static_cast<scmp_datum_t>(s.helper)))) &&
           (!s.reconnects || seccomp_rule_add(f.get(), SCMP_ACT_ALLOW, SCMP_SYS(connect), 0) == 0);
}

} // namespace

std::optional<std::string> load_seccomp(const settings& s) {
    const filter f(seccomp_init(SCMP_ACT_KILL_PROCESS), &seccomp_release);
    bool built =
        f && seccomp_attr_set(f.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
        seccomp_attr_set(f.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0; // a search tree: calls cost less
    for (const row& r : allowed) built = built && seccomp_rule_add(f.get(), SCMP_ACT_ALLOW, r.call, 0) == 0;
    built = built && allow_conditionally(f, s);
    for (const row& r : refused)
        built = built && seccomp_rule_add(f.get(), SCMP_ACT_ERRNO(EACCES), r.call, 0) == 0;
    if (!built) return "the seccomp filter could not be made";
    if (const int failed = seccomp_load(f.get()); failed != 0)
        return std::string("the seccomp filter could not be loaded: ") + std::strerror(-failed);
    return std::nullopt;
}

} // namespace weir::sandbox
