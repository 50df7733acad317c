// Which events are wanted: `--events 'http.*,tcp.close'`.
#pragma once

#include <string>
#include <string_view>

#include "event/any_event.hpp"

namespace weir::event {

/// Parses a comma-separated list of event names and globs ("*" stands for any characters). On success `out`
/// is set and the answer is empty; otherwise the answer is the word that names no event, and `out` is
/// unchanged.
[[nodiscard]] std::string parse_selection(std::string_view text, mask& out);

/// What this audience sees where nothing was selected: each event says so (`seen`).
[[nodiscard]] mask default_selection(audience who);

} // namespace weir::event
