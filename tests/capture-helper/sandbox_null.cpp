// The walls of a sanitizer build: none, said aloud. It stands here and not beside the real ones, so that no
// choice among the files of capture-helper/ can leave them out; CMake takes it only where WEIR_SANITIZE or
// WEIR_FUZZ is set.
#include "capture-helper/report.hpp"
#include "capture-helper/sandbox.hpp"

namespace weir::capture_helper {

const char* const walls_of_this_build = "NONE, this is a sanitizer build";

long landlock_abi() noexcept { return -1; }

std::string forbid_files() {
    warn("this is a sanitizer build: no Landlock and no seccomp; never install it");
    return "landlock=none";
}

std::string forbid_system_calls(task) { return "seccomp=none"; }

} // namespace weir::capture_helper
