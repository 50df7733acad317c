// The loop of weir: read, dissect, write, in this order, so that a slow reader slows the reading and nothing
// is buffered without bound. Signals end it in order.
#pragma once

#include "cli/options.hpp"

namespace weir::cli {

/// Runs until the input ends, a signal comes or the output goes.
[[nodiscard]] common::exit_status run(const options& o);

} // namespace weir::cli
