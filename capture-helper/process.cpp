#include "capture-helper/process.hpp"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "capture-helper/limits.hpp"
#include "capture-helper/report.hpp"

namespace weir::capture_helper {
namespace {

constexpr int last_tick = limits::grace_ms / limits::tick_ms;
volatile std::sig_atomic_t asked = 0;
volatile std::sig_atomic_t ticks = 0;

void on_stop(int) noexcept {
    if (asked != 0) ticks = last_tick;
    asked = 1;
    constexpr itimerval every_tick{{0, limits::tick_ms * 1000}, {0, limits::tick_ms * 1000}};
    ::setitimer(ITIMER_REAL, &every_tick, nullptr);
}

void on_tick(int) noexcept {
    if (ticks < last_tick) ticks = ticks + 1;
}

void raise_descriptor_limit() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_max < limits::min_descriptors)
        fail(reason::failed, "RLIMIT_NOFILE is too small; allow at least 64 open files: ulimit -n");
}

void open_standard_descriptors() {
    const bool has_output = ::fcntl(STDOUT_FILENO, F_GETFD) >= 0;
    for (int fd = 0; fd <= 2; ++fd)
        if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", O_RDWR) != fd)
            fail(reason::failed, "cannot open /dev/null in the place of a closed standard descriptor");
    if (!has_output) fail(reason::bad_request, "standard output is closed; give the stream a reader: | weir -r -");
}

void reset_signals() {
    for (int s = 1; s < NSIG; ++s) std::signal(s, s == SIGPIPE || s == SIGXFSZ ? SIG_IGN : SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    ::alarm(0);
}

} // namespace

void sanitise_process() {
    reset_signals();
    raise_descriptor_limit();
    open_standard_descriptors();
    if (::close_range(3, ~0U, 0) != 0) fail_errno(reason::failed, "cannot close inherited descriptors");
    if (::clearenv() != 0) fail(reason::failed, "cannot clear the environment");
    ::umask(077);
    if (::chdir("/") != 0) fail_errno(reason::failed, "cannot change to /");
    constexpr rlimit no_core{0, 0};
    if (::setrlimit(RLIMIT_CORE, &no_core) != 0) fail_errno(reason::failed, "cannot forbid core dumps");
}

void catch_stop_signals() {
    struct sigaction action {};
    sigemptyset(&action.sa_mask);
    for (const int s : {SIGTERM, SIGINT, SIGHUP, SIGALRM}) {
        action.sa_handler = s == SIGALRM ? on_tick : on_stop;
        if (::sigaction(s, &action, nullptr) != 0) fail_errno(reason::failed, "cannot catch a signal");
    }
}

bool stop_asked() noexcept { return asked != 0; }

bool patience_over() noexcept { return ticks >= last_tick; }

} // namespace weir::capture_helper
