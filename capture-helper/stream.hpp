// The running helper: packets out of the rings, blocks into standard output, and nothing in. Runs without any
// privilege, inside the walls; must never read from its client, and holds at most one batch.
#pragma once

#include "capture-helper/interface.hpp"

namespace weir::capture_helper {

/// Ends the process with status 2 where standard output is a terminal or not open for writing.
void check_output();

/// Streams until the reader is gone, or SIGTERM, SIGINT, SIGHUP or a reader that half-closes its socket asks
/// for the end; ends the process with status 1 where an interface or the output fails. `walls.words` go into
/// the section header, `reply` (a client's line, or nothing) before it.
///
/// Ending: what the kernel holds is drained for limits::drain_ms, the last statistics follow. A reader that
/// takes nothing for limits::grace_ms after the end was asked gets no more; only then may the stream stop
/// inside a block.
void stream(const walled& walls, std::vector<interface>& all, const common::capture_request& r,
            const std::string& reply);

} // namespace weir::capture_helper
