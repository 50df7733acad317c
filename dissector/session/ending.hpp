// Why what a session had open did not end well, when its connection is over.
#pragma once

#include "event/loss.hpp"
#include "event/tcp_events.hpp"

namespace weir::session {

/// `stopped`: weir was (context.hpp).
[[nodiscard]] constexpr event::ending ending_of(event::close_reason why, bool stopped) noexcept {
    switch (why) {
    case event::close_reason::fin:
        return event::ending::closed;
    case event::close_reason::reset:
        return event::ending::reset;
    case event::close_reason::timeout:
        return event::ending::timeout;
    case event::close_reason::evicted:
        return event::ending::evicted;
    case event::close_reason::end_of_capture:
        break;
    }
    return stopped ? event::ending::shutdown : event::ending::end_of_capture;
}

} // namespace weir::session
