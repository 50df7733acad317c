// How weir says that something is wrong: one line on standard error. Must never pass a control character on.
#pragma once

#include <string>

namespace weir::cli {

/// "weir: what is wrong".
void complain(const std::string& what);

} // namespace weir::cli
