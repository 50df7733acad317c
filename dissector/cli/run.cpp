#include "cli/run.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/source.hpp"
#include "event/selection.hpp"
#include "input/stream.hpp"
#include "output/destination.hpp"
#include "output/json_output.hpp"
#include "output/text_output.hpp"
#include "pipeline/pipeline.hpp"
#include "sandbox/sandbox.hpp"

namespace weir::cli {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using common::exit_status;
using std::chrono::milliseconds;

/// How long the rest may take once the end was asked for: the helper's last packets, a reader that has
/// stopped.
constexpr milliseconds end_patience{1000};
constexpr milliseconds follow_interval{100};

common::timestamp wall_clock() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()};
}

/// What Asio opens for itself, before the walls stand.
struct event_loop {
    asio::io_context io{1};
    asio::signal_set signals{io, SIGINT, SIGTERM, SIGUSR1};
    asio::steady_timer clock{io};
};

class runner final : private input::capture_sink {
public:
    runner(event_loop& loop, const options& o, source& from, output::destination& to,
           output::event_output& out, const pipeline::options& asked)
        : io_(loop.io)
        , signals_(loop.signals)
        , asked_(o)
        , from_(from)
        , to_(to)
        , out_(out)
        , core_(asked, out)
        , stream_(from.fd, *this)
        , input_(io_)
        , output_(io_)
        , words_(io_)
        , timer_(io_)
        , deadline_(io_) {}

    ~runner() {
        for (asio::posix::stream_descriptor* d : {&input_, &output_, &words_})
            if (d->is_open()) d->release();
    }

    exit_status run() {
        if (from_.can_wait) input_.assign(from_.fd);
        if (to_.can_wait()) output_.assign(to_.fd());
        if (from_.helper) {
            words_.assign(from_.helper->words_fd());
            do_listen();
        }
        do_wait_signal();
        do_read();
        io_.run();
        return status_;
    }

private:
    // --- reading

    void do_read() {
        // a wait that was given up may have succeeded already: its turn is over all the same
        const auto on_ready = [this, turn = ++turn_](error_code ec) {
            if (!ec && turn == turn_) on_readable();
        };
        if (from_.can_wait && !stream_.holds_more())
            input_.async_wait(asio::posix::stream_descriptor::wait_read, on_ready);
        else
            asio::post(io_, [on_ready] { on_ready({}); });
    }

    void stop_reading() {
        ++turn_;
        if (input_.is_open()) input_.cancel();
        timer_.cancel();
    }

    void on_readable() {
        if (finished_) return;
        switch (stream_.advance()) {
        case input::progress::end:
            if (!asked_.follow || stopping_) return on_input_over();
            caught_up_ = true;
            return do_write();
        case input::progress::failed:
            return on_input_over();
        case input::progress::more:
        case input::progress::nothing_yet:
            caught_up_ = false;
            break;
        }
        if (from_.live && interfaces_known_ && !begun_) {
            begun_ = true;
            core_.begin(wall_clock());
        }
        if (stopping_ && !from_.live) return on_input_over();
        do_write();
    }

    void do_wait_for_growth() {
        timer_.expires_after(follow_interval);
        timer_.async_wait([this, turn = ++turn_](error_code ec) {
            if (!ec && turn == turn_) do_read();
        });
    }

    void on_input_over() {
        if (finished_) return;
        finished_ = true;
        if (!stopping_) stream_.finish();
        std::string error;
        auto why = stopping_ ? event::end_reason::interrupted : event::end_reason::end_of_input;
        if (from_.live) {
            input::helper_end e = from_.helper ? from_.helper->reap() : input::helper_end{};
            if (e.status == exit_status::done && !stopping_)
                e = {exit_status::failed, "weir-capture ended although nobody asked it to"};
            if (e.status != exit_status::done) {
                status_ = e.status;
                error = std::move(e.message);
                why = event::end_reason::failed;
                complain(error);
            }
        }
        if (stream_.error() && status_ == exit_status::done) {
            const input::stream_error& e = *stream_.error();
            status_ = exit_status::failed;
            error = e.text + " (at byte " + std::to_string(e.offset) + ')';
            why = e.truncated ? event::end_reason::truncated : event::end_reason::failed;
            complain(from_.name + ": " + error);
        }
        // a helper that never began has said all there is to say
        if (!from_.live || begun_) core_.end(why, error);
        do_write();
    }

    // --- writing

    void do_write() {
        rest_ = out_.pending();
        if (rest_.empty()) return on_written();
        // a file is read in pieces and written in larger ones; an event of now waits for nothing
        const bool of_now = from_.can_wait || caught_up_;
        if (!of_now && !finished_ && rest_.size() < file_batch) return on_written();
        do_write_rest();
    }

    void do_write_rest() {
        switch (to_.write(rest_)) {
        case output::written::all:
            out_.clear();
            return on_written();
        case output::written::wait:
            output_.async_wait(asio::posix::stream_descriptor::wait_write, [this](error_code ec) {
                if (!ec) do_write_rest();
            });
            writing_ = true;
            return;
        case output::written::closed:
            return quit(exit_status::done);
        case output::written::failed:
            complain("cannot write to " + (asked_.output.empty() ? "standard output" : asked_.output) + ": " +
                     to_.error());
            return quit(exit_status::failed);
        }
    }

    void on_written() {
        writing_ = false;
        if (finished_) return quit(status_);
        if (report_due_) return do_report();
        if (caught_up_) return do_wait_for_growth();
        do_read();
    }

