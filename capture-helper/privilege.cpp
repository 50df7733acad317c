#include "capture-helper/privilege.hpp"

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <grp.h>
#include <memory>
#include <sched.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture-helper/accounts.hpp"
#include "capture-helper/process.hpp"
#include "capture-helper/report.hpp"
#include "capture-helper/sandbox.hpp"

namespace weir::capture_helper {

using cap_state = std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void*)>;

static uid_t settled_user = 0; // read before a user namespace hides it

static void require(bool holds, const std::string& what) {
    if (!holds) fail(reason::not_permitted, what + "; weir-capture does not go on with privilege left");
}

static void require_call(int result, const char* what) {
    if (result != 0) fail_errno(reason::not_permitted, std::string("cannot drop privilege: ") + what);
}

static bool holds(cap_value_t capability, cap_flag_t set) {
    const cap_state now(::cap_get_proc(), ::cap_free);
    cap_flag_value_t value = CAP_CLEAR;
    require_call(now ? ::cap_get_flag(now.get(), capability, set, &value) : -1, "read the capabilities");
    return value == CAP_SET;
}

/// Exactly what the text says (cap_from_text(3)); "=" is nothing.
static void set_capabilities(const char* text) {
    const cap_state next(::cap_from_text(text), ::cap_free);
    require_call(next ? ::cap_set_proc(next.get()) : -1, "reduce the capabilities");
}

/// As far as the kernel lets it; whether it is empty then, except for `kept`.
static bool empty_bounding_set(cap_value_t kept = -1) {
    bool empty = true;
    for (cap_value_t c = 0; c < ::cap_max_bits(); ++c)
        empty = (c == kept || ::cap_get_bound(c) != 1 || ::cap_drop_bound(c) == 0) && empty;
    return empty;
}

/// The user for whom root is left where root itself asks. Read from the file: getpwnam() would load libraries
/// into a process that is root.
static std::pair<uid_t, gid_t> own_account() {
    const auto own = user_called("weir-capture");
    if (own && own->first != 0) return *own;
    warn("there is no user weir-capture; it goes on as nobody, whom other programs share");
    return {65'534, 65'534};
}

static void leave_root() {
    // where root itself asks there is no user to go back to
    const auto [user, group] = ::getuid() == 0 ? own_account() : std::pair(::getuid(), ::getgid());
    if (holds(CAP_SETGID, CAP_EFFECTIVE))
        require_call(::setgroups(0, nullptr), "leave the supplementary groups");
    require_call(::setresgid(group, group, group), "take the caller's group");
    require_call(::prctl(PR_SET_KEEPCAPS, 1UL, 0UL, 0UL, 0UL), "keep capabilities over the change of user");
    require_call(::setresuid(user, user, user), "take the caller's user id");
    forbid_dumping(); // the change of user has undone it
    uid_t ids[3] = {0, 0, 0};
    require_call(::getresuid(&ids[0], &ids[1], &ids[2]), "read the user ids");
    require(user != 0 && ids[0] == user && ids[1] == user && ids[2] == user, "the user ids did not settle");
    require_call(::prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL), "set NO_NEW_PRIVS");
    settled_user = user;
}

without_root keep_only_net_raw(sanitised, bool monitor) {
    const std::string names = monitor ? "cap_net_raw,cap_net_admin" : "cap_net_raw";
    std::error_code unknown;
    const std::string self = std::filesystem::read_symlink("/proc/self/exe", unknown).string();
    if (!holds(CAP_NET_RAW, CAP_PERMITTED) || (monitor && !holds(CAP_NET_ADMIN, CAP_PERMITTED)))
        fail(reason::not_permitted,
             "capturing is not permitted; give the capability: sudo setcap " + names + "+ep " + self);
    require_call(::cap_reset_ambient(), "clear the ambient capabilities");
    (void)empty_bounding_set();
    leave_root();
    set_capabilities((names + "=ep").c_str());
    return {};
}

void hand_down_net_raw(sanitised) {
    require(holds(CAP_NET_RAW, CAP_PERMITTED), "--listen needs CAP_NET_RAW, for its children");
    require_call(::cap_reset_ambient(), "clear the ambient capabilities");
    (void)empty_bounding_set(CAP_NET_RAW);
    leave_root();
    set_capabilities("cap_net_raw=eip");
    require_call(::cap_set_ambient(CAP_NET_RAW, CAP_SET), "hand CAP_NET_RAW down");
}

void drop_every_privilege() {
    leave_root(); // done already, but where no capability was needed
    // Without CAP_SETPCAP the bounding set can be emptied only in a user namespace of our own. Where the
    // kernel forbids that too, NO_NEW_PRIVS makes the set mean nothing, and privilege_state() says so.
    if (!empty_bounding_set() && ::unshare(CLONE_NEWUSER) == 0) (void)empty_bounding_set();
    set_capabilities("=");
    forbid_dumping();
}

void end_with(int parent) {
    require(::prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && ::getppid() == parent, "the service has ended");
}

powerless prove_nothing_is_left(opened) {
    const cap_state now(::cap_get_proc(), ::cap_free);
    const cap_state none(::cap_from_text("="), ::cap_free);
    require(now && none && ::cap_compare(now.get(), none.get()) == 0, "a capability is left after the drop");
    for (cap_value_t c = 0; c < ::cap_max_bits(); ++c)
        require(::cap_get_ambient(c) != 1, "an ambient capability is left");
    require(::prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL) == 1, "NO_NEW_PRIVS did not hold");
    require(::prctl(PR_GET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) == 0, "the process is still dumpable");
    require(::setuid(0) != 0, "uid 0 could be had back");
    require(::socket(AF_PACKET, SOCK_RAW, 0) < 0 && errno == EPERM, "a second packet socket was not refused");
    return {};
}

walled raise_walls(filtered) {
    const int groups = ::getgroups(0, nullptr);
    std::string words = std::string("caps=none bounding=") + (empty_bounding_set() ? "none" : "inert") +
                        " uid=" + std::to_string(settled_user) +
                        " groups=" + (groups == 0 ? "none" : std::to_string(groups)) +
                        " no_new_privs not_dumpable";
    words += ' ' + forbid_files();
    words += ' ' + forbid_system_calls(task::stream);
    return walled(std::move(words));
}

} // namespace weir::capture_helper
