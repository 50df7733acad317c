// The command line of weir-capture(8). Must never touch the system: it is words until policy and privilege
// are settled.
#pragma once

#include "common/capture_request.hpp"

namespace weir::capture_helper {

enum class action { capture, serve, verify, list_interfaces, version, help };

struct invocation {
    action what = action::capture;
    int listener = 0;                ///< the process that --serve shall end with
    common::capture_request capture; ///< of a client in the end, where there is one
};

/// Answers what is wrong, if anything is.
[[nodiscard]] std::optional<std::string> parse_arguments(int argc, char** argv, invocation& out);

} // namespace weir::capture_helper
