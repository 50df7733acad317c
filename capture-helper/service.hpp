// --serve: one client on descriptor 0, who asks in one line, is identified by the kernel and held to
// capture.conf(5). Must never believe what a client says of itself, wait for it longer than
// limits::request_ms, or read from it after its line.
#pragma once

#include "capture-helper/policy.hpp"
#include "capture-helper/stages.hpp"

namespace weir::capture_helper {

/// Identifies the client on descriptor 0, reads its line, lowers the request to what the policy file permits
/// this client, and takes one of the places for captures that its user has, where a listener counts them and
/// gave its file of places as descriptor 1: the place is given back when the process ends, however it does.
/// Descriptor 1 is the client's socket from here on. Ends the process with an answer and an audit line where
/// the request is refused. Where there is no client the arguments are the request, and whoever may start the
/// program may ask.
[[nodiscard]] permitted take_request(without_root, invocation& asked, const char* policy_path);

/// Reads and parses the line of a client on any descriptor.
[[nodiscard]] std::optional<refusal> read_request(int fd, common::capture_request& out);

} // namespace weir::capture_helper
