#include "cli/loop.hpp"

#include <boost/asio/post.hpp>
#include <chrono>
#include <csignal>
#include <cstring>
#include <unistd.h>
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
constexpr std::size_t file_batch = 64 * 1024;

} // namespace

common::timestamp wall_clock() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()};
}

surroundings::surroundings(bool append) {
    for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) signals.add(signal);
    struct sigaction hangup {};
    const bool ignored = ::sigaction(SIGHUP, nullptr, &hangup) == 0 && hangup.sa_handler == SIG_IGN;
    if (append || !ignored) signals.add(SIGHUP); // else nohup(1) stays in force
}

loop::loop(surroundings& s, const options& asked, output::destination& to, output::event_output& out,
           const pipeline::options& dissect)
    : around_(s)
    , asked_(asked)
    , to_(to)
    , core_(dissect, out)
    , input_(s.io)
    , words_(s.io)
    , writer_(s.io, to, out, [this](output::written how) { on_written(how); })
    , growth_(s.io)
    , deadline_(s.io)
    , watchdog_(s.io)
    , silence_(s.io) {}

loop::~loop() {
    for (stream_descriptor* d : {&input_, &words_})
        if (d->is_open()) d->release();
}

exit_status loop::run() {
    const source& from = around_.from;
    if (from.helper) {
        words_.assign(from.helper->words_fd());
        do_listen();
    }
    if (!from.live) around_.manager.ready("reading " + from.name);
    do_wait_signal();
    do_watch();
    writer_.watch([this] { quit(exit_status::done); });
    if (from.connector) {
        lost_ = true;
        service_.emplace(around_.io, *from.connector,
                         service_access::listener{[this](int fd, std::uint64_t n) { on_stream(fd, n); },
                                                  [this](const input::service_refusal& r) { on_refusal(r); },
                                                  [this](const std::string& what) { on_trouble(what); }});
        service_->reach();
    } else {
        stream_.emplace(from.fd, static_cast<input::capture_sink&>(*this));
        if (from.can_wait) input_.assign(from.fd);
        do_read();
    }
    around_.io.run();
    return status_;
}

// --- reading

void loop::do_read() {
    // a wait that was given up may have succeeded already: its turn is over all the same
    const auto on_ready = [this, turn = ++turn_](error_code ec) {
        if (!ec && turn == turn_) on_readable();
    };
    if (around_.from.can_wait && !stream_->holds_more())
        input_.async_wait(stream_descriptor::wait_read, on_ready);
    else
        asio::post(around_.io, [on_ready] { on_ready({}); });
}

void loop::stop_reading() {
    ++turn_;
    if (input_.is_open()) input_.cancel();
    growth_.cancel();
}

void loop::on_readable() {
    if (finished_) return;
    switch (stream_->advance()) {
    case input::progress::end:
        if (!asked_.follow || stopping_) return on_stream_over();
        caught_up_ = true;
        return do_write();
    case input::progress::failed:
        return on_stream_over();
    case input::progress::more:
    case input::progress::nothing_yet:
        caught_up_ = false;
        break;
    }
    begin_if_due();
    if (stopping_ && !around_.from.live) return on_stream_over();
    do_write();
}

/// A live capture says that it began, or goes on, when its interfaces are known: it may be long until a
/// packet comes.
void loop::begin_if_due() {
    if (!around_.from.live || stage_ != stage::described) return;
    stage_ = stage::begun;
    silence_.cancel();
    around_.manager.ready("capturing on " + around_.from.name);
    const std::uint64_t attempts = std::exchange(attempts_, 0);
    if (!resuming_) return core_.begin(wall_clock());
    resuming_ = false;
    core_.resumed(wall_clock(), attempts);
}

void loop::do_wait_for_growth() {
    growth_.expires_after(follow_interval);
    growth_.async_wait([this, turn = ++turn_](error_code ec) {
        if (!ec && turn == turn_) do_read();
    });
}

// --- writing

