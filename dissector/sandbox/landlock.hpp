// Landlock (landlock(7)) with one rule at most: no file but new ones and appended ones below the output
// folders, no TCP port, no abstract socket, no signal to the outside.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbox/sandbox.hpp"

namespace weir::sandbox {

struct landlock_state {
    int abi = 0; ///< that is in force; 0: the kernel has none
    std::optional<std::string> error;
};

/// Needs NO_NEW_PRIVS. `may_signal` leaves signals to other processes alone; seccomp says to which. Below
/// `folders` files may be made and written.
[[nodiscard]] landlock_state forbid_everything(bool may_signal,
                                               const std::vector<output_folder>& folders) noexcept;

} // namespace weir::sandbox
