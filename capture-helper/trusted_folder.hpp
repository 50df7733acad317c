// Whether a path can be trusted: that nobody but root and one user can put something else in its place.
#pragma once

#include <string>
#include <sys/types.h>

namespace weir::capture_helper {

/// Opens the folder of an absolute path (O_PATH). Every folder from `/` on must belong to root or to `owner`,
/// and nobody else may write it (a sticky one on the way may be written, because what is in it is checked in
/// turn). Below 0 where that does not hold; `wrong` says why.
[[nodiscard]] int open_folder_of(const std::string& path, uid_t owner, std::string& wrong);

} // namespace weir::capture_helper
