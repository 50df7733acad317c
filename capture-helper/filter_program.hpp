// Filter programs (classic BPF, linux/filter.h) as values: whether one is sound, two of them as one, and
// whether the kernel holds what it was given. Must never run a program, or ask the kernel.
#pragma once

#include <cstdint>
#include <linux/filter.h>
#include <vector>

namespace weir::capture_helper {

using program = std::vector<sock_filter>; ///< empty: no filter, everything passes

/// At most BPF_MAXINSNS instructions, each one that libpcap makes and the kernel knows; every jump goes
/// forward and inside, the last instruction returns, and what is returned is a constant.
[[nodiscard]] bool is_sound(const program& p) noexcept;

/// Of two sound programs the one that accepts what both accept: the second starts as if it stood alone, its
/// accumulator, index and scratch memory zero. What is accepted is cut at `snaplen` bytes.
[[nodiscard]] program join(const program& mandatory, const program& own, std::uint32_t snaplen);

/// Whether the kernel holds what libpcap was asked to set. On a cooked link libpcap rewrites the offsets of
/// loads from the packet, and nothing else.
[[nodiscard]] bool is_held(const program& asked, const program& held, bool cooked) noexcept;

} // namespace weir::capture_helper
