// Landlock (landlock(7)) with no rule at all: everything that a ruleset can handle is handled, so everything
// is refused.
#include <sys/syscall.h>
#include <unistd.h>

#include "capture-helper/report.hpp"
#include "capture-helper/sandbox.hpp"
#include "common/landlock_rights.hpp"

namespace weir::capture_helper {

std::string forbid_files() {
    const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1U); // which asks for its ABI
    if (abi < 0)
        return "landlock=none"; // a kernel without it, or a container that hides it: both are told in the
                                // stream
    const common::landlock_rights rights = common::landlock_rights_of(abi);
    const long fd = ::syscall(SYS_landlock_create_ruleset, &rights.everything, rights.size, 0);
    if (abi == 0 || fd < 0 || ::syscall(SYS_landlock_restrict_self, fd, 0) != 0)
        fail_errno(reason::not_permitted, "cannot enter Landlock, which this kernel has");
    ::close(static_cast<int>(fd));
    return "landlock=" + std::to_string(abi);
}

} // namespace weir::capture_helper
