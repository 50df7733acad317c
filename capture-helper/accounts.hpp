// Users and groups by name, from /etc/passwd and /etc/group alone: any other way loads libraries that
// nsswitch.conf(5) names, into a process that holds privilege.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "common/capture_policy.hpp"

namespace weir::capture_helper {

/// The names that the system has for a user and groups, and their numbers. A name that is a number itself is
/// left out: it would be taken for somebody else.
[[nodiscard]] common::client_names names_of(uid_t user, const std::vector<gid_t>& groups);

/// Numbers of the user and its group.
[[nodiscard]] std::optional<std::pair<uid_t, gid_t>> user_called(const std::string& name);

[[nodiscard]] std::optional<gid_t> group_called(const std::string& name);

} // namespace weir::capture_helper
