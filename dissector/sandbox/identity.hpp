// Who the process is: read from the kernel, never remembered.
#pragma once

namespace weir::sandbox {

/// True where any capability is permitted, effective or inheritable (ambient ones are permitted too).
[[nodiscard]] bool holds_capability() noexcept;

} // namespace weir::sandbox
