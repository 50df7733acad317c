#include "sandbox/landlock.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/landlock_rights.hpp"

namespace weir::sandbox {

long landlock_abi() noexcept {
    constexpr std::uint32_t ask_version = 1;
    return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, ask_version);
}

landlock_state forbid_everything(bool may_signal, const std::vector<output_folder>& folders) noexcept {
    const long abi = landlock_abi();
    if (abi <= 0) return {};
    common::landlock_rights rights = common::landlock_rights_of(abi);
    constexpr std::uint64_t signal_scope = 2;
    if (may_signal) rights.everything.scoped &= ~signal_scope;
    const long ruleset = ::syscall(SYS_landlock_create_ruleset, &rights.everything, rights.size, 0);
    bool in_force = ruleset >= 0;
    for (const output_folder& f : folders) {
        const landlock_path_beneath_attr rule{LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG,
                                              f.fd};
        in_force =
            in_force && ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    }
    in_force = in_force && ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    const int why = errno;
    if (ruleset >= 0) ::close(static_cast<int>(ruleset));
    if (!in_force) return {0, std::string("Landlock could not be raised: ") + std::strerror(why)};
    return {static_cast<int>(abi), std::nullopt};
}

} // namespace weir::sandbox
