// The two walls around the running helper: Landlock (no file, no TCP port, no signal to others) and seccomp (a table of
// system calls). One file for each mechanism, and one that builds none for sanitizers, which need more than the walls allow;
// a release build has no such file. Both functions are called once, when no privilege is left.
#pragma once

#include <string>

namespace weir::capture_helper {

/// Takes away every file, port and signal that the kernel's Landlock knows. The answer is for the section header,
/// "landlock=ABI", or "landlock=none" where the kernel has no Landlock; any other failure ends the process.
[[nodiscard]] std::string forbid_files();

/// Loads the table; a system call that is not in it kills the process from here on. "seccomp"; a failure ends the process.
[[nodiscard]] std::string forbid_system_calls();

/// For --version: "landlock, seccomp", or what this build lacks.
[[nodiscard]] const char* walls_of_this_build() noexcept;

} // namespace weir::capture_helper
