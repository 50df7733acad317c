// Proof instead of promise: `weir --verify` tries what a parser that was taken over would try, from inside
// the walls.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace weir::sandbox {

/// For each way in which weir runs, or for those whose name starts with `only`: tries every forbidden act in
/// a child of its own, behind each wall alone and behind both, and tells it by one line, the act and what
/// stops it; then each system call by its number. A refusal counts only where the act goes through without
/// the wall. True when all were stopped.
[[nodiscard]] bool verify(const std::function<void(const std::string&)>& tell, std::string_view only = {});

} // namespace weir::sandbox
