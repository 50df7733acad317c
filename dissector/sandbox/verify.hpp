// Proof instead of promise: `weir --verify` tries what a parser that was taken over would try, from inside
// the walls.
#pragma once

#include <functional>
#include <string>

namespace weir::sandbox {

/// Tries every forbidden act in a child of its own, inside the walls, and tells each by one line: the act,
/// and what stopped it. True when all were stopped.
[[nodiscard]] bool verify(const std::function<void(const std::string&)>& tell);

} // namespace weir::sandbox
