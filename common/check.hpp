// Our own invariants, checked in every build: a broken one ends the process with a line that names it.
// Never used for what comes off the wire; that is data.
#pragma once

namespace weir::common {

[[noreturn]] void invariant_broken(const char* what) noexcept;

constexpr void check(bool holds, const char* what) noexcept {
    if (!holds) [[unlikely]]
        invariant_broken(what);
}

} // namespace weir::common