    void quit(exit_status s) {
        status_ = s;
        finished_ = true;
        io_.stop();
    }

    // --- signals

    void do_wait_signal() {
        signals_.async_wait([this](error_code ec, int signal) { on_signal(ec, signal); });
    }

    void on_signal(error_code ec, int signal) {
        if (ec) return;
        do_wait_signal();
        if (signal == SIGUSR1) {
            report_due_ = true;
            if (writing_ || finished_) return; // it comes behind what is being written
            stop_reading();
            do_report();
        } else {
            on_stop();
        }
    }

    void do_report() {
        report_due_ = false;
        core_.report();
        rest_ = out_.pending();
        do_write_rest();
    }

    void on_stop() {
        if (stopping_) return;
        stopping_ = true;
        deadline_.expires_after(end_patience);
        deadline_.async_wait([this](error_code ec) { on_deadline(ec); });
        if (from_.helper) return from_.helper->ask_to_end(); // its stream goes on to its end
        if (from_.service) return from_.service->ask_to_end();
        if (writing_) return;
        stop_reading();
        on_input_over();
    }

    void on_deadline(error_code ec) {
        if (ec) return;
        if (writing_) {
            complain("the reader of " + (asked_.output.empty() ? "standard output" : asked_.output) +
                     " has stopped; " + std::to_string(rest_.size()) + " bytes could not be written");
            return quit(exit_status::failed);
        }
        if (finished_) return;
        stop_reading();
        on_input_over();
    }

    // --- the helper's words

    void do_listen() {
        words_.async_wait(asio::posix::stream_descriptor::wait_read, [this](error_code ec) {
            if (ec || finished_) return;
            const input::helper::words said = from_.helper->listen();
            const bool known = stopping_ && writing_; // that nobody reads: one line says it
            for (const std::string& w : said.warnings)
                if (!known) complain("warning: " + w);
            if (!said.over) do_listen();
        });
    }

    // --- what the stream holds

    void on_interface(const common::interface_description& i) override {
        interfaces_known_ = true;
        core_.interface(i);
    }
    void on_record(const common::record& r) override { core_.feed(r); }
    void on_statistics(const common::interface_statistics& s) override { core_.statistics(s); }
    void on_comment(std::string_view text) override {
        constexpr std::string_view mark = "sandbox: "; // docs/capture-protocol.md
        if (from_.live && text.starts_with(mark)) core_.helper_sandbox(text.substr(mark.size()));
    }

    static constexpr std::size_t file_batch = 64 * 1024;

    asio::io_context& io_;
    asio::signal_set& signals_;
    const options& asked_;
    source& from_;
    output::destination& to_;
    output::event_output& out_;
    pipeline::pipeline core_;
    input::stream stream_;
    asio::posix::stream_descriptor input_, output_, words_;
    asio::steady_timer timer_, deadline_;
    std::string_view rest_;
    std::uint64_t turn_ = 0; // of reading; an older one's answer is stale
    exit_status status_ = exit_status::done;
    bool begun_ = false;
    bool caught_up_ = false; // with a file that is followed
    bool interfaces_known_ = false;
    bool stopping_ = false;
    bool finished_ = false;
    bool writing_ = false;
    bool report_due_ = false;
};

pipeline::options pipeline_options(const options& o, const source& from, bool text) {
    pipeline::options p;
    p.events = o.events.value_or(text ? output::text_selection() : event::default_selection());
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

/// Standard output or the file of -o, emptied; the input is left alone. Nothing, with a line said, where it
/// fails.
std::optional<int> open_output(const options& o, const source& from) {
    if (o.output.empty()) return STDOUT_FILENO;
    const auto refuse = [&](const std::string& why) {
        complain("cannot write to " + o.output + ": " + why);
        return std::nullopt;
    };
    const int fd = ::open(o.output.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) return refuse(std::strerror(errno));
    struct stat in {
    }, out{};
    if (::fstat(from.fd, &in) != 0 || ::fstat(fd, &out) != 0) return refuse(std::strerror(errno));
    if (S_ISREG(out.st_mode) && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
        return refuse("it is the input");
    if (S_ISREG(out.st_mode) && ::ftruncate(fd, 0) != 0) return refuse(std::strerror(errno));
    return fd;
}

} // namespace

exit_status run(const options& o) {
    std::signal(SIGPIPE, SIG_IGN);
    hold_standard_descriptors();
    event_loop loop;
    source from;
    if (const auto end = open_source(o, from)) return *end;
    const std::optional<int> opened = open_output(o, from);
    if (!opened) return exit_status::failed;
    const int out_fd = *opened;
    output::destination to(out_fd, out_fd != STDOUT_FILENO);
    const bool terminal = ::isatty(out_fd) == 1;
    const bool text = o.as ? *o.as == style::text : terminal;
    output::json_output json;
    output::text_output readable(terminal && ::getenv("NO_COLOR") == nullptr);
    output::event_output& out = text ? static_cast<output::event_output&>(readable) : json;
    pipeline::options asked = pipeline_options(o, from, text);
    if (auto failed = sandbox::leave_root(o.allow_root)) {
        complain(*failed);
        return exit_status::not_permitted;
    }
    sandbox::state walls = sandbox::raise_walls({from.helper ? from.helper->pid() : -1, false});
    if (walls.error) {
        complain(*walls.error);
        return exit_status::failed;
    }
    asked.sandbox = std::move(walls.words);
    runner r(loop, o, from, to, out, asked);
    return r.run();
}

} // namespace weir::cli
