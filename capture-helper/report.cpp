#include "capture-helper/report.hpp"

#include <cerrno>
#include <cstring>
#include <unistd.h>

#include "capture-helper/audit.hpp"
#include "capture-helper/line.hpp"

namespace weir::capture_helper {

struct outcome {
    const char* code;
    int status;
}; // the status: common/exit_status.hpp

static constexpr outcome outcomes[] = {
    {"bad-request", 2}, {"no-such-interface", 2}, {"bad-filter", 2}, {"not-permitted", 3}, {"failed", 1},
    {"busy", 1},
};

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
