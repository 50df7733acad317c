#include "sandbox/landlock.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace weir::sandbox {

namespace {

/// struct landlock_ruleset_attr of ABI 6; the headers of Debian 12 end at ABI 2. An older kernel takes its
/// beginning.
struct ruleset_attributes {
    std::uint64_t access_fs = 0;
    std::uint64_t access_net = 0;
    std::uint64_t scoped = 0;
};

constexpr std::uint64_t below(unsigned bit) { return (std::uint64_t{1} << bit) - 1; }

/// What each ABI can forbid: bits of file access, of TCP access, of scopes, and the size of the structure.
struct abi_row {
    unsigned files, net, scopes;
    std::size_t size;
};
constexpr std::array<abi_row, 6> abis{{
    {13, 0, 0, 8},  // 1: files
    {14, 0, 0, 8},  // 2: linking and renaming across folders
    {15, 0, 0, 8},  // 3: truncation
    {15, 2, 0, 16}, // 4: TCP bind and connect
    {16, 2, 0, 16}, // 5: ioctl on devices
    {16, 2, 2, 24}, // 6: abstract Unix sockets, signals
}};

} // namespace

landlock_state forbid_everything(bool may_signal, int output_folder) noexcept {
    constexpr std::uint32_t ask_version = 1;
    const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, ask_version);
    if (abi <= 0) return {};
    const abi_row& row = abis[static_cast<std::size_t>(std::min<long>(abi, abis.size())) - 1];
    ruleset_attributes a{below(row.files), below(row.net), below(row.scopes)};
    constexpr std::uint64_t signal_scope = 2;
    if (may_signal) a.scoped &= ~signal_scope;
    const long ruleset = ::syscall(SYS_landlock_create_ruleset, &a, row.size, 0);
    bool in_force = ruleset >= 0;
    if (output_folder >= 0) {
        const landlock_path_beneath_attr rule{LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG,
                                              output_folder};
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
