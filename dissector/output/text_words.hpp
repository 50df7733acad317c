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

/// Behind "cut off" or "no response"; the line of the connection says who sent a reset.
[[nodiscard]] constexpr std::string_view sentence(event::ending why) noexcept {
    switch (why) {
    case event::ending::closed:
        return ": closed";
    case event::ending::reset:
        return ": reset";
    case event::ending::timeout:
        return ": silent";
    case event::ending::evicted:
        return ": evicted";
    case event::ending::end_of_capture:
        return ": the capture ended";
    case event::ending::shutdown:
        break;
    }
    return ": weir was stopped";
}

} // namespace weir::output
