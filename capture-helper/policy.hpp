// Who a socket client is and what capture.conf(5) grants it. No rule, no capture; a file that has an error,
// or that somebody else than root may write or replace, permits nothing at all.
#pragma once

#include <sys/types.h>

#include "capture-helper/report.hpp"
#include "common/capture_policy.hpp"

namespace weir::capture_helper {

/// A socket client as the kernel tells of it (SO_PEERCRED, SO_PEERGROUPS), not as it tells of itself.
struct client {
    uid_t user = 0;
    pid_t process = 0;
    std::vector<gid_t> groups;
    int places = -1; ///< the listener's file of places, or none
};

/// Why a request is not granted.
struct refusal {
    reason why;
    std::string message;
};

/// Answers what is wrong with the file, if anything is; then `out` is as it was.
[[nodiscard]] std::optional<std::string> read_policy(const std::string& path, common::capture_policy& out);

/// Names the interfaces as the kernel does, then lowers the request to what the policy permits.
[[nodiscard]] std::optional<refusal> decide(const common::capture_policy& policy, const client& who,
                                            common::capture_request& r);

} // namespace weir::capture_helper
