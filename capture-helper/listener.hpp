// --listen: the service's door, a program of its own within this one. It accepts, asks the kernel who the
// client is, counts by user, and executes one `weir-capture --serve` for each. It keeps CAP_NET_RAW for its
// children, so it must never read a byte of a client, and does nothing for one beyond that.
#pragma once

namespace weir::capture_helper {

/// Whether the command line asks for it: --listen [PATH] or --listen=PATH, alone.
[[nodiscard]] bool is_listener(int argc, char** argv);

/// Binds PATH (mode 0660, group weir where there is one), or takes the socket of a service manager
/// (LISTEN_FDS, or a listening socket on descriptor 0). Ends on SIGTERM, and with it its children.
[[noreturn]] void run_listener(int argc, char** argv, const char* policy_path);

} // namespace weir::capture_helper
