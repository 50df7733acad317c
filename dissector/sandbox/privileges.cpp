#include "sandbox/privileges.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/sandbox.hpp"

namespace weir::sandbox {

namespace {

constexpr const char* way_out = "; start weir as an ordinary user, or with --allow-root";

struct account {
    std::string name = "nobody"; // as on Debian and in the kernel
    uid_t user = 65'534;
    gid_t group = 65'534;
};

account unprivileged_account() {
    account a;
    for (const char* name : {"nobody", "weir"})
        if (const passwd* entry = ::getpwnam(name); entry != nullptr && entry->pw_uid != 0)
            a = {name, entry->pw_uid, entry->pw_gid};
    return a;
}

bool any_id_is_root() noexcept {
    std::array<uid_t, 3> u{};
    return ::getresuid(&u[0], &u[1], &u[2]) != 0 || u[0] == 0 || u[1] == 0 || u[2] == 0;
}

} // namespace

bool holds_capability() noexcept {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
    if (::syscall(SYS_capget, &header, sets.data()) != 0) return true;
    for (const auto& s : sets)
        if ((s.permitted | s.effective | s.inheritable) != 0) return true;
    return false;
}

departure leave_root(bool allow_root) {
    if (allow_root) return {};
    if (!any_id_is_root()) {
        if (holds_capability())
            return {std::string("weir holds a capability, which it never needs") + way_out, {}};
        return {};
    }
    const account to = unprivileged_account();
    const std::string user = to.name + " (uid " + std::to_string(to.user) + ')';
    if (::setgroups(0, nullptr) != 0 || ::setresgid(to.group, to.group, to.group) != 0 ||
        ::setresuid(to.user, to.user, to.user) != 0)
        return {"root cannot become " + user + ": " + std::strerror(errno) + way_out, {}};
    if (any_id_is_root() || ::setuid(0) == 0 || holds_capability())
        return {"root did not go when " + user + " was taken" + way_out, {}};
    return {std::nullopt, "started as root, goes on as " + user};
}

} // namespace weir::sandbox
