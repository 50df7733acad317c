// Finds by content which session a connection carries and hands its streams to it. Adding an application
// protocol is one folder under session/ and one line in source.cpp.
#pragma once

#include <memory>

#include "flow/stream.hpp"
#include "session/context.hpp"
#include "session/limits.hpp"

namespace weir::session {

/// The session source of the pipeline. Sessions are pooled: none is allocated in steady state. `shared` must
/// outlive it.
[[nodiscard]] std::unique_ptr<flow::session_source> make_source(context& shared, const limits& most = {});

} // namespace weir::session
