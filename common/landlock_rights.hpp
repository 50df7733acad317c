// What each ABI of Landlock can forbid, for both programs: the kernel's own layout and numbers (landlock(7)),
// because the headers of Debian 12 end at ABI 2. Must never touch the system; who asks the kernel stands in
// the programs.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::common {

/// struct landlock_ruleset_attr; an older kernel takes its beginning.
struct landlock_ruleset {
    std::uint64_t files = 0, network = 0, scoped = 0;
};

struct landlock_rights {
    landlock_ruleset everything; ///< every bit that the ABI knows
    std::size_t size = 0;        ///< bytes of the structure that it takes
};

/// Of the newest ABI known here that is not above `abi`, the oldest where that is below 1.
constexpr landlock_rights landlock_rights_of(long abi) noexcept {
    constexpr struct {
        unsigned files, network, scoped;
        std::size_t size;
    } known[] = {
        {13, 0, 0, 8},  // 1: files
        {14, 0, 0, 8},  // 2: linking and renaming across folders
        {15, 0, 0, 8},  // 3: truncation
        {15, 2, 0, 16}, // 4: TCP bind and connect
        {16, 2, 0, 16}, // 5: ioctl on devices
        {16, 2, 2, 24}, // 6: abstract Unix sockets, signals
    };
    constexpr long newest = sizeof known / sizeof known[0];
    const auto bits = [](unsigned count) { return (std::uint64_t{1} << count) - 1; };
    const auto& row = known[(abi < 1 ? 1 : abi < newest ? abi : newest) - 1];
    return {{bits(row.files), bits(row.network), bits(row.scoped)}, row.size};
}

static_assert(landlock_rights_of(1).everything.files == 0x1fff && landlock_rights_of(1).size == 8);
static_assert(landlock_rights_of(9).everything.scoped == 3 && landlock_rights_of(9).size == 24);
static_assert(landlock_rights_of(0).size == landlock_rights_of(1).size);

} // namespace weir::common
