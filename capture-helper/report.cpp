#include "capture-helper/report.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace weir::capture_helper {

struct outcome {
    const char* code;
    int status;
}; // the status: common/exit_status.hpp

static constexpr outcome outcomes[] = {
    {"bad-request", 2}, {"no-such-interface", 2}, {"bad-filter", 2}, {"not-permitted", 3}, {"failed", 1},
    {"busy", 1},
};

static int client_fd = -1;
static std::string client_text;

void print_line(int fd, std::string_view text) noexcept {
    std::string line(text);
    std::replace_if(
        line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    line += '\n';
    [[maybe_unused]] const ssize_t lost = ::write(fd, line.data(), line.size());
}

void fail(reason why, std::string_view message) {
    const auto [code, status] = outcomes[static_cast<std::size_t>(why)];
    const std::string text(message);
    const std::string about =
        client_fd < 0 ? "" : std::string("audit: verdict=") + code + ' ' + client_text + ": ";
    print_line(STDERR_FILENO, "weir-capture: " + about + text);
    if (client_fd >= 0) print_line(client_fd, std::string("error ") + code + ' ' + text);
    ::_exit(status);
}

void fail_errno(reason why, std::string_view message) {
    fail(why, std::string(message) + ": " + std::strerror(errno));
}

void warn(std::string_view message) {
    print_line(STDERR_FILENO, "weir-capture: warning: " + std::string(message));
}

void answer_client(int fd, std::string client) {
    client_fd = fd;
    client_text = std::move(client);
}

void audit_grant() {
    if (client_fd >= 0) print_line(STDERR_FILENO, "weir-capture: audit: verdict=granted " + client_text);
    client_fd = -1;
}

} // namespace weir::capture_helper
