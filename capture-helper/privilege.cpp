#include "capture-helper/privilege.hpp"

#include <cerrno>
#include <grp.h>
#include <memory>
#include <pwd.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "capture-helper/report.hpp"

namespace weir::capture_helper {
namespace {

struct cap_deleter {
    void operator()(cap_t c) const noexcept { ::cap_free(c); }
};
using cap_state = std::unique_ptr<std::remove_pointer_t<cap_t>, cap_deleter>;

uid_t settled_user = 0;  // read before a user namespace hides it

[[noreturn]] void refuse(const std::string& what) {
    fail(reason::not_permitted, what + "; weir-capture does not go on with privilege left");
}

[[noreturn]] void refuse_errno(const std::string& what) { fail_errno(reason::not_permitted, what); }

bool holds(cap_value_t capability, cap_flag_t set) {
    const cap_state now(::cap_get_proc());
    cap_flag_value_t value = CAP_CLEAR;
    if (!now || ::cap_get_flag(now.get(), capability, set, &value) != 0) refuse_errno("cannot read the capabilities");
    return value == CAP_SET;
}

/// Exactly these, permitted and effective; nothing inheritable.
void set_capabilities(const std::vector<cap_value_t>& only) {
    const cap_state next(::cap_init());
    const int count = static_cast<int>(only.size());
    for (const cap_flag_t set : {CAP_PERMITTED, CAP_EFFECTIVE})
        if (!next || (count > 0 && ::cap_set_flag(next.get(), set, count, only.data(), CAP_SET) != 0))
            refuse_errno("cannot prepare the capabilities");
    if (::cap_set_proc(next.get()) != 0) refuse_errno("cannot reduce the capabilities");
}

void set_flag(int option, unsigned long value, const char* name) {
    if (::prctl(option, value, 0UL, 0UL, 0UL) != 0) refuse_errno(std::string("cannot set ") + name);
}

bool bounding_set_is_empty() {
    for (cap_value_t c = 0; c < ::cap_max_bits(); ++c)
        if (::cap_get_bound(c) == 1) return false;
    return true;
}

void empty_bounding_set() {
    for (cap_value_t c = 0; c < ::cap_max_bits(); ++c)
        if (::cap_get_bound(c) == 1 && ::cap_drop_bound(c) != 0) return;
}

void leave_root() {
    uid_t user = ::getuid();
    gid_t group = ::getgid();
    if (user == 0) {  // root itself asks, nobody else's name service is trusted
        const passwd* const entry = ::getpwnam("weir-capture");
        constexpr unsigned nobody = 65'534;
        user = entry != nullptr && entry->pw_uid != 0 ? entry->pw_uid : nobody;
        group = entry != nullptr && entry->pw_uid != 0 ? entry->pw_gid : nobody;
    }
    if (holds(CAP_SETGID, CAP_EFFECTIVE) && ::setgroups(0, nullptr) != 0) refuse_errno("cannot leave the supplementary groups");
    if (::setresgid(group, group, group) != 0) refuse_errno("cannot take the caller's group");
    set_flag(PR_SET_KEEPCAPS, 1, "KEEPCAPS");
    if (::setresuid(user, user, user) != 0) refuse_errno("cannot take the caller's user id");
    set_flag(PR_SET_KEEPCAPS, 0, "KEEPCAPS");
    uid_t ids[3] = {0, 0, 0};
    if (::getresuid(&ids[0], &ids[1], &ids[2]) != 0 || ids[0] == 0 || ids[0] != ids[1] || ids[0] != ids[2])
        refuse("the user ids did not settle");
    settled_user = user;
}

bool any_capability_is_left() {
    const cap_state now(::cap_get_proc());
    const cap_state none(::cap_init());
    if (!now || !none || ::cap_compare(now.get(), none.get()) != 0) return true;
    for (cap_value_t c = 0; c < ::cap_max_bits(); ++c)
        if (::cap_get_ambient(c) == 1) return true;
    return false;
}

bool packet_socket_is_refused() {
    const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (fd < 0) return errno == EPERM;
    ::close(fd);
    return false;
}

} // namespace

void keep_only_net_raw(bool monitor) {
    std::vector<cap_value_t> wanted{CAP_NET_RAW};
    if (monitor) wanted.push_back(CAP_NET_ADMIN);
    const std::string names = monitor ? "cap_net_raw,cap_net_admin" : "cap_net_raw";
    for (const cap_value_t c : wanted)
        if (!holds(c, CAP_PERMITTED))
            fail(reason::not_permitted, "capturing is not permitted; give this program the capability with: sudo setcap " +
                                            names + "+ep " + own_path());
    if (::cap_reset_ambient() != 0) refuse_errno("cannot clear the ambient capabilities");
    empty_bounding_set();
    leave_root();
    set_capabilities(wanted);
}

void drop_every_privilege() {
    // Without CAP_SETPCAP the bounding set can be emptied only in a user namespace of our own. Where the kernel forbids that
    // too, NO_NEW_PRIVS makes the set mean nothing, and privilege_state() says so.
    if (!bounding_set_is_empty() && ::unshare(CLONE_NEWUSER) == 0) empty_bounding_set();
    set_capabilities({});
    set_flag(PR_SET_NO_NEW_PRIVS, 1, "NO_NEW_PRIVS");
    set_flag(PR_SET_DUMPABLE, 0, "DUMPABLE");
}

void prove_nothing_is_left() {
    if (any_capability_is_left()) refuse("a capability is left after the drop");
    if (::prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL) != 1) refuse("NO_NEW_PRIVS did not hold");
    if (::prctl(PR_GET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) != 0) refuse("the process is still dumpable");
    if (::setuid(0) == 0) refuse("uid 0 could be had back");
    if (!packet_socket_is_refused()) refuse("a second packet socket was not refused");
}

std::string privilege_state() {
    const int groups = ::getgroups(0, nullptr);
    return std::string("caps=none bounding=") + (bounding_set_is_empty() ? "none" : "inert") + " uid=" +
           std::to_string(settled_user) + " groups=" + (groups == 0 ? "none" : std::to_string(groups)) +
           " no_new_privs not_dumpable";
}

} // namespace weir::capture_helper
