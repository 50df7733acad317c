#include "capture-helper/service.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capture-helper/arguments.hpp"
#include "capture-helper/audit.hpp"
#include "capture-helper/limits.hpp"
#include "capture-helper/privilege.hpp"
#include "capture-helper/report.hpp"

namespace weir::capture_helper {

using namespace common;
using std::chrono::steady_clock;

static std::optional<client> client_on(int fd) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
    client who{peer.uid, peer.pid, std::vector<gid_t>(65'536), -1}; // the most that a process can have
    size = static_cast<socklen_t>(who.groups.size() * sizeof(gid_t));
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, who.groups.data(), &size) != 0)
        return std::nullopt; // no Unix socket
    who.groups.resize(size / sizeof(gid_t));
    who.groups.push_back(peer.gid);
    return who;
}

/// A lock on one of as many bytes as the user may have captures; it goes with the process.
static bool take_place(int places, uid_t user, int captures) {
    for (int n = 0; n < captures; ++n) {
        struct flock place {};
        place.l_type = F_WRLCK;
        place.l_start = static_cast<off_t>(user) * policy_limits::max_captures + n;
        place.l_len = 1;
        if (::fcntl(places, F_SETLK, &place) == 0) return true;
    }
    return false;
}

std::optional<refusal> read_request(int fd, capture_request& out) {
    const auto bad = [](std::string what) { return refusal{reason::bad_request, std::move(what)}; };
    std::array<char, request_limits::max_line> bytes{};
    const auto deadline = steady_clock::now() + std::chrono::milliseconds(limits::request_ms);
    for (std::size_t size = 0; size < bytes.size();) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
        pollfd p{fd, POLLIN, 0};
        const int ready = ::poll(&p, 1, std::max(static_cast<int>(left.count()), 0));
        if (ready == 0) return bad("no whole request line came within 2 s");
        const ssize_t n = ::recv(fd, bytes.data() + size, bytes.size() - size, MSG_DONTWAIT);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0) return bad("the request line has no end");
        size += static_cast<std::size_t>(n);
        const std::string_view text(bytes.data(), size);
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) continue;
        if (end + 1 != size) return bad("there is more than one line");
        const auto wrong = parse_request_line(text.substr(0, end), out);
        if (!wrong) return std::nullopt;
        return bad("column " + std::to_string(wrong->column) + ": " + wrong->what);
    }
    return bad("the request line is longer than 4096 bytes");
}

static client receive_request(bool listener_counts, capture_request& out) {
    std::optional<client> who = client_on(STDIN_FILENO);
    if (!who)
        fail(reason::bad_request,
             "--serve needs a Unix stream socket on standard input; see weir-capture(8)");
    audit_client(who->user, who->process);
    if (listener_counts && (who->places = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)) < 0)
        fail_errno(reason::failed, "the listener gave no file of places");
    if (::dup2(STDIN_FILENO, STDOUT_FILENO) < 0) fail_errno(reason::failed, "cannot answer the client");
    if (const auto no = read_request(STDIN_FILENO, out)) fail(no->why, no->message);
    return *who;
}

static void hold_to_policy(const client& who, capture_request& r, const char* policy_path) {
    audit_request(r);
    capture_policy policy;
    if (const auto wrong = read_policy(policy_path, policy))
        fail(reason::failed, "nobody may capture: " + *wrong);
    if (const auto no = decide(policy, who, r))
        fail(no->why,
             no->message + (no->why == reason::not_permitted ? std::string("; see ") + policy_path : ""));
    audit_request(r);
    if (who.places >= 0 && !take_place(who.places, who.user, policy.bounds.captures))
        fail(reason::busy,
             "as many captures of this user are running as may, " + std::to_string(policy.bounds.captures));
}

permitted take_request(without_root, invocation& asked, const char* policy_path) {
    if (asked.listener != 0) end_with(asked.listener);
    if (asked.what == action::serve)
        hold_to_policy(receive_request(asked.listener != 0, asked.capture), asked.capture, policy_path);
    return {};
}

} // namespace weir::capture_helper
