// The event loop: reads the stream when it has something, lets the outputs write when their readers take it,
// hears signals, the helper, a capture service and the service manager. Must never block, and reads no
// further while an output holds the capture up.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "cli/capture_source.hpp"
#include "cli/outlet_writers.hpp"
#include "cli/phase.hpp"
#include "cli/service_access.hpp"
#include "cli/service_manager.hpp"
#include "input/stream.hpp"
#include "pipeline/pipeline.hpp"

namespace weir::cli {

/// What is opened before the walls.
struct resources {
    boost::asio::io_context io{1};
    boost::asio::signal_set signals{io};
    boost::asio::steady_timer clock{io}; ///< makes Asio open its timer
    service_manager manager;
    capture_source from;
    opened_outputs outputs;

    /// `append` takes SIGHUP even where it was ignored.
    explicit resources(bool append);
};

class loop final : private input::capture_sink {
public:
    loop(resources& r, const options& o, const pipeline::options& dissect);
    ~loop();

    /// Until the end; the status to end with.
    [[nodiscard]] common::exit_status run();

private:
    /// What a signal asked for and was not done yet.
    enum class demand : std::uint8_t { none, report, stop };

    void enter(turn t);
    [[nodiscard]] bool is_stopping() const noexcept { return demand_ == demand::stop; }

    void do_read();
    void stop_reading();
    void on_readable();
    void do_wait_for_growth();
    void begin_if_due();

    void do_write();
    void go_on();
    void quit();

    void on_stream_over(std::string error = {});
    void on_lost(const std::string& why);
    void on_stream(int stream, std::uint64_t attempts);
    void do_watch_silence();
    void on_refusal(const input::service_refusal& r);
    void on_trouble(const std::string& what);
    void give_up();
    void finish(event::end_reason why, const std::string& error);
    [[nodiscard]] input::helper_end end_of_source();

    void do_wait_signal();
    void on_signal(int signal);
    void do_report();
    void on_stop();
    void on_deadline();
    void do_watch();
    void do_listen();

    void on_interface(const common::interface_description& i) override;
    void on_record(const common::record& r) override;
    void on_statistics(const common::interface_statistics& s) override;
    void on_loss(const common::packet_loss& l) override;
    void on_comment(std::string_view text) override;

    resources& resources_;
    capture_source& from_;
    const options& options_;
    outlet_writers writers_;
    pipeline::pipeline pipeline_;
    std::optional<input::stream> stream_; ///< empty while there is none
    boost::asio::posix::stream_descriptor input_, words_;
    boost::asio::steady_timer growth_, deadline_, watchdog_, silence_;
    std::optional<service_access> service_;
    std::optional<input::service_refusal> refusal_; ///< that ends it
    phase phase_;
    demand demand_ = demand::none;
    std::uint64_t read_generation_ = 0; ///< of the pending read; handlers of older ones do nothing
    std::uint64_t attempts_ = 0;        ///< to reach the service, since capture.lost
    common::exit_status status_ = common::exit_status::done;
};

} // namespace weir::cli