void loop::do_write() {
    // a file is read in pieces and written in larger ones; an event of now waits for nothing
    const bool of_now = around_.from.can_wait || caught_up_ || finished_;
    if (writer_.pending() < (of_now ? 1 : file_batch)) return go_on();
    writer_.start();
}

void loop::on_written(output::written how) {
    switch (how) {
    case output::written::all:
    case output::written::wait:
        return go_on();
    case output::written::closed:
        return quit(exit_status::done);
    case output::written::failed:
        complain("cannot write to " + output_name() + ": " + to_.error());
        return quit(exit_status::failed);
    }
}

/// What there is to do now that every line is out.
void loop::go_on() {
    if (finished_) return quit(status_);
    if (refusal_) return give_up();
    if (lost_ && stopping_) return on_stream_over();
    if (report_due_ && has_begun()) return do_report();
    if (lost_) return;
    if (caught_up_) return do_wait_for_growth();
    do_read();
}

void loop::quit(exit_status s) {
    status_ = s;
    finished_ = true;
    around_.io.stop();
}

std::string loop::output_name() const { return asked_.output.empty() ? "standard output" : asked_.output; }

// --- signals and time

void loop::do_wait_signal() {
    around_.signals.async_wait([this](error_code ec, int signal) {
        if (ec) return;
        do_wait_signal();
        on_signal(signal);
    });
}

void loop::on_signal(int signal) {
    if (signal == SIGHUP && around_.log.folder() >= 0) return do_reopen();
    if (signal != SIGUSR1) return on_stop();
    report_due_ = true;
    if (writer_.waits() || finished_ || !has_begun())
        return; // it comes behind capture.start and what is being written
    stop_reading();
    do_report();
}

void loop::do_report() {
    report_due_ = false;
    core_.report();
    writer_.start();
}

/// A log rotation has renamed the file.
void loop::do_reopen() {
    const int fd = around_.log.open();
    if (fd >= 0) return to_.replace(fd);
    complain("cannot open " + asked_.output + " anew: " + std::strerror(errno) +
             "; going on in the old file");
}

void loop::on_stop() {
    if (stopping_) return;
    stopping_ = true;
    around_.manager.stopping();
    deadline_.expires_after(end_patience);
    deadline_.async_wait([this](error_code ec) {
        if (!ec) on_deadline();
    });
    if (around_.from.ask_to_end()) return; // its stream goes on to its end
    if (writer_.waits()) return;
    stop_reading();
    on_stream_over();
}

void loop::on_deadline() {
    if (writer_.waits()) {
        complain("the reader of " + output_name() + " has stopped; " + std::to_string(writer_.left()) +
                 " bytes could not be written");
        return quit(exit_status::failed);
    }
    if (finished_) return;
    stop_reading();
    on_stream_over();
}

void loop::do_watch() {
    const auto interval = around_.manager.interval();
    if (!interval) return;
    around_.manager.alive();
    watchdog_.expires_after(*interval);
    watchdog_.async_wait([this](error_code ec) {
        if (!ec) do_watch();
    });
}

// --- the helper's words

void loop::do_listen() {
    words_.async_wait(stream_descriptor::wait_read, [this](error_code ec) {
        if (ec || finished_) return;
        const input::helper::words said = around_.from.helper->listen();
        const bool known = stopping_ && writer_.waits(); // that nobody reads: one line says it
        for (const std::string& w : said.warnings)
            if (!known) remark(asked_, "warning: " + w);
        if (!said.over) do_listen();
    });
}

// --- what the stream holds

void loop::on_interface(const common::interface_description& i) {
    if (stage_ == stage::silent) stage_ = stage::described;
    core_.interface(i);
}

void loop::on_record(const common::record& r) {
    if (resuming_) begin_if_due();
    core_.feed(r);
}

void loop::on_statistics(const common::interface_statistics& s) {
    if (resuming_) begin_if_due();
    core_.statistics(s);
}

void loop::on_comment(std::string_view text) {
    constexpr std::string_view mark = "sandbox: "; // docs/capture-protocol.md
    if (around_.from.live && text.starts_with(mark)) core_.helper_sandbox(text.substr(mark.size()));
}

} // namespace weir::cli
