// Everything that --serve does with what it is given before it opens an interface: the policy's text, the
// client's bytes through a socket, the interfaces as the kernel names them, the decision, the audit line and
// the answer. The input is the policy up to a NUL, then the bytes of the client. Whatever comes, nothing is
// granted that the policy does not grant for each interface alone, and no line is longer or other than it
// says.
#include <algorithm>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <sys/socket.h>
#include <unistd.h>

#include "capture-helper/accounts.hpp"
#include "capture-helper/audit.hpp"
#include "capture-helper/service.hpp"
#include "common/bytes.hpp"
#include "common/check.hpp"

namespace {

using namespace weir::capture_helper;
using namespace weir::common;

/// The words outside quotation marks, which alone are fields.
std::string unquoted(std::string_view line) {
    std::string out;
    bool inside = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (inside && line[i] == '\\') {
            ++i;
            continue;
        }
        if (line[i] == '"')
            inside = !inside;
        else if (!inside)
            out += line[i];
    }
    check(!inside, "a quotation ends");
    return out;
}

void check_line(const std::string& line, std::size_t interfaces) {
    check(line.size() < PIPE_BUF, "an audit line is written at once");
    check(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; }),
          "an audit line is one line of printable ASCII");
    std::string expected = "weir-capture: audit: verdict=failed uid=7 pid=8";
    for (std::size_t i = 0; i < interfaces; ++i) expected += " interface=";
    const std::string fields = unquoted(line);
    check(fields.starts_with(expected) && fields.ends_with(" filter= message="), "the fields are its own");
    check(std::count(fields.begin(), fields.end(), '=') == static_cast<std::ptrdiff_t>(interfaces) + 9,
          "nothing looks like a field that is none");
}

void check_grant(const capture_policy& policy, const client_names& who, const capture_request& r) {
    check(r.interfaces.size() <= static_cast<std::size_t>(policy.bounds.interfaces),
          "interfaces are bounded");
    check(static_cast<std::int64_t>(r.interfaces.size()) * r.buffer_kib <= policy.bounds.buffer_kib,
          "rings are bounded together");
    check(describe(r).size() + 4 < 16'384, "the answer is as short as documented");
    for (const std::string& name : r.interfaces) {
        const capture_rule* const rule = first_rule(policy, who, name);
        check(rule != nullptr && r.snaplen <= rule->snaplen && (rule->promiscuous || !r.promiscuous),
              "each interface is granted by its own rule");
        check(r.mandatory_filter.find(rule->filter) != std::string::npos, "and held to the filter of it");
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = as_text({data, size});
    const std::string_view text = input.substr(0, input.find('\0'));
    const std::string_view sent = input.substr(std::min(text.size() + 1, input.size()));
    capture_policy policy;
    if (parse_policy(text, policy)) policy = {};

    int ends[2] = {-1, -1};
    check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "a socket pair");
    [[maybe_unused]] const ssize_t taken = ::send(ends[0], sent.data(), sent.size(), MSG_DONTWAIT);
    ::shutdown(ends[0], SHUT_WR);
    capture_request r;
    std::optional<refusal> no = read_request(ends[1], r);
    ::close(ends[0]);
    ::close(ends[1]);

    const client who{7, 8, {9}, -1};
    if (!no) no = decide(policy, who, r);
    if (!no) check_grant(policy, names_of(who.user, who.groups), r);
    audit_client(who.user, who.process);
    audit_request(r);
    check_line(refusal_line("failed", no ? no->message : ""), r.interfaces.size());
    return 0;
}
