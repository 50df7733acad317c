// The stages of the process, in their order. Each step of main() takes what the step before it hands out and
// nobody else can make, so that a wrong order does not compile. Must never hold more than what the next step
// needs.
#pragma once

#include <string>
#include <vector>

namespace weir::common {
struct capture_request;
}

namespace weir::capture_helper {

struct invocation;
struct interface;

/// What the caller left in the process is gone.
class sanitised {
    sanitised() = default;
    friend sanitised sanitise_process();
};

/// Uid 0 is left; CAP_NET_RAW is held, for interfaces to be opened.
class without_root {
    without_root() = default;
    friend without_root keep_only_net_raw(sanitised, bool monitor);
};

/// What is asked for is known, and allowed.
class permitted {
    permitted() = default;
    friend permitted take_request(without_root, invocation& asked, const char* policy_path);
};

/// The interfaces are open, and privilege has served.
class opened {
    opened() = default;
    friend opened open_interfaces(permitted, const common::capture_request& r, std::vector<interface>& all);
};

/// No privilege is left, as was proved.
class powerless {
    powerless() = default;
    friend powerless prove_nothing_is_left(opened);
};

/// The kernel filters, and nobody can change that.
class filtered {
    filtered() = default;
    friend filtered set_filters(powerless, std::vector<interface>& all, const common::capture_request& r);
};

/// The walls stand; `words` says so to the reader of the stream (docs/capture-protocol.md).
class walled {
public:
    const std::string words;

private:
    explicit walled(std::string found)
        : words(std::move(found)) {}
    friend walled raise_walls(filtered);
};

} // namespace weir::capture_helper
