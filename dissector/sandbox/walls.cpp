// The order in which the walls are raised. Must never answer without an error where one does not stand.
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sandbox/landlock.hpp"
#include "sandbox/privileges.hpp"
#include "sandbox/sandbox.hpp"
#include "sandbox/seccomp.hpp"

namespace weir::sandbox {

namespace {

/// Whether a folder can be listed.
bool sees_files() noexcept {
    const int fd = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) ::close(fd);
    return fd >= 0;
}

} // namespace

state raise_walls(settings s, walls which) {
    if (::prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) != 0)
        return {std::string("weir could not be made undumpable: ") + std::strerror(errno), {}};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) != 0)
        return {std::string("NO_NEW_PRIVS could not be set: ") + std::strerror(errno), {}};
    if (::prctl(PR_GET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) != 0 ||
        ::prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL) != 1)
        return {std::string("weir is still dumpable, or NO_NEW_PRIVS did not hold"), {}};
    const std::string who =
        std::string("caps=") + (holds_capability() ? "some" : "none") + " uid=" + std::to_string(::getuid());
    landlock_state files;
    if (which != walls::seccomp) {
        const bool before = sees_files();
        files = forbid_everything(s.child > 0, s.folders);
        if (files.error) return {std::move(files.error), {}};
        if (files.abi > 0 && (!before || sees_files()))
            return {std::string("Landlock changes nothing, though it was entered"), {}};
    }
    if (which == walls::landlock) return {};
    if (files.abi == 0 && which == walls::both) s.folders.clear();
    if (auto failed = load_seccomp(s)) return {std::move(failed), {}};
    const std::string landlock = files.abi > 0 ? std::to_string(files.abi) : "none";
    return {std::nullopt, who + " no_new_privs not_dumpable landlock=" + landlock + " seccomp"};
}

} // namespace weir::sandbox
