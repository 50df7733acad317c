// The walls that the dissector puts around itself once its inputs and outputs are open: it holds no
// privilege, yet a parser that is taken over must find nothing to do. Must never be skipped in silence: what
// cannot be raised is an error, and a build without walls says so in capture.start.
#pragma once

#include <optional>
#include <string>

namespace weir::sandbox {

struct settings {
    int helper = -1;         ///< the one process that may be signalled; -1: none
    bool reconnects = false; ///< sockets that are open already may be connected
};

struct state {
    std::optional<std::string> error; ///< one sentence; the process must end
    std::string words;                ///< for capture.start, as in docs/capture-protocol.md
};

/// Root becomes the user weir, or nobody where there is none; capabilities without root are refused. With
/// `allow_root` nothing changes. Answers the error, if any.
[[nodiscard]] std::optional<std::string> leave_root(bool allow_root);

/// Not dumpable, NO_NEW_PRIVS, Landlock without any permission, seccomp by the table in seccomp.cpp. For
/// good.
[[nodiscard]] state raise_walls(const settings& s);

} // namespace weir::sandbox
