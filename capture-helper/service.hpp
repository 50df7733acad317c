// The socket service: a client asks in one line, is identified by the kernel and held to the policy. Must never believe what
// a client says of itself, wait for it longer than limits::request_ms, or read from it after its line.
#pragma once

#include "capture-helper/policy.hpp"
#include "capture-helper/request.hpp"

namespace weir::capture_helper {

/// --listen: binds the socket (mode 0660, group weir where there is one), keeps CAP_NET_RAW only and forks a child for each
/// client. Returns in the child, with the client on descriptors 0 and 1; the parent ends on SIGTERM, and its children with it.
void listen_for_clients(const std::string& path);

/// --serve and each child of --listen: identifies the client on descriptor 0 and reads its line. Like hold_to_policy() it ends
/// the process with an answer and an audit line where the request is refused.
[[nodiscard]] client receive_request(capture_request& out);

/// Lowers the request to what the policy file permits this client.
void hold_to_policy(const client& who, capture_request& r, const char* policy_path);

} // namespace weir::capture_helper
