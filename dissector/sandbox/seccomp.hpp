// The system calls that remain, each with its reason; any other ends the process.
#pragma once

#include <optional>
#include <string>

#include "sandbox/sandbox.hpp"

namespace weir::sandbox {

/// Loads the filter for this process, for good. Needs NO_NEW_PRIVS. Answers the error, if any.
[[nodiscard]] std::optional<std::string> load_seccomp(const settings& s);

} // namespace weir::sandbox
