#include "cli/outputs.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event/selection.hpp"
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
        struct stat s {};
        if (fd < 0 || ::fstat(fd, &s) != 0) return std::strerror(errno);
        if (struct stat in{}; in_ >= 0 && ::fstat(in_, &in) == 0 && is_same(s, in)) return "it is the input";
        for (const struct stat& other : known_)
            if (is_same(s, other)) return "it is another output, too";
        known_.push_back(s);
        if (!options_.append && S_ISREG(s.st_mode)) to_be_emptied_.push_back(fd);
        // a line that was cut by a full disk must not take the next one along; where there is still no room
        // the next start ends it
        if (options_.append && out_.logs.back().file->is_torn()) (void)!::write(fd, "\n", 1);
        return std::nullopt;
    }

    /// All could be opened.
    void empty_files() {
        for (const int fd : to_be_emptied_) (void)!::ftruncate(fd, 0); // of a file that is open for writing
    }

private:
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

std::optional<std::string> open_streams(const options& o, opened_outputs& out) {
    if (sandbox::landlock_abi() < 1)
        return "this kernel, or this build, has no Landlock: nothing would keep weir to that folder";
    if (auto why = out.stream_files.open(o.save, "streams")) return why;
    out.save_budget = o.save_budget;
    out.streams = std::make_unique<output::stream_saver>(
        out.stream_files, out.save_budget, descriptors_for_streams(),
        [&o](const std::string& what) { remark(o, "warning: " + what); });
    out.all.add(*out.streams, output::stream_saver::needs());
    return std::nullopt;
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
    if (o.save_streams)
        if (const auto why = open_streams(o, out)) {
            complain("cannot save in " + o.save + "/streams: " + *why);
            return common::exit_status::failed;
        }
    files.empty_files();
    return std::nullopt;
}

} // namespace weir::cli
