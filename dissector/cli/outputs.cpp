#include "cli/outputs.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event/selection.hpp"
#include "output/har_output.hpp"
#include "output/json_output.hpp"
#include "output/text_output.hpp"
#include "sandbox/sandbox.hpp"

namespace weir::cli {

namespace {

/// Events hold cookies and whatever else was sent: what -o makes is its owner's alone.
constexpr mode_t private_mode = 0600;

bool is_same(const struct stat& a, const struct stat& b) {
    return S_ISREG(a.st_mode) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// A file of -o and what it must not be.
class opening {
public:
    opening(const options& o, int in, opened_outputs& out)
        : options_(o)
        , in_(in)
        , out_(out) {}

    /// The file, not emptied yet; the error, where there is one.
    std::optional<std::string> open(const std::string& name, int& fd) {
        if (options_.append) {
            auto log = std::make_unique<output::log_file>();
            const output::log_file* const beside = out_.logs.empty() ? nullptr : out_.logs.front().file.get();
            if (auto why = log->locate(name, beside)) return why;
            out_.logs.push_back({std::move(log), nullptr});
            fd = out_.logs.back().file->open();
        } else {
            fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, private_mode);
        }
        if (fd < 0 && options_.append && errno == EINVAL) return "--append takes a regular file";
        if (auto why = take(fd, !options_.append)) return why;
        // a line that was cut by a full disk must not take the next one along; where there is still no room
        // the next start ends it
        if (options_.append && out_.logs.back().file->is_torn()) (void)!::write(fd, "\n", 1);
        return std::nullopt;
    }

    /// The file of --har, in the same way, whatever --append says.
    std::optional<std::string> open_har(int& fd) {
        // a FIFO of that name must not hold us until somebody reads it
        fd = ::open(options_.har.c_str(), O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, private_mode);
        struct stat s {};
        const bool is_other = fd < 0 ? errno == ENXIO : ::fstat(fd, &s) == 0 && !S_ISREG(s.st_mode);
        if (is_other) return "--har takes a regular file: its end is written over as it grows";
        return take(fd, true);
    }

    /// All could be opened.
    void empty_files() {
        for (const int fd : to_be_emptied_) (void)!::ftruncate(fd, 0); // of a file that is open for writing
    }

private:
    /// What was opened is no other output, and not the input.
    std::optional<std::string> take(int fd, bool is_emptied) {
        struct stat s {};
        if (fd < 0 || ::fstat(fd, &s) != 0) return std::strerror(errno);
        if (struct stat in{}; in_ >= 0 && ::fstat(in_, &in) == 0 && is_same(s, in)) return "it is the input";
        for (const struct stat& other : known_)
            if (is_same(s, other)) return "it is another output, too";
        known_.push_back(s);
        if (is_emptied && S_ISREG(s.st_mode)) to_be_emptied_.push_back(fd);
        return std::nullopt;
    }

    const options& options_;
    int in_;
    opened_outputs& out_;
    std::vector<struct stat> known_;
    std::vector<int> to_be_emptied_;
};

std::unique_ptr<output::outlet> make_outlet(const output_request& r, const options& o, int fd,
                                            opened_outputs& out) {
    const bool terminal = ::isatty(fd) == 1;
    const std::optional<style> as = r.as ? r.as : o.as;
    const bool text = as ? *as == style::text : terminal;
    const std::optional<event::mask> events = r.events ? r.events : o.events;
    out.has_stdout = out.has_stdout || r.name == "-";
    out.has_json = out.has_json || !text;
    std::unique_ptr<output::event_output> form = std::make_unique<output::json_output>();
    if (text)
        form = std::make_unique<output::text_output>(terminal && ::getenv("NO_COLOR") == nullptr,
                                                     events ? output::closes::all : output::closes::notable,
                                                     o.hex ? output::bytes_as::hex : output::bytes_as::text);
    output::outlet::settings s;
    s.name = r.name;
    s.selection =
        events.value_or(event::default_selection(text ? event::audience::terminal : event::audience::lines));
    s.at_intervals = !text || events || o.stats_interval;
    // of several, none stops a live capture for the others; a file waits for whoever reads what it says
    s.slow = r.slow.value_or(o.file.empty() && o.outputs.size() > 1 ? output::on_slow::drop
                                                                    : output::on_slow::wait);
    s.outlives_full_disk = o.append && r.name != "-";
    return std::make_unique<output::outlet>(std::move(s), std::move(form),
                                            std::make_unique<output::destination>(fd, fd != STDOUT_FILENO));
}

std::unique_ptr<output::outlet> make_har_outlet(const options& o, int fd) {
    output::outlet::settings s;
    s.name = o.har;
    s.selection = output::har_output::needs();
    auto to = std::make_unique<output::destination>(fd, true);
    to->end_with(output::har_output::closing);
    return std::make_unique<output::outlet>(
        std::move(s), std::make_unique<output::har_output>(o.har_body_limit()), std::move(to));
}

/// How many descriptors streams may have at once: most of those that the process may have.
std::size_t descriptors_for_streams() {
    constexpr rlim_t most = 4096, others = 64;
    rlimit l{};
    ::getrlimit(RLIMIT_NOFILE, &l);
    l.rlim_cur = std::min(l.rlim_max, most);
    if (::setrlimit(RLIMIT_NOFILE, &l) != 0) ::getrlimit(RLIMIT_NOFILE, &l);
    constexpr rlim_t of_stream = 2;
    return (std::max(l.rlim_cur, others + of_stream) - others) / of_stream;
}

std::optional<std::string> open_folder(const options& o, output::saved_files& folder,
                                       const std::string& name) {
    if (sandbox::landlock_abi() < 1)
        return "this kernel, or this build, has no Landlock: nothing would keep weir to that folder";
    return folder.open(o.save, name);
}

/// The folders of --save, and what writes into them. False after a line that says why not.
bool open_saved(const options& o, opened_outputs& out) {
    const auto warn = [&o](const std::string& what) { remark(o, "warning: " + what); };
    const auto opens = [&o](bool is_wanted, output::saved_files& folder, const std::string& name) {
        const auto why = is_wanted ? open_folder(o, folder, name) : std::nullopt;
        if (why) complain("cannot save in " + o.save + '/' + name + ": " + *why);
        return !why;
    };
    if (!opens(o.save_streams, out.stream_files, "streams") ||
        !opens(o.save_bodies.has_value(), out.body_files, "bodies"))
        return false;
    out.save_budget = o.save_budget;
    if (o.save_streams) {
        out.streams = std::make_unique<output::stream_saver>(out.stream_files, out.save_budget,
                                                             descriptors_for_streams(), warn);
        out.all.add(*out.streams, output::stream_saver::needs());
    }
    if (o.save_bodies)
        out.bodies = std::make_unique<output::body_saver>(out.all, out.body_files, out.save_budget,
                                                          *o.save_bodies, warn);
    return true;
}

} // namespace

std::optional<common::exit_status> open_outputs(const options& o, int in, opened_outputs& out) {
    opening files(o, in, out);
    for (const output_request& r : o.outputs) {
        int fd = STDOUT_FILENO;
        std::optional<std::string> why;
        if (r.name != "-") why = files.open(r.name, fd);
        if (r.name == "-" && out.has_stdout) why = "it is another output, too";
        if (why) {
            complain("cannot write to " + (r.name == "-" ? "standard output" : r.name) + ": " + *why);
            return common::exit_status::failed;
        }
        out.all.add(make_outlet(r, o, fd, out));
        if (r.name != "-" && o.append) out.logs.back().of = out.all.all().back().get();
    }
    if (!o.har.empty()) {
        if (const auto why = files.open_har(out.har)) {
            complain("cannot write to " + o.har + ": " + *why);
            return common::exit_status::failed;
        }
        out.all.add(make_har_outlet(o, out.har));
    }
    if (!open_saved(o, out)) return common::exit_status::failed;
    files.empty_files();
    return std::nullopt;
}

} // namespace weir::cli
