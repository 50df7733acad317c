// What a hostile caller may have left in the process: descriptors, environment, umask, folder, signals,
// limits. Runs first, before anything is read; must never trust one of them. And the signals that end the
// helper.
#pragma once

#include "capture-helper/stages.hpp"

namespace weir::capture_helper {

/// Forbids dumping and tracing by others of the same user. Makes 0, 1 and 2 exist and closes every descriptor
/// from 3 up, empties the environment, goes to `/`, gives
/// every signal its default action and unblocks it. SIGPIPE and SIGXFSZ are ignored: the failing write is
/// told instead. Memory that is not to be had ends the process with one line and status 1.
[[nodiscard]] sanitised sanitise_process();

/// Not dumpable, and so not to be traced or read by its user; the kernel forgets it when ids change.
void forbid_dumping();

/// SIGTERM, SIGINT and SIGHUP ask for an end; no system call is restarted after them or SIGCHLD. From the
/// first of them on a timer interrupts every call that blocks, so that a signal which comes just before such
/// a call is not lost.
void catch_stop_signals();

[[nodiscard]] bool stop_asked() noexcept;

/// limits::grace_ms have gone by since the end was asked, or it was asked twice: a blocked write is given up.
[[nodiscard]] bool patience_over() noexcept;

} // namespace weir::capture_helper
