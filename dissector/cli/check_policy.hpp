// weir --check-policy: what capture.conf(5) grants, in words, before anybody relies on it. Reads the file as
// the helper does, by the same parser and the same choice of the rule; must never grant anything itself.
#pragma once

#include <string>

#include "common/exit_status.hpp"

namespace weir::cli {

/// Prints each rule of the file (empty: where the helper looks) and its limits; with a user what that one may
/// see on each interface of this machine. What names nobody and nothing here, or makes the helper refuse the
/// whole file, is a warning on standard error; an error in the text ends it with exit_status::failed.
[[nodiscard]] common::exit_status check_policy(const std::string& file, const std::string& user);

} // namespace weir::cli
