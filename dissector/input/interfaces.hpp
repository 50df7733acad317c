// The network interfaces of this machine, as anybody may see them. Must need no privilege and open no packet
// socket.
#pragma once

#include <string>
#include <vector>

namespace weir::input {

struct interface {
    std::string name;
    bool up = false;
    bool running = false;
    bool loopback = false;
    std::vector<std::string> addresses; ///< numeric, IPv4 and IPv6, with a scope where it has one
};

/// In the kernel's order, the pseudo-interface "any" behind them. Throws std::system_error.
[[nodiscard]] std::vector<interface> list_interfaces();

} // namespace weir::input
