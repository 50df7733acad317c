#include "capture-helper/report.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unistd.h>

#include "capture-helper/audit.hpp"

namespace weir::capture_helper {

struct outcome {
    const char* code;
    int status;
}; // the status: common/exit_status.hpp

static constexpr outcome outcomes[] = {
    {"bad-request", 2}, {"no-such-interface", 2}, {"bad-filter", 2}, {"not-permitted", 3}, {"failed", 1},
    {"busy", 1},
};

void print_line(int fd, std::string_view text) noexcept {
    std::string line(text);
    std::replace_if(
        line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    line += '\n';
    [[maybe_unused]] const ssize_t lost = ::write(fd, line.data(), line.size());
}

void fail(reason why, std::string_view message) {
    const auto [code, status] = outcomes[static_cast<std::size_t>(why)];
    if (!audit_refusal(code, message)) print_line(STDERR_FILENO, "weir-capture: " + std::string(message));
    ::_exit(status);
}

void fail_errno(reason why, std::string_view message) {
    fail(why, std::string(message) + ": " + std::strerror(errno));
}

void warn(std::string_view message) {
    print_line(STDERR_FILENO, "weir-capture: warning: " + std::string(message));
}

} // namespace weir::capture_helper
