#include "cli/loop.hpp"

#include <boost/asio/post.hpp>
#include <chrono>
#include <csignal>
#include <utility>

namespace weir::cli {

namespace {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;
using boost::system::error_code;
using common::exit_status;
using std::chrono::milliseconds;

/// How long the rest may take once the end was asked for: the helper's last packets, a reader that has
/// stopped.
constexpr milliseconds end_patience{1000};
constexpr milliseconds follow_interval{100};
/// How long a service that granted a capture may send nothing; the first blocks come at once.
constexpr std::chrono::seconds longest_silence{5};
constexpr std::size_t file_batch = 64 * 1024;

common::timestamp wall_clock() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()};
}

phase first_phase(const capture_source& from) {
    if (!from.live) return phase::reading;
    return from.connector ? phase::reaching : phase::silent;
}

} // namespace

resources::resources(bool append) {
    for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) signals.add(signal);
    struct sigaction hangup {};
    const bool ignored = ::sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler == SIG_IGN;
    if (append || !ignored) signals.add(SIGHUP); // else nohup(1) stays in force
}

loop::loop(resources& r, const options& o, const pipeline::options& dissect)
    : resources_(r)
    , from_(r.from)
    , options_(o)
    , writers_(r.io, o, r.outputs, {[this] { go_on(); }, [this] { quit(); }})
    , pipeline_(dissect, writers_.sink())
    , input_(r.io)
    , words_(r.io)
    , growth_(r.io)
    , deadline_(r.io)
    , watchdog_(r.io)
    , silence_(r.io)
    , phase_(first_phase(r.from)) {}

loop::~loop() {
    for (stream_descriptor* d : {&input_, &words_})
        if (d->is_open()) d->release();
}

exit_status loop::run() {
    if (from_.helper) {
        words_.assign(from_.helper->words_fd());
        do_listen();
    }
    if (!from_.live) resources_.manager.ready("reading " + from_.name);
    do_wait_signal();
    do_watch();
    writers_.begin();
    if (from_.connector) {
        service_.emplace(resources_.io, *from_.connector,
                         service_access::listener{[this](int fd, std::uint64_t n) { on_stream(fd, n); },
                                                  [this](const input::service_refusal& r) { on_refusal(r); },
                                                  [this](const std::string& what) { on_trouble(what); }});
        service_->reach();
    } else {
        stream_.emplace(from_.fd, static_cast<input::capture_sink&>(*this));
        if (from_.can_wait) input_.assign(from_.fd);
        do_read();
    }
    resources_.io.run();
    return status_;
}

void loop::enter(turn t) {
    const std::optional<phase> to = next(phase_, t);
    common::check(to.has_value(), "a run takes the turns that its table has");
    phase_ = *to;
}

// --- reading

void loop::do_read() {
    // a wait that was given up may have succeeded already: its turn is over all the same
    const auto on_ready = [this, generation = ++read_generation_](error_code ec) {
        if (!ec && generation == read_generation_) on_readable();
    };
    if (from_.can_wait && !stream_->holds_more())
        input_.async_wait(stream_descriptor::wait_read, on_ready);
    else
        asio::post(resources_.io, [on_ready] { on_ready({}); });
}

void loop::stop_reading() {
    ++read_generation_;
    if (input_.is_open()) input_.cancel();
    growth_.cancel();
}

void loop::on_readable() {
    if (phase_ == phase::finishing) return;
    switch (stream_->advance()) {
    case input::progress::end:
        if (!options_.follow || is_stopping()) return on_stream_over();
        enter(turn::catch_up);
        return do_write();
    case input::progress::failed:
        return on_stream_over();
    case input::progress::more:
    case input::progress::nothing_yet:
        break;
    }
    begin_if_due();
    if (is_stopping() && !from_.live) return on_stream_over();
    do_write();
}

/// A live capture says that it began, or goes on, when its interfaces are known: it may be long until a
/// packet comes.
void loop::begin_if_due() {
    if (!is_due_to_begin(phase_)) return;
    const bool resuming = is_resuming(phase_);
    enter(turn::begin);
    silence_.cancel();
    resources_.manager.ready("capturing on " + from_.name);
    const std::uint64_t attempts = std::exchange(attempts_, 0);
    if (!resuming) return pipeline_.begin(wall_clock());
    if (!writers_.have_stdout())
        remark(options_, "the capture is back, after " + std::to_string(attempts) +
                             (attempts == 1 ? " attempt" : " attempts") + "; capturing on " + from_.name);
    pipeline_.resumed(wall_clock(), attempts);
}

