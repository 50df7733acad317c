#include "cli/run.hpp"

#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/loop.hpp"
#include "event/selection.hpp"
#include "output/json_output.hpp"
#include "output/text_output.hpp"
#include "sandbox/descriptors.hpp"
#include "sandbox/sandbox.hpp"

namespace weir::cli {

namespace {

using common::exit_status;

pipeline::options pipeline_options(const options& o, const source& from, bool text) {
    pipeline::options p;
    p.events = o.events.value_or(
        event::default_selection(text ? event::audience::terminal : event::audience::lines));
    p.sessions.bodies = o.bodies.has_value();
    p.sessions.body_limit = o.bodies.value_or(0);
    p.sessions.raw_headers = o.raw_headers;
    constexpr double live_interval = 10;
    const double seconds = o.stats_interval.value_or(from.live && !text ? live_interval : 0);
    p.stats_interval.count =
        static_cast<std::int64_t>(seconds * static_cast<double>(common::nanoseconds_per_second));
    p.input = from.name;
    p.filter = o.filter;
    common::check(::getrandom(p.hash_key.data(), sizeof p.hash_key, 0) == sizeof p.hash_key,
                  "the kernel has entropy");
    return p;
}

/// Who was started without one of them must not find its own files there.
void hold_standard_descriptors() {
    int fd = ::open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO) fd = ::dup(fd);
    if (fd >= 0) ::close(fd);
}

/// Events hold cookies and whatever else was sent: what -o makes is its owner's alone.
constexpr mode_t private_mode = 0600;

/// Standard output or the file of -o, emptied unless --append; the input is left alone. Nothing, with a line
/// said, where it fails.
std::optional<int> open_output(const options& o, surroundings& s) {
    if (o.output.empty()) return STDOUT_FILENO;
    const auto refuse = [&](const std::string& why) {
        complain("cannot write to " + o.output + ": " + why);
        return std::nullopt;
    };
    if (o.append)
        if (const auto why = s.log.locate(o.output)) return refuse(*why);
    const int fd =
        o.append ? s.log.open() : ::open(o.output.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, private_mode);
    if (fd < 0)
        return refuse(o.append && errno == EINVAL ? "--append takes a regular file" : std::strerror(errno));
    struct stat in {
    }, out{};
    if (::fstat(fd, &out) != 0) return refuse(std::strerror(errno));
    const bool is_input =
        s.from.fd >= 0 && ::fstat(s.from.fd, &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino;
    if (S_ISREG(out.st_mode) && is_input) return refuse("it is the input");
    if (!o.append && S_ISREG(out.st_mode) && ::ftruncate(fd, 0) != 0) return refuse(std::strerror(errno));
    // a line that was cut by a full disk must not take the next one along
    if (o.append && s.log.is_torn() && ::write(fd, "\n", 1) != 1) return refuse(std::strerror(errno));
    return fd;
}

/// Where a person, or who keeps a service's journal (systemd.exec(5)), reads standard error.
bool remarks_are_read() {
    if (::isatty(STDERR_FILENO) == 1) return true;
    const char* const journal = ::getenv("JOURNAL_STREAM");
    struct stat s {};
    return journal != nullptr && ::fstat(STDERR_FILENO, &s) == 0 &&
           journal == std::to_string(s.st_dev) + ':' + std::to_string(s.st_ino);
}

/// Root becomes somebody else; a live capture, which runs on, says so. The status to end with, after a line
/// that says why, where that fails.
std::optional<exit_status> leave_root(const options& o, const source& from) {
    const sandbox::identity now = sandbox::leave_root(o.allow_root);
    if (now.error)
        complain(*now.error);
    else if (!now.told.empty() && from.live && remarks_are_read())
        remark(o, now.told);
    return now.error ? std::optional(exit_status::not_permitted) : std::nullopt;
}

/// Raises the walls; `words` says what stands. The status to end with, after a line that says why, where
/// they do not.
std::optional<exit_status> wall_in(const surroundings& s, std::string& words) {
    sandbox::settings walls;
    if (s.from.helper) walls.child = s.from.helper->pid();
    if (s.from.connector) walls.child = s.from.connector->pid();
    walls.receives_stream = s.from.connector != nullptr;
    walls.output_folder = s.log.folder();
    walls.output_flags = output::log_file::flags;
    walls.output_mode = output::log_file::mode;
    sandbox::state standing = sandbox::raise_walls(walls);
    if (standing.error) {
        complain(*standing.error);
        return exit_status::failed;
    }
    words = std::move(standing.words);
    return std::nullopt;
}

} // namespace

exit_status run(const options& o) {
    sandbox::inherited_descriptors inherited({o.file, o.output});
    std::signal(SIGPIPE, SIG_IGN);
    hold_standard_descriptors();
    surroundings s(o.append);
    if (const auto end = open_source(o, s.from)) return *end;
    // what is opened anew later is opened as the same user now
    if (o.append)
        if (const auto end = leave_root(o, s.from)) return *end;
    const std::optional<int> out_fd = open_output(o, s);
    if (!out_fd) return exit_status::failed;
    inherited.close_named();
    output::destination to(*out_fd, *out_fd != STDOUT_FILENO);
    const bool terminal = ::isatty(*out_fd) == 1;
    const bool text = o.as ? *o.as == style::text : terminal;
    output::json_output json;
    output::text_output readable(terminal && ::getenv("NO_COLOR") == nullptr,
                                 o.events ? output::closes::all : output::closes::notable);
    output::event_output& out = text ? static_cast<output::event_output&>(readable) : json;
    pipeline::options dissect = pipeline_options(o, s.from, text);
    session::charsets tables; // iconv loads code: behind the walls it could not
    dissect.sessions.charsets = &tables;
    if (!o.append)
        if (const auto end = leave_root(o, s.from)) return *end;
    if (const auto end = wall_in(s, dissect.sandbox)) return *end;
    loop l(s, o, to, out, dissect);
    return l.run();
}

} // namespace weir::cli
