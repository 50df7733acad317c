// The control of --verify: the same acts with every privilege of root and without seccomp, of which nothing
// may be called stopped. Landlock stays, unless the caller hides it. Mounts in a namespace of its own; must
// leave nothing behind.
#include <linux/filter.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include "capture-helper/sandbox.hpp"

namespace weir::capture_helper {

const char* const walls_of_this_build = "no seccomp, this is a control";

std::string forbid_system_calls(task) { return "seccomp=none"; }

} // namespace weir::capture_helper

int main() {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return 77;
    const int packets = ::socket(AF_PACKET, SOCK_RAW, 0);
    sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
    const sock_fprog filter{1, nothing};
    if (packets < 0 || ::setsockopt(packets, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0)
        return 77;
    return weir::capture_helper::verify_walls(packets);
}
