// The system calls of the running helper, and of the child that compiles its filters: a row each with its
// verdict and its reason. Whatever is not here kills: there is no socket, no exec, no fork and no read.
#include <array>
#include <cerrno>
#include <linux/if_packet.h>
#include <memory>
#include <seccomp.h>
#include <span>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture-helper/report.hpp"
#include "capture-helper/sandbox.hpp"

namespace weir::capture_helper {

static constexpr std::uint32_t allow = SCMP_ACT_ALLOW;
static constexpr std::uint32_t refuse = SCMP_ACT_ERRNO(EACCES);
static constexpr std::uint32_t answer = SCMP_ACT_ERRNO(ENOANO); // as nothing else does

// `conditions` says how many of `when` must hold.
struct row {
    int call;
    std::uint32_t verdict;
    unsigned conditions;
    std::array<scmp_arg_cmp, 2> when;
    const char* why;
};

static constexpr scmp_arg_cmp equals(unsigned argument, std::uint64_t value) {
    return {argument, SCMP_CMP_EQ, value, 0};
}
static constexpr scmp_arg_cmp lacks(unsigned argument, std::uint64_t bit) {
    return {argument, SCMP_CMP_MASKED_EQ, bit, 0};
}
/// That argument is the descriptor -1, whatever stands in the upper half of its register.
static constexpr scmp_arg_cmp is_none(unsigned argument) {
    return {argument, SCMP_CMP_MASKED_EQ, 0xffff'ffff, 0xffff'ffff};
}

static const row of_stream[] = {
    {SCMP_SYS(write), allow, 1, {equals(0, 1)}, "the stream"},
    {SCMP_SYS(write), allow, 1, {equals(0, 2)}, "a last line on standard error"},
    {SCMP_SYS(poll), allow, 0, {}, "waits for packets and for the reader's end"},
    {SCMP_SYS(ppoll), allow, 0, {}, "the same, on machines without poll"},
    {SCMP_SYS(restart_syscall), allow, 0, {}, "the kernel's own, after SIGSTOP and SIGCONT in poll"},
    {SCMP_SYS(clock_gettime), allow, 0, {}, "statistics; a system call where there is no vDSO"},
    {SCMP_SYS(getsockopt), allow, 2, {equals(1, SOL_PACKET), equals(2, PACKET_STATISTICS)}, "pcap_stats"},
    {SCMP_SYS(getsockopt),
     allow,
     2,
     {equals(1, SOL_SOCKET), equals(2, SO_ERROR)},
     "why a packet socket reports an error"},
    {SCMP_SYS(getsockname), allow, 0, {}, "libpcap asks whether an interface that went down is still there"},
    {SCMP_SYS(ioctl), allow, 1, {equals(1, SIOCGIFFLAGS)}, "libpcap asks whether it is up"},
    {SCMP_SYS(openat), refuse, 0, {}, "pcap_stats looks for counters in /sys and lives without"},
    {SCMP_SYS(brk), allow, 0, {}, "malloc"},
    {SCMP_SYS(mmap), allow, 2, {lacks(2, PROT_EXEC), is_none(4)}, "malloc; no code, no socket"},
    {SCMP_SYS(mprotect), allow, 1, {lacks(2, PROT_EXEC)}, "malloc; nothing that can be executed"},
    {SCMP_SYS(mremap), allow, 0, {}, "realloc"},
    {SCMP_SYS(munmap), allow, 0, {}, "free"},
    {SCMP_SYS(madvise), allow, 0, {}, "free"},
    {SCMP_SYS(rt_sigreturn), allow, 0, {}, "the end of a signal handler"},
    {SCMP_SYS(setitimer), allow, 0, {}, "interrupts a blocked write once the end is asked"},
    {SCMP_SYS(exit_group), allow, 0, {}, "the end"},
    {SCMP_SYS(seccomp), answer, 0, {}, "asks whether this table stands"},
};

static const row of_compile[] = {
    {SCMP_SYS(write), allow, 1, {equals(0, 0)}, "the answer"},
    {SCMP_SYS(brk), allow, 0, {}, "malloc"},
    {SCMP_SYS(mmap), allow, 2, {lacks(2, PROT_EXEC), is_none(4)}, "malloc; no code"},
    {SCMP_SYS(mremap), allow, 0, {}, "realloc"},
    {SCMP_SYS(munmap), allow, 0, {}, "free"},
    {SCMP_SYS(exit_group), allow, 0, {}, "the end"},
    {SCMP_SYS(seccomp), answer, 0, {}, "asks whether this table stands"},
};

const char* const walls_of_this_build = "landlock, seccomp";

std::string forbid_system_calls(task t) {
    const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(::seccomp_init(SCMP_ACT_KILL_PROCESS),
                                                                  ::seccomp_release);
    int failed =
        filter ? ::seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) : -ENOMEM;
    for (const row& r : t == task::stream ? std::span<const row>(of_stream) : of_compile)
        if (failed == 0)
            failed = ::seccomp_rule_add_array(filter.get(), r.verdict, r.call, r.conditions, r.when.data());
    if (failed == 0) failed = ::seccomp_load(filter.get());
    errno = -failed;
    if (failed != 0) fail_errno(reason::not_permitted, "cannot enter seccomp");
    if (::syscall(SYS_seccomp, -1, 0, nullptr) == 0 || errno != ENOANO)
        fail(reason::not_permitted, "seccomp does not stand, though it was entered");
    return "seccomp";
}

} // namespace weir::capture_helper
