// When something happens, in the order of the whole capture.
#pragma once

#include <compare>
#include <cstdint>

#include "common/timestamp.hpp"

namespace weir::flow {

/// What is being worked on. Events of one capture that was dealt to several pipelines are in order when they
/// are sorted by it: by time, then deadlines before packets, then by number.
struct moment {
    enum class cause : std::uint8_t {
        deadline, ///< of the flow that `number` began
        packet,   ///< `number` in the capture
        end,      ///< of the capture, for the flow that `number` began
    };
    common::timestamp time; ///< of the capture clock, or when the deadline was due
    cause why = cause::packet;
    std::uint64_t number = 0; ///< of a packet, from 1
    friend constexpr auto operator<=>(const moment&, const moment&) = default;
};

} // namespace weir::flow
