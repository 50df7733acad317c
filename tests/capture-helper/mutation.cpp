// A hole in the walls, made when the program starts: linked with weir-capture's own objects, it leaves out
// one row of a table or one right of Landlock, or adds a row, as WEIR_MUTATION says. For tests alone.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <seccomp.h>
#include <string>
#include <sys/syscall.h>

#include "common/landlock_rights.hpp"

namespace {

/// "remove stream 3", "remove compile 0", "add socket", "right 2", "landlock" (none of it); nothing: no hole.
/// Read before main() empties the environment.
const std::string mutation = std::getenv("WEIR_MUTATION") != nullptr ? std::getenv("WEIR_MUTATION") : "";
int row = 0;
bool compiles = false;

} // namespace

extern "C" {

int __real_seccomp_rule_add_array(scmp_filter_ctx, std::uint32_t, int, unsigned, const scmp_arg_cmp*);
int __real_seccomp_rule_add(scmp_filter_ctx, std::uint32_t, int, unsigned, ...);
int __real_seccomp_load(scmp_filter_ctx);
long __real_syscall(long, long, long, long, long, long, long);

int __wrap_seccomp_rule_add_array(scmp_filter_ctx filter, std::uint32_t verdict, int call, unsigned count,
                                  const scmp_arg_cmp* when) {
    if (row == 0)
        compiles = count == 1 && call == SCMP_SYS(write) && when[0].datum_a == 0; // its first row: the answer
    const std::string here =
        std::string("remove ") + (compiles ? "compile " : "stream ") + std::to_string(row++);
    return here == mutation ? 0 : __real_seccomp_rule_add_array(filter, verdict, call, count, when);
}

/// weir adds its unconditional rows so.
int __wrap_seccomp_rule_add(scmp_filter_ctx filter, std::uint32_t verdict, int call, unsigned, ...) {
    return __wrap_seccomp_rule_add_array(filter, verdict, call, 0, nullptr);
}

int __wrap_seccomp_load(scmp_filter_ctx filter) {
    if (mutation == "count") std::fprintf(stderr, "rows %d\n", row);
    row = 0;
    if (mutation.starts_with("add ") &&
        __real_seccomp_rule_add(filter, SCMP_ACT_ALLOW, seccomp_syscall_resolve_name(mutation.c_str() + 4),
                                0) != 0)
        std::abort();
    return __real_seccomp_load(filter);
}

long __wrap_syscall(long call, long a, long b, long c, long d, long e, long f) {
    weir::common::landlock_ruleset less;
    if (call == SYS_landlock_restrict_self && mutation == "landlock") return 0;
    if (call == SYS_landlock_create_ruleset && a != 0 && mutation.starts_with("right ")) {
        const int right = std::atoi(mutation.c_str() + 6);
        std::memcpy(&less, reinterpret_cast<void*>(a), static_cast<std::size_t>(b));
        std::uint64_t& word = right < 16 ? less.files : right < 18 ? less.network : less.scoped;
        word &= ~(std::uint64_t{1} << (right < 16 ? right : right < 18 ? right - 16 : right - 18));
        a = reinterpret_cast<long>(&less);
    }
    return __real_syscall(call, a, b, c, d, e, f);
}

} // extern "C"
