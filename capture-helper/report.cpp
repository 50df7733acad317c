#include "capture-helper/report.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

#include "common/exit_status.hpp"

namespace weir::capture_helper {
namespace {

using common::exit_status;

struct row {
    std::string_view code;
    exit_status status;
};

// In the order of the enumeration.
constexpr std::array<row, 6> reasons{{
    {"bad-request", exit_status::usage},
    {"no-such-interface", exit_status::usage},
    {"bad-filter", exit_status::usage},
    {"not-permitted", exit_status::not_permitted},
    {"failed", exit_status::failed},
    {"busy", exit_status::failed},
}};

int client_fd = -1;
std::string client_text;

void audit(const std::string& verdict) {
    print_line(STDERR_FILENO, "weir-capture: audit: " + client_text + " verdict=" + verdict);
}

} // namespace

void print_line(int fd, std::string_view text) noexcept {
    std::string line(text);
    std::replace_if(line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
    line += '\n';
    [[maybe_unused]] const ssize_t lost = ::write(fd, line.data(), line.size());
}

void fail(reason why, std::string_view message) {
    const row& r = reasons[static_cast<std::size_t>(why)];
    const std::string text(message);
    if (client_fd < 0) {
        print_line(STDERR_FILENO, "weir-capture: " + text);
    } else {
        audit(std::string(r.code) + ": " + text);
        print_line(client_fd, "error " + std::string(r.code) + ' ' + text);
    }
    std::_Exit(common::to_int(r.status));
}

void fail_errno(reason why, std::string_view message) { fail(why, std::string(message) + ": " + std::strerror(errno)); }

void warn(std::string_view message) { print_line(STDERR_FILENO, "weir-capture: warning: " + std::string(message)); }

void answer_client(int fd, std::string client) {
    client_fd = fd;
    client_text = std::move(client);
}

void audit_grant() {
    if (client_fd < 0) return;
    audit("granted");
    client_fd = -1;
}

std::string own_path() {
    std::array<char, 4096> path{};
    const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
    return size > 0 ? std::string(path.data(), static_cast<std::size_t>(size)) : "weir-capture";
}

} // namespace weir::capture_helper
