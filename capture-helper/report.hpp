// How the helper says that something is wrong: one line on standard error, `weir-capture: WHAT; WHAT TO DO`,
// and an exit status. Must never print what would need a second line, or go on after fail().
#pragma once

#include <string>

namespace weir::capture_helper {

/// What a request can fail with: the CODE of `error CODE message` (docs/capture-protocol.md). Exit status 2
/// for the first three; 3 for not_permitted (no capability, no rule, or a privilege that would not go); 1 for
/// failed and busy.
enum class reason { bad_request, no_such_interface, bad_filter, not_permitted, failed, busy };

[[noreturn]] void fail(reason why, std::string_view message);

/// fail() with strerror(errno) behind the message.
[[noreturn]] void fail_errno(reason why, std::string_view message);

/// `weir-capture: warning: MESSAGE`; the helper goes on.
void warn(std::string_view message);

} // namespace weir::capture_helper
