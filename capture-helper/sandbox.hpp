// The two walls around the running helper: Landlock (no file, no TCP port, no signal to others) and seccomp
// (a table of system calls). One file for each mechanism, and one that builds none for sanitizers, which need
// more than the walls allow; a release build has no such file. Both functions are called when no privilege
// is left; a failure ends the process.
#pragma once

#include <string>

namespace weir::capture_helper {

/// For --version: what this build walls itself with.
extern const char* const walls_of_this_build;

/// What this kernel's Landlock is, below 1 where there is none.
[[nodiscard]] long landlock_abi() noexcept;

/// Takes away every file, port and signal that the kernel's Landlock knows. The answer is for the section
/// header, "landlock=ABI", or "landlock=none" where the kernel has none or a container hides it.
[[nodiscard]] std::string forbid_files();

enum class task { stream, compile };

/// Loads the task's table; a system call that is not in it kills the process from here on. "seccomp",
/// once the table itself has answered.
[[nodiscard]] std::string forbid_system_calls(task t);

/// --verify, in the place of the walls: tries each forbidden act in a child inside the real ones, and prints
/// one line each with what stopped it. Returns the exit status: done only when all were stopped.
[[nodiscard]] int verify_walls(int packet_socket);

} // namespace weir::capture_helper
