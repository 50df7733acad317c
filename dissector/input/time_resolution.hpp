// Ticks of a pcapng interface as nanoseconds: if_tsresol and if_tsoffset of any value.
#pragma once

#include <cstdint>

#include "common/timestamp.hpp"

namespace weir::input {

class time_resolution {
public:
    /// `tsresol` as in the file: a negative power of 10, or of 2 where the high bit is set. Default:
    /// microseconds.
    void set_resolution(std::uint8_t tsresol) noexcept { resolution_ = tsresol; }
    /// Seconds added to every time stamp.
    void set_offset(std::int64_t seconds) noexcept { offset_ = seconds; }
    /// Whole nanoseconds, rounded down; what does not fit in 64 bits wraps.
    [[nodiscard]] common::timestamp at(std::uint64_t ticks) const noexcept;

private:
    std::int64_t offset_ = 0;
    std::uint8_t resolution_ = 6;
};

} // namespace weir::input
