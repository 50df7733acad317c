#include "capture-helper/audit.hpp"

#include <chrono>
#include <unistd.h>

#include "capture-helper/line.hpp"

namespace weir::capture_helper {

using std::to_string;
using std::chrono::steady_clock;

// together with the keys, and with 32 interfaces of 15 bytes that are all escaped, below PIPE_BUF
static constexpr std::size_t longest_filter = 1'200, longest_message = 600;

enum class stage { no_client, asking, served };

static stage now = stage::no_client;
static std::string client, interfaces, settings;
static steady_clock::time_point granted;

static std::string audit_line(const std::string& verdict_and_fields) {
    return "weir-capture: audit: verdict=" + verdict_and_fields;
}

static std::string ids(uid_t user, pid_t process) {
    return " uid=" + to_string(user) + " pid=" + to_string(process);
}

std::string quoted(std::string_view text, std::size_t longest) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        std::string piece(1, c);
        if (c == '"' || c == '\\') piece.insert(0, 1, '\\');
        if (c < ' ' || c > '~') piece = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
        if (out.size() + piece.size() + 4 > longest) return out + "...\"";
        out += piece;
    }
    return out + '"';
}

void audit_client(uid_t user, pid_t process) {
    now = stage::asking;
    client = ids(user, process);
}

void audit_request(const common::capture_request& r) {
    interfaces.clear();
    for (const std::string& name : r.interfaces) interfaces += " interface=" + quoted(name, 64);
    settings = " snaplen=" + to_string(r.snaplen) + " buffer=" + to_string(r.buffer_kib) +
               " promiscuous=" + (r.promiscuous ? "yes" : "no") + " direction=" + direction_name(r.way) +
               " filter=" + quoted(joined_filter(r), longest_filter);
}

std::string refusal_line(const char* code, std::string_view message) {
    return audit_line(code + client + interfaces + settings + " message=" + quoted(message, longest_message));
}

bool audit_refusal(const char* code, std::string_view message) {
    if (now != stage::asking) return false;
    print_line(STDERR_FILENO, refusal_line(code, message));
    print_line(STDIN_FILENO, std::string("error ") + code + ' ' + std::string(message));
    return true;
}

void audit_grant() {
    if (now != stage::asking) return;
    print_line(STDERR_FILENO, audit_line("granted" + client + interfaces + settings));
    now = stage::served;
    granted = steady_clock::now();
}

void audit_end(const capture_end& end) {
    if (now != stage::served) return;
    const std::chrono::duration<double> lasted = steady_clock::now() - granted;
    print_line(STDERR_FILENO,
               audit_line("ended" + client + interfaces + " bytes=" + to_string(end.bytes) +
                          " packets=" + to_string(end.packets) + " dropped=" + to_string(end.dropped) +
                          " duration=" + to_string(lasted.count()) + " reason=" + end.reason));
    now = stage::no_client;
}

void audit_killed(uid_t user, pid_t helper, int signal) {
    print_line(STDERR_FILENO, audit_line("ended uid=" + to_string(user) + " helper=" + to_string(helper) +
                                         " reason=signal signal=" + to_string(signal)));
}

void audit_busy(uid_t user, pid_t process, std::uint64_t refused) {
    print_line(STDERR_FILENO, audit_line("busy" + ids(user, process) + " refused=" + to_string(refused)));
}

} // namespace weir::capture_helper
