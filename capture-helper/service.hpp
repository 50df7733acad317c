// The socket service: a client asks in one line, is identified by the kernel and held to capture.conf(5). No
// rule, no capture; a file that has an error, or that somebody else than root may write, permits nothing at
// all. Must never believe what a client says of itself, wait for it longer than limits::request_ms, or read
// from it after its line.
#pragma once

#include <sys/types.h>

#include "capture-helper/stages.hpp"
#include "common/capture_policy.hpp"

namespace weir::capture_helper {

/// A socket client as the kernel tells of it (SO_PEERCRED, SO_PEERGROUPS), not as it tells of itself.
struct client {
    uid_t user = 0;
    pid_t process = 0;
    std::vector<gid_t> groups;
};

/// --listen: binds the socket (mode 0660, group weir where there is one), keeps CAP_NET_RAW only and forks a
/// child for each client. Returns in the child, with the client on descriptor 0, and answers the parent's id;
/// the parent ends on SIGTERM, and its children with it.
[[nodiscard]] pid_t listen_for_clients(sanitised, const std::string& path);

/// --serve and each child of --listen: identifies the client on descriptor 0, reads its line and lowers the
/// request to what the policy file permits this client; the file must belong to root, who alone may write it.
/// Ends the process with an answer and an audit line where the request is refused. Else the arguments are the
/// request, and whoever may start the program may ask.
[[nodiscard]] permitted take_request(without_root, invocation& asked, const char* policy_path);

/// The same for rules at hand: the first that matches client and interfaces decides; false where none does.
[[nodiscard]] bool apply_policy(const std::vector<common::capture_rule>& rules, const client& who,
                                common::capture_request& r);

} // namespace weir::capture_helper
