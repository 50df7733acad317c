// The walls that the dissector puts around itself once its inputs and outputs are open: it holds no
// privilege, yet a parser that is taken over must find nothing to do. Must never be skipped in silence: what
// cannot be raised is an error, and a build without walls says so in capture.start.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir::sandbox {

/// Who is walled in: the dissector, or the process that reaches the capture service again for it.
enum class role : std::uint8_t { dissector = 1, connector = 2 };

/// A folder in which files may be opened, with these flags and this mode and no others.
struct output_folder {
    int fd = -1;
    int flags = 0;
    unsigned mode = 0;
};

struct settings {
    role who = role::dissector;
    int child = -1;               ///< the one process that may be signalled; -1: none
    bool receives_stream = false; ///< a descriptor may be received
    /// Files are opened in these and nowhere else; without Landlock nowhere: seccomp sees no path.
    std::vector<output_folder> folders = {};
    int rewritten = -1; ///< a file that is written over from any place; -1: none
};

struct state {
    std::optional<std::string> error; ///< one sentence; the process must end
    std::string words;                ///< for capture.start, as in docs/capture-protocol.md
};

struct departure {
    std::optional<std::string> error; ///< one sentence; the process must end
    std::string remark;               ///< where root became another user: one sentence that says so
};

/// Root becomes the user weir, or nobody where there is none; capabilities without root are refused. With
/// `allow_root` nothing changes.
[[nodiscard]] departure leave_root(bool allow_root);

/// Both, but where --verify looks at each alone.
enum class walls : std::uint8_t { landlock = 1, seccomp = 2, both = 3 };

/// Not dumpable, NO_NEW_PRIVS, Landlock without any permission, seccomp by the table in seccomp.cpp. For
/// good.
[[nodiscard]] state raise_walls(settings s, walls which = walls::both);

/// The ABI of this kernel's Landlock; below 1 where there is none, or this build uses none.
[[nodiscard]] long landlock_abi() noexcept;

} // namespace weir::sandbox
