// The life of the one privilege: keep CAP_NET_RAW, lose everything else, lose it too, prove it. Every
// function returns with its promise kept or ends the process with status 3; there is no way to go on
// unprotected.
#pragma once

#include "capture-helper/stages.hpp"

namespace weir::capture_helper {

/// Leaves CAP_NET_RAW (and CAP_NET_ADMIN where `monitor` needs it) and nothing else: uid 0 is left for the
/// real user, or for weir-capture or nobody where the real user is root; groups, ambient and bounding set as
/// far as the capabilities held at the start allow. NO_NEW_PRIVS is set from here on. May be called again.
[[nodiscard]] without_root keep_only_net_raw(sanitised, bool monitor);

/// The same for a process that executes others, which get CAP_NET_RAW from it (ambient, and for a program
/// with a file capability the bounding set).
void hand_down_net_raw(sanitised);

/// Leaves uid 0 and sets NO_NEW_PRIVS if that has not been done, empties every capability set, the bounding
/// set too where the kernel lets it.
void drop_every_privilege();

/// SIGTERM when this parent is gone; the end where it is gone already. The kernel forgets it when privileges
/// change.
void end_with(int parent);

/// Reads all of it back and tries to get a packet socket and uid 0; ends the process where one succeeds.
[[nodiscard]] powerless prove_nothing_is_left(opened);

/// Enters Landlock and the table of the stream.
[[nodiscard]] walled raise_walls(filtered);

} // namespace weir::capture_helper