void loop::do_wait_for_growth() {
    growth_.expires_after(follow_interval);
    growth_.async_wait([this, generation = ++read_generation_](error_code ec) {
        if (ec || generation != read_generation_) return;
        enter(turn::grow);
        do_read();
    });
}

// --- writing

void loop::do_write() {
    // a file is read in pieces and written in larger ones; an event of now waits for nothing
    const bool of_now = from_.can_wait || phase_ == phase::caught_up;
    writers_.write(of_now ? 1 : file_batch);
    if (writers_.are_over()) return quit();
    if (!writers_.hold_up()) go_on();
}

/// What there is to do where no output holds it up.
void loop::go_on() {
    if (phase_ == phase::finishing) return writers_.are_finished() ? quit() : void();
    if (refusal_) return give_up();
    if (is_stopping() && !has_stream(phase_)) return on_stream_over();
    if (demand_ == demand::report && has_begun(phase_)) return do_report();
    if (phase_ == phase::caught_up) return do_wait_for_growth();
    if (has_stream(phase_)) do_read();
}

void loop::quit() {
    if (writers_.have_failed()) status_ = exit_status::failed;
    resources_.io.stop();
}

// --- the end of a stream: of the input, or of one of a capture service after which another may come

void loop::on_stream_over(std::string error) {
    if (phase_ == phase::finishing) return;
    const input::stream_error* wrong = nullptr;
    if (has_stream(phase_)) {
        if (!is_stopping() && error.empty()) stream_->finish();
        if (stream_->error()) wrong = &*stream_->error();
        if (wrong != nullptr)
            error = wrong->text + " (at byte " + std::to_string(wrong->offset) +
                    (wrong->unpacked ? " of what was unpacked)" : ")");
        if (options_.reconnect && !is_stopping() && next(phase_, turn::lose))
            return on_lost(error.empty() ? "the capture service ended the stream" : error);
    }
    if (from_.live) {
        if (const input::helper_end e = end_of_source(); e.status != exit_status::done) {
            status_ = e.status;
            std::string why = e.message;
            if (!from_.helper && !error.empty()) why = wrong != nullptr ? why + ": " + error : error;
            complain(why);
            return finish(event::end_reason::failed, why);
        }
    }
    auto why = is_stopping() ? event::end_reason::interrupted : event::end_reason::end_of_input;
    if (wrong != nullptr) {
        status_ = exit_status::failed;
        why = wrong->truncated ? event::end_reason::truncated : event::end_reason::failed;
        complain(from_.name + ": " + error);
    }
    finish(why, error);
}

/// How the helper or the service ended; unasked it should not have.
input::helper_end loop::end_of_source() {
    input::helper_end e = from_.helper ? from_.helper->reap() : input::helper_end{};
    if (e.status == exit_status::done && !is_stopping())
        e = {exit_status::failed, (from_.helper ? "weir-capture" : "the capture service") +
                                      std::string(" ended although nobody asked it to")};
    return e;
}

void loop::on_lost(const std::string& why) {
    if (!is_resuming(phase_)) {
        pipeline_.lost(wall_clock(), why);
        if (!writers_.have_stdout())
            remark(options_, "the capture is lost: " + why + "; trying to reach the service again");
    }
    enter(turn::lose);
    resources_.manager.status("the capture is lost: " + why);
    silence_.cancel();
    stop_reading();
    input_.release();
    stream_.reset();
    from_.close_stream();
    service_->reach_again();
    do_write();
}

void loop::on_stream(int stream, std::uint64_t attempts) {
    enter(turn::stream);
    attempts_ += attempts;
    from_.take_stream(stream);
    stream_.emplace(stream, static_cast<input::capture_sink&>(*this));
    input_.assign(stream);
    if (!options_.reconnect) service_->retire();
    do_watch_silence();
    if (is_stopping()) (void)from_.ask_to_end();
    if (!writers_.hold_up()) do_read();
}

