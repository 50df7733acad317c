// The text of capture.conf(5): who may capture what through the helper's socket. Must never touch the system:
// whether the file is to be trusted and who a client is, the helper finds out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/capture_request.hpp"

namespace weir::common {

/// One line of it.
struct capture_rule {
    std::vector<std::string> users, groups;    ///< names or numbers
    std::vector<std::string> interfaces;       ///< globs, glob(7)
    int snaplen = request_limits::max_snaplen; ///< the largest
    bool promiscuous = false;
    std::string filter; ///< joined to the client's with AND
};

struct policy_error {
    std::size_t line = 1;
    text_error what;
};

/// Reads the whole text; an error leaves `out` useless.
[[nodiscard]] std::optional<policy_error> parse_policy(std::string_view text, std::vector<capture_rule>& out);

} // namespace weir::common
