#include "capture-helper/process.hpp"

#include <csignal>
#include <fcntl.h>
#include <new>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "capture-helper/limits.hpp"
#include "capture-helper/report.hpp"

namespace weir::capture_helper {

static constexpr int last_tick = limits::grace_ms / limits::tick_ms;
static volatile std::sig_atomic_t asked = 0, ticks = 0;

static void on_signal(int signal) noexcept {
    if (signal == SIGCHLD) return; // that it interrupts is all
    if (signal == SIGALRM) return void(ticks = ticks + 1);
    if (asked != 0) ticks = last_tick;
    asked = 1;
    constexpr itimerval every_tick{{0, limits::tick_ms * 1000}, {0, limits::tick_ms * 1000}};
    ::setitimer(ITIMER_REAL, &every_tick, nullptr);
}

/// In place of bad_alloc: nobody could catch that, and abort() makes calls that the walls kill.
static void out_of_memory() {
    constexpr std::string_view line = "weir-capture: out of memory\n";
    [[maybe_unused]] const ssize_t lost = ::write(STDERR_FILENO, line.data(), line.size());
    ::_exit(1);
}

static void reset_signals() {
    for (int s = 1; s < NSIG; ++s) std::signal(s, s == SIGPIPE || s == SIGXFSZ ? SIG_IGN : SIG_DFL);
    constexpr sigset_t none{};
    sigprocmask(SIG_SETMASK, &none, nullptr);
    ::alarm(0);
}

static void settle_descriptors() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_max < limits::min_descriptors)
        fail(reason::failed, "too few open files; at least 64: ulimit -n 64");
    const bool has_output = ::fcntl(STDOUT_FILENO, F_GETFD) >= 0;
    for (int fd = 0; fd <= 2; ++fd)
        if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", O_RDWR) != fd)
            fail_errno(reason::failed, "cannot open /dev/null");
    if (!has_output)
        fail(reason::bad_request, "standard output is closed; give the stream a reader: | weir -r -");
    if (::close_range(3, ~0U, 0) != 0) fail_errno(reason::failed, "cannot close inherited descriptors");
}

void forbid_dumping() {
    if (::prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) != 0)
        fail_errno(reason::not_permitted, "cannot become not dumpable");
}

sanitised sanitise_process() {
    forbid_dumping();
    std::set_new_handler(out_of_memory);
    reset_signals();
    settle_descriptors();
    constexpr rlimit no_core{0, 0};
    ::umask(077);
    if (::clearenv() != 0 || ::chdir("/") != 0 || ::setrlimit(RLIMIT_CORE, &no_core) != 0)
        fail_errno(reason::failed, "cannot clear what the caller left: environment, directory, core limit");
    return {};
}

void catch_stop_signals() {
    struct sigaction action {};
    action.sa_handler = on_signal;
    for (const int s : {SIGTERM, SIGINT, SIGHUP, SIGALRM, SIGCHLD})
        if (::sigaction(s, &action, nullptr) != 0) fail_errno(reason::failed, "cannot catch a signal");
}

bool stop_asked() noexcept { return asked != 0; }

bool patience_over() noexcept { return ticks >= last_tick; }

} // namespace weir::capture_helper