void loop::do_watch_silence() {
    silence_.expires_after(longest_silence);
    silence_.async_wait([this](error_code ec) {
        if (ec || !is_silent(phase_)) return;
        if (writers_.hold_up()) return do_watch_silence();
        stop_reading();
        on_stream_over("the capture service sends nothing");
    });
}

void loop::on_refusal(const input::service_refusal& r) {
    refusal_ = r;
    if (!writers_.hold_up()) give_up();
}

void loop::on_trouble(const std::string& what) {
    const bool lost = !has_stream(phase_);
    remark(options_, "warning: " + what + (lost ? "; trying again" : ""));
    if (lost) resources_.manager.status(what);
}

void loop::give_up() {
    if (phase_ == phase::finishing) return;
    status_ = refusal_->status;
    complain(refusal_->message);
    finish(event::end_reason::failed, refusal_->message);
}

void loop::finish(event::end_reason why, const std::string& error) {
    // a capture of which nothing was known has said all there is to say
    const bool known = has_begun(phase_) || is_due_to_begin(phase_);
    enter(turn::finish);
    if (service_) service_->stop();
    if (known) pipeline_.end(why, error);
    writers_.finish();
    go_on();
}

// --- signals and time

void loop::do_wait_signal() {
    resources_.signals.async_wait([this](error_code ec, int signal) {
        if (ec) return;
        do_wait_signal();
        on_signal(signal);
    });
}

void loop::on_signal(int signal) {
    if (signal == SIGHUP && writers_.have_logs()) return writers_.reopen();
    if (signal != SIGUSR1) return on_stop();
    if (is_stopping()) return; // the last totals are due
    demand_ = demand::report;
    if (writers_.hold_up() || phase_ == phase::finishing || !has_begun(phase_))
        return; // it comes behind capture.start and what is being written
    stop_reading();
    do_report();
}

void loop::do_report() {
    demand_ = demand::none;
    pipeline_.report();
    writers_.write(1);
    do_write();
}

void loop::on_stop() {
    if (is_stopping()) return;
    if (demand_ == demand::report && has_begun(phase_)) pipeline_.report();
    demand_ = demand::stop;
    resources_.manager.stopping();
    deadline_.expires_after(end_patience);
    deadline_.async_wait([this](error_code ec) {
        if (!ec) on_deadline();
    });
    if (from_.ask_to_end()) return; // its stream goes on to its end
    if (writers_.hold_up()) return;
    stop_reading();
    on_stream_over();
}

void loop::on_deadline() {
    if (writers_.accuse_stopped_readers()) return quit();
    if (phase_ == phase::finishing) return;
    stop_reading();
    on_stream_over();
}

void loop::do_watch() {
    const auto interval = resources_.manager.interval();
    if (!interval) return;
    resources_.manager.alive();
    watchdog_.expires_after(*interval);
    watchdog_.async_wait([this](error_code ec) {
        if (!ec) do_watch();
    });
}

// --- the helper's words

void loop::do_listen() {
    words_.async_wait(stream_descriptor::wait_read, [this](error_code ec) {
        if (ec || phase_ == phase::finishing) return;
        const input::helper::words said = from_.helper->listen();
        const bool known = is_stopping() && writers_.hold_up(); // that nobody reads: one line says it
        for (const std::string& w : said.warnings)
            if (!known) remark(options_, "warning: " + w);
        if (!said.over) do_listen();
    });
}

// --- what the stream holds

void loop::on_interface(const common::interface_description& i) {
    if (from_.live) enter(turn::describe);
    pipeline_.interface(i);
}

void loop::on_record(const common::record& r) {
    if (phase_ == phase::redescribed) begin_if_due();
    pipeline_.feed(r);
}

void loop::on_statistics(const common::interface_statistics& s) {
    if (phase_ == phase::redescribed) begin_if_due();
    pipeline_.statistics(s);
}

void loop::on_loss(const common::packet_loss& l) { pipeline_.lost(l); }

void loop::on_comment(std::string_view text) {
    constexpr std::string_view mark = "sandbox: "; // docs/capture-protocol.md
    if (from_.live && text.starts_with(mark)) pipeline_.helper_sandbox(text.substr(mark.size()));
}

} // namespace weir::cli
