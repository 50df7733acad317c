// The event loop: reads the stream when it has something, writes lines when their reader takes them, hears
// signals, the helper and the service manager. Must never block, and reads no further while a line cannot be
// written.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "cli/line_writer.hpp"
#include "cli/service_access.hpp"
#include "cli/service_manager.hpp"
#include "cli/source.hpp"
#include "input/stream.hpp"
#include "output/log_file.hpp"
#include "pipeline/pipeline.hpp"

namespace weir::cli {

/// What is opened before the walls.
struct surroundings {
    boost::asio::io_context io{1};
    boost::asio::signal_set signals{io};
    boost::asio::steady_timer clock{io}; ///< makes Asio open its timer
    service_manager manager;
    source from;
    output::log_file log; ///< of --append

    /// `append` takes SIGHUP even where it was ignored.
    explicit surroundings(bool append);
};

[[nodiscard]] common::timestamp wall_clock();

class loop final : private input::capture_sink {
public:
    loop(surroundings& s, const options& asked, output::destination& to, output::event_output& out,
         const pipeline::options& dissect);
    ~loop();

    /// Until the end; the status to end with.
    [[nodiscard]] common::exit_status run();

private:
    void do_read();
    void stop_reading();
    void on_readable();
    void do_wait_for_growth();
    void begin_if_due();
    /// capture.start has been said, or may be at any time.
    [[nodiscard]] bool has_begun() const noexcept {
        return !around_.from.live || stage_ == stage::begun || resuming_;
    }

    // loop_end.cpp: the end of a stream, and the next one
    void on_stream_over(std::string error = {});
    void on_lost(const std::string& why);
    void on_stream(int stream, std::uint64_t attempts);
    void do_watch_silence();
    void on_refusal(const input::service_refusal& r);
    void on_trouble(const std::string& what);
    void give_up();
    void finish(event::end_reason why, const std::string& error);
    [[nodiscard]] input::helper_end end_of_source();

    void do_write();
    void on_written(output::written how);
    void go_on();
    void quit(common::exit_status s);
    [[nodiscard]] std::string output_name() const;

    void do_wait_signal();
    void on_signal(int signal);
    void do_report();
    void do_reopen();
    void on_stop();
    void on_deadline();
    void do_watch();
    void do_listen();

    void on_interface(const common::interface_description& i) override;
    void on_record(const common::record& r) override;
    void on_statistics(const common::interface_statistics& s) override;
    void on_comment(std::string_view text) override;

    surroundings& around_;
    const options& asked_;
    output::destination& to_;
    pipeline::pipeline core_;
    std::optional<input::stream> stream_; // but while lost_
    boost::asio::posix::stream_descriptor input_, words_;
    line_writer writer_;
    boost::asio::steady_timer growth_, deadline_, watchdog_, silence_;
    std::optional<service_access> service_;
    std::optional<input::service_refusal> refusal_; // that ends it
    std::uint64_t turn_ = 0;                        // of reading; an older one's answer is stale
    std::uint64_t attempts_ = 0;
    common::exit_status status_ = common::exit_status::done;
    /// of a live stream: nothing of it is known, its interfaces are, capture.start or capture.resumed is said
    enum class stage : std::uint8_t { silent, described, begun } stage_ = stage::silent;
    bool lost_ = false;      // there is no stream now; one may come
    bool resuming_ = false;  // capture.lost was said and capture.resumed was not
    bool caught_up_ = false; // with a file that is followed
    bool stopping_ = false;
    bool finished_ = false;
    bool report_due_ = false;
};

} // namespace weir::cli
