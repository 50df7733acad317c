// What the service reports to its administrator: one line on standard error for each grant, refusal and end,
//   weir-capture: audit: verdict=granted uid=1000 pid=4711 interface="lo" ... filter="tcp port 80"
// Each is shorter than PIPE_BUF, so that lines of several processes never mix, and each text that a client
// has a part in is quoted: it must never begin a line, end a quotation, or look like a field.
#pragma once

#include <string>
#include <sys/types.h>

#include "common/capture_request.hpp"

namespace weir::capture_helper {

/// In quotation marks, which it escapes like backslashes and whatever is no printable ASCII; cut where it
/// would be longer than `longest` bytes, and then it ends with "...".
[[nodiscard]] std::string quoted(std::string_view text, std::size_t longest);

/// From now on the caller is this socket client, on descriptor 0: fail() answers it and writes the audit line
/// of the refusal.
void audit_client(uid_t user, pid_t process);

/// What it asks for, or has been lowered to, for the lines that follow.
void audit_request(const common::capture_request& r);

/// The audit line of a refusal.
[[nodiscard]] std::string refusal_line(const char* code, std::string_view message);

/// What fail() has to say to a client that waits for its answer; false where none waits.
[[nodiscard]] bool audit_refusal(const char* code, std::string_view message);

/// The request is granted. From here on failures are the stream's own.
void audit_grant();

/// A capture that ended by itself; nothing where no client was served.
struct capture_end {
    std::uint64_t bytes = 0, packets = 0, dropped = 0;
    const char* reason = "";
};
void audit_end(const capture_end& end);

/// Lines of the listener, which knows no request: a helper that died of a signal, and refusals for want of a
/// place since the line before.
void audit_killed(uid_t user, pid_t helper, int signal);
void audit_busy(uid_t user, pid_t process, std::uint64_t refused);

} // namespace weir::capture_helper
