// Landlock (landlock(7)) without a single rule: no file, no TCP port, no abstract socket, no signal to the
// outside.
#pragma once

#include <optional>
#include <string>

namespace weir::sandbox {

struct landlock_state {
    int abi = 0; ///< that is in force; 0: the kernel has none
    std::optional<std::string> error;
};

/// Needs NO_NEW_PRIVS. `may_signal` leaves signals to other processes alone; seccomp says to which.
[[nodiscard]] landlock_state forbid_everything(bool may_signal) noexcept;

} // namespace weir::sandbox
