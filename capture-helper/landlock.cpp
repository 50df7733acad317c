// Landlock (landlock(7)) with no rule at all: everything that a ruleset can handle is handled, so everything is refused.
#include <cstdint>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture-helper/report.hpp"
#include "capture-helper/sandbox.hpp"

namespace weir::capture_helper {

// The system's header is older than the kernels that this runs on; these are the kernel's own layout and numbers.
struct ruleset { std::uint64_t files, network, scoped; };

// How many bits of each member an ABI knows, and how many bytes of the structure.
struct generation { long abi; int files, network, scoped; std::size_t size; };

constexpr generation generations[] = {
    {6, 16, 2, 2, 24}, {5, 16, 2, 0, 16}, {4, 15, 2, 0, 16}, {3, 15, 0, 0, 8}, {2, 14, 0, 0, 8}, {1, 13, 0, 0, 8},
};

static constexpr std::uint64_t bits(int count) noexcept { return (std::uint64_t{1} << count) - 1; }

std::string forbid_files() {
    const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1U);  // which asks for its ABI
    if (abi < 0) return "landlock=none";  // a kernel without it, or a container that hides it: both are told in the stream
    for (const generation& g : generations) {
        if (abi < g.abi) continue;
        const ruleset none{bits(g.files), bits(g.network), bits(g.scoped)};
        const long fd = ::syscall(SYS_landlock_create_ruleset, &none, g.size, 0);
        if (fd < 0 || ::syscall(SYS_landlock_restrict_self, fd, 0) != 0) break;
        ::close(static_cast<int>(fd));
        return "landlock=" + std::to_string(abi);
    }
    fail_errno(reason::not_permitted, "cannot enter Landlock, which this kernel has");
}

} // namespace weir::capture_helper
