#include "capture-helper/filter_child.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture-helper/limits.hpp"
#include "capture-helper/process.hpp"
#include "capture-helper/sandbox.hpp"

namespace weir::capture_helper {

static constexpr std::size_t longest_answer = 1 + BPF_MAXINSNS * sizeof(sock_filter);
static constexpr const char* too_long = "eit takes too long";
static_assert(sizeof(sock_filter) == sizeof(bpf_insn)); // the one is the kernel's name, the other libpcap's

std::string compile(pcap* handle, const std::string& text) {
    bpf_program made{};
    if (pcap_compile(handle, &made, text.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0)
        return std::string("e") + pcap_geterr(handle);
    std::string answer(1 + made.bf_len * sizeof(bpf_insn), 'p');
    std::memcpy(&answer[1], made.bf_insns, answer.size() - 1);
    pcap_freecode(&made);
    if (answer.size() > longest_answer) return "eit takes more than 4096 instructions";
    return answer;
}

program read_answer(const std::string& answer, std::string& complaint) {
    program p((answer.size() - !answer.empty()) / sizeof(sock_filter));
    if (answer.starts_with('p') && !p.empty() && answer.size() == 1 + p.size() * sizeof(sock_filter)) {
        std::memcpy(p.data(), &answer[1], answer.size() - 1);
        if (is_sound(p)) return p;
        complaint = "it is no program that the kernel runs; protochain is none";
    } else
        complaint = answer.starts_with('e') ? answer.substr(1) : "no answer";
    return {};
}

/// In the child, with the pipe as its only descriptor.
[[noreturn]] static void answer_parent(pcap* handle, const std::string& text, int pipe) {
    constexpr rlimit processor{limits::compile_s, limits::compile_s}, no_file{0, 0};
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::dup2(pipe, STDIN_FILENO) < 0 ||
        ::close_range(1, ~0U, 0) != 0 || ::setrlimit(RLIMIT_CPU, &processor) != 0)
        ::_exit(1);
    (void)forbid_files();
    if (::setrlimit(RLIMIT_NOFILE, &no_file) != 0) ::_exit(1);
    (void)forbid_system_calls(task::compile);
    const std::string answer = compile(handle, text);
    ::_exit(::write(STDIN_FILENO, answer.data(), answer.size()) < 0 ? 1 : 0);
}

/// Until the child's end of the pipe is closed, time is over, or nobody waits for the capture any more.
static std::string hear(int pipe) {
    using namespace std::chrono;
    std::string answer;
    std::array<char, 4'096> piece{};
    const auto deadline = steady_clock::now() + milliseconds(limits::compile_ms);
    while (answer.size() <= longest_answer) {
        pollfd both[] = {{pipe, POLLIN, 0}, {STDOUT_FILENO, 0, 0}};
        const auto left = ceil<milliseconds>(deadline - steady_clock::now()).count();
        const int ready = ::poll(both, 2, std::max(static_cast<int>(left), 0));
        if (stop_asked() || (ready > 0 && both[1].revents != 0))
            fail(reason::failed, "the reader left before the filter was compiled");
        if (ready == 0) return too_long;
        const ssize_t n = ready > 0 ? ::read(pipe, piece.data(), piece.size()) : -1;
        if (n == 0) break;
        if (n > 0) answer.append(piece.data(), static_cast<std::size_t>(n));
    }
    return answer;
}

program compile_in_child(pcap* handle, const std::string& text, reason why, const std::string& whose) {
    if (text.empty()) return {};
    int pipe[2];
    const pid_t child = ::pipe2(pipe, O_CLOEXEC) == 0 ? ::fork() : -1;
    if (child < 0) fail_errno(reason::failed, "cannot start a child that compiles the filter");
    if (child == 0) answer_parent(handle, text, pipe[1]);
    ::close(pipe[1]);
    std::string answer = hear(pipe[0]), complaint;
    ::close(pipe[0]);
    ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    const int end = answer.empty() && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (end == SIGSYS) answer = "eit asks for a name to be looked up; give the number";
    if (end == SIGKILL || end == SIGXCPU) answer = too_long;
    if (answer.empty()) fail(reason::not_permitted, "cannot compile a filter behind Landlock and seccomp");
    program made = read_answer(answer, complaint);
    if (made.empty()) fail(why, whose + " does not compile: " + complaint + "; see pcap-filter(7)");
    return made;
}

} // namespace weir::capture_helper
