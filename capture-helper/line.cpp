#include "capture-helper/line.hpp"

#include <algorithm>
#include <unistd.h>

namespace weir::capture_helper {

void print_line(int fd, std::string_view text) noexcept {
    std::string line(text);
    std::replace_if(
        line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    line += '\n';
    [[maybe_unused]] const ssize_t lost = ::write(fd, line.data(), line.size());
}

} // namespace weir::capture_helper
