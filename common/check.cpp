#include "common/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace weir::common {

void invariant_broken(const char* what) noexcept {
    std::fprintf(stderr, "weir: internal error: %s\n", what);
    std::abort();
}

} // namespace weir::common
