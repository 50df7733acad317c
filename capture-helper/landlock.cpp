// Landlock (landlock(7)) with no rule at all: everything that a ruleset can handle is handled, so everything is refused.
#include <array>
#include <cerrno>
#include <cstdint>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture-helper/report.hpp"
#include "capture-helper/sandbox.hpp"

namespace weir::capture_helper {
namespace {

// The system's header is older than the kernels that this runs on; these are the kernel's own layout and numbers.
struct ruleset {
    std::uint64_t files;
    std::uint64_t network;
    std::uint64_t scoped;
};

struct generation {
    long abi;
    int file_rights;     ///< how many bits of `files` the ABI knows
    int network_rights;  ///< of `network`: bind and connect TCP
    int scopes;          ///< of `scoped`: abstract Unix sockets, signals
    std::size_t size;    ///< of the part of the structure that it knows
};

constexpr std::array<generation, 6> generations{{
    {6, 16, 2, 2, 24}, {5, 16, 2, 0, 16}, {4, 15, 2, 0, 16}, {3, 15, 0, 0, 8}, {2, 14, 0, 0, 8}, {1, 13, 0, 0, 8},
}};

constexpr std::uint64_t bits(int count) noexcept { return (std::uint64_t{1} << count) - 1; }

} // namespace

std::string forbid_files() {
    constexpr unsigned ask_version = 1;
    const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, ask_version);
    if (abi < 0 && (errno == ENOSYS || errno == EOPNOTSUPP)) return "landlock=none";
    for (const generation& g : generations) {
        if (abi < g.abi) continue;
        const ruleset none{bits(g.file_rights), bits(g.network_rights), bits(g.scopes)};
        const long fd = ::syscall(SYS_landlock_create_ruleset, &none, g.size, 0);
        if (fd < 0 || ::syscall(SYS_landlock_restrict_self, fd, 0) != 0) break;
        ::close(static_cast<int>(fd));
        return "landlock=" + std::to_string(abi);
    }
    fail_errno(reason::not_permitted, "cannot enter Landlock, which this kernel has");
}

} // namespace weir::capture_helper
