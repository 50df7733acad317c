// capture.conf(5): who may capture what through the helper's socket, and what all of them together may hold.
// Shared by the helper, which obeys it, and by weir --check-policy, which explains it. Must never touch the
// system: whether the file is to be trusted and who a client is, the caller finds out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/capture_request.hpp"

namespace weir::common {

/// What bounds the text itself, with the reason.
struct policy_limits {
    static constexpr std::size_t max_file = 65'536;  ///< bytes; no site writes more by hand
    static constexpr std::size_t max_filter = 4'096; ///< bytes of a rule's; a client's line has no more
    static constexpr std::size_t max_joined = 8'192; ///< of all that bind a request: the answer names them
    static constexpr int max_captures = 256, max_connections = 1'024; ///< each is a process
    static constexpr int max_buffer = 8'388'608; ///< KiB: every interface of a request at its most
};

/// A line that begins with `allow`.
struct capture_rule {
    std::size_t line = 1;                      ///< in the file
    std::vector<std::string> users, groups;    ///< names or numbers
    std::vector<std::string> interfaces;       ///< globs, glob(7)
    int snaplen = request_limits::max_snaplen; ///< the largest
    bool promiscuous = false;
    std::string filter; ///< joined to the client's with AND
};

/// What lines that begin with `limit` set, and what holds where there is none.
struct capture_bounds {
    int captures = 8;        ///< at once, of one user
    int connections = 128;   ///< at once, of all users; one holds at most a quarter
    int buffer_kib = 65'536; ///< the rings of one request in all
    int interfaces = 4;      ///< of one request

    [[nodiscard]] int connections_of_user() const noexcept { return connections / 4; }
};

struct capture_policy {
    std::vector<capture_rule> rules;
    capture_bounds bounds;
};

struct policy_error {
    std::size_t line = 1;
    text_error what;
};

/// By what a rule may call a client: numbers, and the names that the system has for them.
struct client_names {
    std::vector<std::string> user, groups;
};

/// Reads the whole text; an error leaves `out` useless.
[[nodiscard]] std::optional<policy_error> parse_policy(std::string_view text, capture_policy& out);

/// The rule that decides for one interface, by the name that the kernel has for it; null where there is none.
[[nodiscard]] const capture_rule* first_rule(const capture_policy& policy, const client_names& who,
                                             const std::string& interface);

/// Lowers the request to the strictest of what the first rule of each interface grants, so that none of them
/// is seen wider than if it were asked for alone. Answers why not, where it is refused.
[[nodiscard]] std::optional<std::string> apply_policy(const capture_policy& policy, const client_names& who,
                                                      capture_request& r);

} // namespace weir::common
