// Who may capture what through the socket: capture.conf(5). No rule, no capture; a file that has an error, or that somebody
// else than root may write, permits nothing at all.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "capture-helper/request.hpp"

namespace weir::capture_helper {

/// A socket client as the kernel tells of it (SO_PEERCRED, SO_PEERGROUPS), not as it tells of itself.
struct client {
    uid_t user = 0;
    pid_t process = 0;
    std::vector<gid_t> groups;
};

struct rule {
    std::size_t line = 0;
    std::vector<std::string> users, groups;  ///< names or numbers
    std::vector<std::string> interfaces;     ///< globs, glob(7)
    int snaplen = limits::max_snaplen;       ///< the largest
    bool promiscuous = false;
    std::string filter;
};

struct policy_error {
    std::size_t line = 1;
    text_error what;
};

/// Reads the text of a capture.conf.
[[nodiscard]] std::optional<policy_error> parse_policy(std::string_view text, std::vector<rule>& out);

/// Lowers the request to what the first rule that matches client and interfaces permits; false where none does.
[[nodiscard]] bool apply_policy(const std::vector<rule>& rules, const client& who, capture_request& r);

/// The file: `path` must belong to root and be writable by nobody else. Ends the process on any error in it.
[[nodiscard]] std::vector<rule> read_policy(const char* path);

} // namespace weir::capture_helper
