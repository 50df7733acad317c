#include "cli/run.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/loop.hpp"
#include "sandbox/descriptors.hpp"
#include "sandbox/sandbox.hpp"
#include "session/coding/charset.hpp"

namespace weir::cli {

namespace {

using common::exit_status;

pipeline::options pipeline_options(const options& o, const resources& r) {
    pipeline::options p;
    p.events = r.outputs.selection();
    p.sessions.bodies = o.bodies.has_value();
    p.sessions.body_limit = o.bodies.value_or(0);
    p.sessions.body_hash = o.body_hash || o.save_bodies;
    p.sessions.content_limit = std::max(o.save_bodies.value_or(0), o.har_body_limit());
    p.sessions.raw_headers = o.raw_headers;
    p.names = !o.no_names;
    if (o.max_connections) p.flows.flows = static_cast<std::size_t>(*o.max_connections);
    if (o.max_memory) p.flows = p.flows.within(static_cast<std::size_t>(*o.max_memory));
    constexpr double live_interval = 10;
    const double seconds = o.stats_interval.value_or(r.from.live && r.outputs.has_json ? live_interval : 0);
    p.stats_interval.count =
        static_cast<std::int64_t>(seconds * static_cast<double>(common::nanoseconds_per_second));
    p.input = r.from.name;
    p.filter = o.filter;
    common::check(::getrandom(p.hash_key.data(), sizeof p.hash_key, 0) == sizeof p.hash_key,
                  "the kernel has entropy");
    return p;
}

/// What the command line names.
std::vector<std::string> named_paths(const options& o) {
    std::vector<std::string> paths{o.file};
    for (const output_request& r : o.outputs) paths.push_back(r.name);
    paths.push_back(o.har);
    return paths;
}

/// Who was started without one of them must not find its own files there.
void hold_standard_descriptors() {
    int fd = ::open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO) fd = ::dup(fd);
    if (fd >= 0) ::close(fd);
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
std::optional<exit_status> leave_root(const options& o, const capture_source& from) {
    const sandbox::departure now = sandbox::leave_root(o.allow_root);
    if (now.error)
        complain(*now.error);
    else if (!now.remark.empty() && from.live && remarks_are_read())
        remark(o, now.remark);
    return now.error ? std::optional(exit_status::not_permitted) : std::nullopt;
}

/// Raises the walls; `words` says what stands. The status to end with, after a line that says why, where
/// they do not.
std::optional<exit_status> wall_in(const resources& r, std::string& words) {
    sandbox::settings walls;
    if (r.from.helper) walls.child = r.from.helper->pid();
    if (r.from.connector) walls.child = r.from.connector->pid();
    walls.receives_stream = r.from.connector != nullptr;
    walls.rewritten = r.outputs.har;
    if (r.outputs.folder() >= 0)
        walls.folders.push_back({r.outputs.folder(), output::log_file::flags, output::log_file::mode});
    for (const output::saved_files* const saved : {&r.outputs.stream_files, &r.outputs.body_files})
        if (saved->folder() >= 0)
            walls.folders.push_back({saved->folder(), output::saved_files::flags, output::saved_files::mode});
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
    sandbox::inherited_descriptors inherited(named_paths(o));
    for (const int signal : {SIGPIPE, SIGXFSZ}) std::signal(signal, SIG_IGN); // a write says it
    hold_standard_descriptors();
    resources r(o.append);
    if (const auto end = open_capture(o, r.from)) return *end;
    // what is opened later is opened as the same user now
    const bool opens_later = o.append || !o.save.empty();
    if (opens_later)
        if (const auto end = leave_root(o, r.from)) return *end;
    if (const auto end = open_outputs(o, r.from.fd, r.outputs)) return *end;
    inherited.close_named();
    pipeline::options dissect = pipeline_options(o, r);
    session::charsets tables; // iconv loads code: behind the walls it could not
    dissect.sessions.charsets = &tables;
    if (!opens_later)
        if (const auto end = leave_root(o, r.from)) return *end;
    if (const auto end = wall_in(r, dissect.sandbox)) return *end;
    loop l(r, o, dissect);
    const exit_status end = l.run();
    return r.outputs.has_failed_to_save() ? exit_status::failed : end;
}

} // namespace weir::cli
