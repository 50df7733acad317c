// Landlock (landlock(7)) with no rule at all: everything that a ruleset can handle is handled, so everything
// is refused.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture-helper/report.hpp"
#include "capture-helper/sandbox.hpp"
#include "common/landlock_rights.hpp"

namespace weir::capture_helper {

long landlock_abi() noexcept {
    return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1U); // which asks for it
}

/// Whether a folder can be listed.
static bool sees_files() {
    const int fd = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) ::close(fd);
    return fd >= 0;
}

std::string forbid_files() {
    const long abi = landlock_abi();
    if (abi < 0)
        return "landlock=none"; // a kernel without it, or a container that hides it: both are told in the
                                // stream
    const common::landlock_rights rights = common::landlock_rights_of(abi);
    const long fd = ::syscall(SYS_landlock_create_ruleset, &rights.everything, rights.size, 0);
    const bool before = sees_files();
    if (abi == 0 || fd < 0 || ::syscall(SYS_landlock_restrict_self, fd, 0) != 0)
        fail_errno(reason::not_permitted, "cannot enter Landlock, which this kernel has");
    ::close(static_cast<int>(fd));
    if (!before || sees_files())
        fail(reason::not_permitted, "Landlock changes nothing, though it was entered");
    return "landlock=" + std::to_string(abi);
}

} // namespace weir::capture_helper
