// The running helper: packets out of the rings, blocks into standard output, and nothing in. Runs without any privilege,
// inside the walls; must never read from its client, and holds at most one batch.
#pragma once

#include <string>
#include <vector>

#include "capture-helper/interface.hpp"

namespace weir::capture_helper {

/// Ends the process with status 2 where standard output is a terminal or not open for writing.
void check_output();

/// Streams until the reader is gone, SIGTERM, SIGINT or SIGHUP, or an interface fails. `walls` goes into the section header,
/// `answer` (a client's, or empty) before it. Returns the exit status.
[[nodiscard]] int stream(std::vector<interface>& interfaces, const capture_request& r, const std::string& answer,
                         const std::string& walls);

} // namespace weir::capture_helper
