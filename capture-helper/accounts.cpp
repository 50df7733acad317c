#include "capture-helper/accounts.hpp"

#include <algorithm>
#include <cstdio>
#include <grp.h>
#include <memory>
#include <pwd.h>

namespace weir::capture_helper {

/// Calls `each` with every entry of the file, as `next` reads them.
template <typename Entry, typename Function>
static void read_entries(const char* path, Entry* (*next)(FILE*), const Function& each) {
    const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path, "re"), std::fclose);
    while (const Entry* const e = file ? next(file.get()) : nullptr) each(*e);
}

static bool is_number(std::string_view name) {
    return name.find_first_not_of("0123456789") == std::string_view::npos;
}

common::client_names names_of(uid_t user, const std::vector<gid_t>& groups) {
    common::client_names names{{std::to_string(user)}, {}};
    for (const gid_t g : groups) names.groups.push_back(std::to_string(g));
    read_entries("/etc/passwd", ::fgetpwent, [&](const passwd& e) {
        if (e.pw_uid == user && !is_number(e.pw_name)) names.user.emplace_back(e.pw_name);
    });
    read_entries("/etc/group", ::fgetgrent, [&](const group& e) {
        if (std::find(groups.begin(), groups.end(), e.gr_gid) != groups.end() && !is_number(e.gr_name))
            names.groups.emplace_back(e.gr_name);
    });
    return names;
}

std::optional<std::pair<uid_t, gid_t>> user_called(const std::string& name) {
    std::optional<std::pair<uid_t, gid_t>> found;
    read_entries("/etc/passwd", ::fgetpwent, [&](const passwd& e) {
        if (!found && name == e.pw_name) found.emplace(e.pw_uid, e.pw_gid);
    });
    return found;
}

std::optional<gid_t> group_called(const std::string& name) {
    std::optional<gid_t> found;
    read_entries("/etc/group", ::fgetgrent, [&](const group& e) {
        if (!found && name == e.gr_name) found = e.gr_gid;
    });
    return found;
}

} // namespace weir::capture_helper
