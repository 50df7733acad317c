// One run of weir, in the order that its walls need: the capture is opened, then the outputs, root is left,
// the walls are raised, and only then a byte is read. Must never read one before.
#pragma once

#include "cli/options.hpp"

namespace weir::cli {

/// Runs until the input ends, a signal comes or the output goes.
[[nodiscard]] common::exit_status run(const options& o);

} // namespace weir::cli
