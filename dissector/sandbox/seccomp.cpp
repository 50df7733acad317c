#include "sandbox/seccomp.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <seccomp.h>
#include <set>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace weir::sandbox {

namespace {

constexpr std::uint8_t dissector = 1, connector = 2, both = 3; // role as bits
static_assert(static_cast<std::uint8_t>(role::dissector) == dissector &&
              static_cast<std::uint8_t>(role::connector) == connector);

struct row {
    int call;
    std::uint8_t who;
    const char* reason;
};

constexpr row allowed[] = {
    {SCMP_SYS(read), dissector, "capture stream, the helper's words, Asio's wake-ups"},
    {SCMP_SYS(write), both, "events and complaints; abort()"},
    {SCMP_SYS(writev), dissector, "events and complaints"},
    {SCMP_SYS(recvfrom), both, "the capture service's answer; what the connector is asked"},
    {SCMP_SYS(shutdown), dissector, "tells the capture service that we end"},
    {SCMP_SYS(sendmsg), connector, "hands a stream over"},
    {SCMP_SYS(connect), connector, "reaches the capture service again"},
    {SCMP_SYS(close), both, "ends"},
    {SCMP_SYS(epoll_wait), dissector, "waits for input, output and signals"},
    {SCMP_SYS(epoll_pwait), dissector, "the same, in other C libraries"},
    {SCMP_SYS(epoll_ctl), dissector, "waits for input, output and signals"},
    {SCMP_SYS(timerfd_settime), dissector, "deadlines"},
    {SCMP_SYS(poll), both,
     "asks whether a pipe has room; waits for the helper's end, for the service's answer"},
    {SCMP_SYS(ppoll), both, "the same, in other C libraries"},
    {SCMP_SYS(wait4), dissector, "reaps the helper and the connector"},
    {SCMP_SYS(brk), both, "memory"},
    {SCMP_SYS(munmap), both, "memory"},
    {SCMP_SYS(mremap), both, "memory"},
    {SCMP_SYS(madvise), both, "memory"},
    {SCMP_SYS(futex), both, "the C++ runtime's guards"},
    {SCMP_SYS(getrandom), both, "the allocator's own protection"},
    {SCMP_SYS(clock_gettime), both, "time, where the vDSO cannot tell it"},
    {SCMP_SYS(gettimeofday), dissector, "time, where the vDSO cannot tell it"},
    {SCMP_SYS(restart_syscall), both, "a wait that a stop signal interrupted"},
    {SCMP_SYS(rt_sigaction), dissector, "signal handlers are taken down at the end"},
    {SCMP_SYS(rt_sigprocmask), both, "the same; abort()"},
    {SCMP_SYS(rt_sigreturn), both, "return from a signal handler"},
    {SCMP_SYS(getpid), both, "abort()"},
    {SCMP_SYS(gettid), both, "abort()"},
    {SCMP_SYS(exit), both, "ends"},
    {SCMP_SYS(exit_group), both, "ends"},
};

/// What a C library does on its own account and survives: refused, so that a forgotten call is no crash.
constexpr row refused[] = {
    {SCMP_SYS(open), both, "no file is opened"},
    {SCMP_SYS(stat), both, "no file is looked at"},
    {SCMP_SYS(newfstatat), both, "no file is looked at"},
    {SCMP_SYS(statx), both, "no file is looked at"},
    {SCMP_SYS(access), both, "no file is looked at"},
    {SCMP_SYS(faccessat), both, "no file is looked at"},
    {SCMP_SYS(readlink), both, "no file is looked at"},
    {SCMP_SYS(readlinkat), both, "no file is looked at"},
    {SCMP_SYS(fcntl), both, "descriptors stay as they are"},
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

/// One more stream socket of the one kind that the capture service has, and a bound on its waits.
bool allow_unix_stream_socket(const filter& f) {
    const std::array<condition, 2> kind{equals(0, AF_UNIX), equals(1, SOCK_STREAM | SOCK_CLOEXEC)};
    const std::array<condition, 2> bound{equals(1, SOL_SOCKET), equals(2, SO_SNDTIMEO)};
    return seccomp_rule_add_array(f.get(), SCMP_ACT_ALLOW, SCMP_SYS(socket), kind.size(), kind.data()) == 0 &&
           seccomp_rule_add_array(f.get(), SCMP_ACT_ALLOW, SCMP_SYS(setsockopt), bound.size(),
                                  bound.data()) == 0;
}

/// Files in the output folders, each in its one way, and a look at what was opened; any other opening is
/// refused.
bool allow_output_files(const filter& f, const settings& s) {
    if (s.folders.empty()) return seccomp_rule_add(f.get(), SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 0) == 0;
    constexpr std::uint32_t refuse = SCMP_ACT_ERRNO(EACCES);
    const auto add = [&](std::uint32_t verdict, const std::vector<condition>& when) {
        const auto count = static_cast<unsigned>(when.size());
        return seccomp_rule_add_array(f.get(), verdict, SCMP_SYS(openat), count, when.data()) == 0;
    };
    const auto unlike = [](condition c) { return c.op = SCMP_CMP_NE, c; };
    bool built = seccomp_rule_add(f.get(), SCMP_ACT_ALLOW, SCMP_SYS(fstat), 0) == 0;
    std::set<int> known;
    for (const output_folder& o : s.folders) {
        const condition folder = equals(0, static_cast<scmp_datum_t>(o.fd));
        const condition flags = equals(2, static_cast<scmp_datum_t>(o.flags));
        const condition mode = equals(3, o.mode);
        built = built && add(SCMP_ACT_ALLOW, {folder, flags, mode}) && add(refuse, {folder, unlike(flags)}) &&
                add(refuse, {folder, flags, unlike(mode)});
        known.insert(o.fd);
    }
    // a rule has one condition for an argument: what is none of them lies before, behind or between
    built = built && add(refuse, {{0, SCMP_CMP_LT, static_cast<scmp_datum_t>(*known.begin()), 0}}) &&
            add(refuse, {{0, SCMP_CMP_GT, static_cast<scmp_datum_t>(*known.rbegin()), 0}});
    for (int fd = *known.begin(); fd < *known.rbegin(); ++fd)
        built = built && (known.count(fd) != 0 || add(refuse, {equals(0, static_cast<scmp_datum_t>(fd))}));
    return built;
}

bool allow_conditionally(const filter& f, const settings& s) {
    const auto self = static_cast<scmp_datum_t>(::getpid());
    return allow_if(f, SCMP_SYS(mmap), lacks(2, PROT_EXEC))        // memory, never code
           && allow_if(f, SCMP_SYS(mprotect), lacks(2, PROT_EXEC)) // the same
           && allow_if(f, SCMP_SYS(tgkill), equals(0, self))       // abort()
           && allow_if(f, SCMP_SYS(sendto), equals(4, 0)) // without blocking, to the peer, to nobody else
           && allow_if(f, SCMP_SYS(ioctl),
                       equals(1, FIONBIO)) // Asio, when it waits first; else no terminal is there:
           && refuse_if(f, SCMP_SYS(ioctl), {1, SCMP_CMP_NE, FIONBIO, 0}, ENOTTY) &&
           (s.child <= 0 || allow_if(f, SCMP_SYS(kill), equals(0, static_cast<scmp_datum_t>(s.child)))) &&
           (!s.receives_stream || seccomp_rule_add(f.get(), SCMP_ACT_ALLOW, SCMP_SYS(recvmsg), 0) == 0) &&
           (s.rewritten < 0 ||
            allow_if(f, SCMP_SYS(pwrite64), equals(0, static_cast<scmp_datum_t>(s.rewritten)))) &&
           (s.who != role::connector || allow_unix_stream_socket(f)) && allow_output_files(f, s);
}

} // namespace

std::optional<std::string> load_seccomp(const settings& s) {
    const filter f(seccomp_init(SCMP_ACT_KILL_PROCESS), &seccomp_release);
    bool built =
        f && seccomp_attr_set(f.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
        seccomp_attr_set(f.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0; // a search tree: calls cost less
    const auto who = static_cast<std::uint8_t>(s.who);
    for (const row& r : allowed)
        if ((r.who & who) != 0) built = built && seccomp_rule_add(f.get(), SCMP_ACT_ALLOW, r.call, 0) == 0;
    built = built && allow_conditionally(f, s);
    for (const row& r : refused)
        built = built && seccomp_rule_add(f.get(), SCMP_ACT_ERRNO(EACCES), r.call, 0) == 0;
    // asks whether this table stands, and is answered as by nothing else
    built = built && seccomp_rule_add(f.get(), SCMP_ACT_ERRNO(ENOANO), SCMP_SYS(seccomp), 0) == 0;
    if (!built) return "the seccomp filter could not be made";
    if (const int failed = seccomp_load(f.get()); failed != 0)
        return std::string("the seccomp filter could not be loaded: ") + std::strerror(-failed);
    if (::syscall(SYS_seccomp, -1, 0, nullptr) == 0 || errno != ENOANO)
        return "the seccomp filter does not stand, though it was loaded";
    return std::nullopt;
}

} // namespace weir::sandbox
