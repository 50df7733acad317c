#include "sandbox/descriptors.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <unistd.h>

namespace weir::sandbox {

inherited_descriptors::inherited_descriptors(const std::vector<std::string>& paths) {
    for (const std::string& path : paths)
        for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
            unsigned fd = 0;
            const char* const end = path.data() + path.size();
            if (path.starts_with(folder) &&
                std::from_chars(path.data() + folder.size(), end, fd).ptr == end && fd > STDERR_FILENO)
                named_.push_back(fd);
        }
    std::sort(named_.begin(), named_.end());
    unsigned first = STDERR_FILENO + 1;
    for (const unsigned fd : named_) {
        if (fd > first) ::close_range(first, fd - 1, 0);
        first = fd + 1;
    }
    ::close_range(first, ~0U, 0);
}

void inherited_descriptors::close_named() noexcept {
    for (const unsigned fd : named_) ::close_range(fd, fd, 0);
    named_.clear();
}

} // namespace weir::sandbox
