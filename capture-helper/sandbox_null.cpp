// The walls of a sanitizer build: none, said aloud. CMake compiles this file only where WEIR_SANITIZE or WEIR_FUZZ is set.
#include "capture-helper/report.hpp"
#include "capture-helper/sandbox.hpp"

namespace weir::capture_helper {

std::string forbid_files() {
    warn("this is a sanitizer build: no Landlock and no seccomp; never install it");
    return "landlock=none";
}

std::string forbid_system_calls() { return "seccomp=none"; }

const char* walls_of_this_build() noexcept { return "NONE (sanitizer build)"; }

} // namespace weir::capture_helper
