// Which events are wanted: `--events 'http.*,tcp.close'`.
#pragma once

#include <string>
#include <string_view>

#include "event/registry.hpp"

namespace weir::event {

/// Parses a comma-separated list of event names and globs ("*" stands for any characters). On success `out`
/// is set and the answer is empty; otherwise the answer is the word that names no event, and `out` is
/// unchanged.
[[nodiscard]] std::string parse_selection(std::string_view text, mask& out);

/// What a pipe or a file gets: capture.*, tcp.close, http.exchange, anomaly.
[[nodiscard]] mask default_selection();

} // namespace weir::event
