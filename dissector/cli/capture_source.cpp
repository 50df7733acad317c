#include "cli/capture_source.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <linux/xattr.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "sandbox/privileges.hpp"
#include "sandbox/sandbox.hpp"

namespace weir::cli {

namespace {

using common::exit_status;

std::optional<exit_status> open_file(const options& o, capture_source& out) {
    out.name = o.file;
    if (o.file == "-") {
        out.fd = STDIN_FILENO;
        if (::isatty(out.fd) == 1) {
            complain("standard input is a terminal; pipe a capture into it: tcpdump -U -w - | weir -r -");
            return exit_status::usage;
        }
    } else {
        out.fd = ::open(o.file.c_str(), O_RDONLY | O_CLOEXEC);
        out.own = true;
    }
    struct stat s {};
    if (out.fd < 0 || ::fstat(out.fd, &s) != 0) {
        complain("cannot open " + o.file + ": " + std::strerror(errno));
        return exit_status::failed;
    }
    if (S_ISDIR(s.st_mode)) {
        complain(o.file + " is a directory; -r takes a capture file");
        return exit_status::failed;
    }
    out.can_wait = S_ISFIFO(s.st_mode) || S_ISSOCK(s.st_mode);
    if (S_ISFIFO(s.st_mode) && !out.own) {
        // waiting sets O_NONBLOCK, which belongs to the open file: others that read it too keep theirs as it
        // is
        const int again = ::open("/proc/self/fd/0", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        if (again >= 0) out.take_stream(again);
    }
    return std::nullopt;
}

void be_live(const options& o, int fd, capture_source& out) {
    for (const std::string& i : o.interfaces) out.name += (out.name.empty() ? "" : ",") + i;
    out.fd = fd;
    out.can_wait = true;
    out.live = true;
}

/// Starts the process that connects; the stream comes when it has.
std::optional<exit_status> start_connector(const options& o, const std::string& socket, capture_source& out) {
    const auto wall_in = [&]() -> std::optional<input::service_refusal> {
        if (const auto error = sandbox::leave_root(o.allow_root).error)
            return input::service_refusal{exit_status::not_permitted, *error, false};
        sandbox::settings s;
        s.who = sandbox::role::connector;
        if (const auto error = sandbox::raise_walls(s).error)
            return input::service_refusal{exit_status::failed, *error, false};
        return std::nullopt;
    };
    out.connector = std::make_unique<input::connector>();
    if (const auto why =
            out.connector->start(socket, {o.interfaces, o.service_settings, o.filter}, wall_in)) {
        complain(*why);
        return exit_status::failed;
    }
    be_live(o, -1, out);
    return std::nullopt;
}

/// Why the helper at `path` cannot capture for this user, as far as that shows before it is started.
std::string unable(const std::string& path) {
    if (path.empty()) return "there is no weir-capture beside this program";
    if (::access(path.c_str(), X_OK) != 0) return path + " cannot be executed (" + std::strerror(errno) + ')';
    if (::geteuid() == 0 || sandbox::holds_capability()) return {};
    struct stat s {};
    const bool setuid_root = ::stat(path.c_str(), &s) == 0 && s.st_uid == 0 && (s.st_mode & S_ISUID) != 0;
    if (setuid_root || ::getxattr(path.c_str(), XATTR_NAME_CAPS, nullptr, 0) > 0) return {};
    return path + " has no capability";
}

/// Where a capture service listens by default.
constexpr const char* service_socket = "/run/weir/capture.sock";

/// Nothing was asked for that only the helper knows, and there is a service that this user may ask.
bool may_ask_service(const options& o) {
    return o.helper.empty() && o.only_of_helper.empty() && ::access(service_socket, W_OK) == 0;
}

std::optional<exit_status> start_helper(const options& o, const std::string& path, capture_source& out) {
    if (path.empty()) {
        complain("there is no weir-capture beside this program; name it with --helper PATH");
        return exit_status::failed;
    }
    out.helper = std::make_unique<input::helper>();
    if (auto why = out.helper->start(path, {o.interfaces, o.filter, o.helper_options})) {
        const bool permission = errno == EACCES || errno == EPERM;
        complain(*why + (permission ? "; you need to be in the group that may run it (usually weir)" : ""));
        return permission ? exit_status::not_permitted : exit_status::failed;
    }
    be_live(o, out.helper->stream_fd(), out);
    return std::nullopt;
}

} // namespace

capture_source::~capture_source() { close_stream(); }

bool capture_source::ask_to_end() noexcept {
    if (!live || fd < 0) return false;
    if (helper)
        helper->ask_to_end();
    else
        ::shutdown(fd, SHUT_WR); // docs/capture-protocol.md
    return true;
}

void capture_source::close_stream() noexcept {
    if (own && fd >= 0) ::close(fd);
    fd = -1;
}

void capture_source::take_stream(int stream) noexcept {
    fd = stream;
    own = true;
}

std::optional<exit_status> open_capture(const options& o, capture_source& out) {
    if (!o.file.empty()) return open_file(o, out);
    if (!o.connect.empty()) return start_connector(o, o.connect, out);
    const std::string helper = input::helper::find(o.helper);
    if (const std::string why = unable(helper); !why.empty() && may_ask_service(o)) {
        remark(o, why + "; the capture service at " + service_socket + " is asked instead");
        return start_connector(o, service_socket, out);
    }
    return start_helper(o, helper, out);
}

} // namespace weir::cli
