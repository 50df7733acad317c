// What privileges the process holds: read from the kernel. Must never be answered from memory.
#pragma once

namespace weir::sandbox {

/// True where any capability is permitted, effective or inheritable (ambient ones are permitted too).
[[nodiscard]] bool holds_capability() noexcept;

} // namespace weir::sandbox
