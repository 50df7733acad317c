// What a person reads for words of the events, where several forms need it.
#pragma once

#include "event/loss.hpp"

namespace weir::output {

[[nodiscard]] constexpr std::string_view words_of(event::missing_cause cause) noexcept {
    switch (cause) {
    case event::missing_cause::kernel_drop:
        return "dropped by the kernel";
    case event::missing_cause::upstream:
        return "lost before the capture";
    case event::missing_cause::snaplen:
        return "cut by the snaplen";
    case event::missing_cause::limit:
        return "given up at a limit";
    case event::missing_cause::not_captured:
        break;
    }
    return "not in the capture";
}

} // namespace weir::output
