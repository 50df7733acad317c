// The writers of all outputs of a run together: whether the capture may go on, and when there is nobody left
// to write for. Must never let one output stop another, unless that was asked for.
#pragma once

#include "cli/outlet_writer.hpp"
#include "cli/outputs.hpp"

namespace weir::cli {

class outlet_writers {
public:
    struct listener {
        /// Nothing holds the capture up any more; with finish(), all is written.
        std::function<void()> on_room;
        /// No output is left.
        std::function<void()> on_over;
    };

    outlet_writers(boost::asio::io_context& io, const options& o, opened_outputs& outputs, listener to);

    /// The sink of the events.
    [[nodiscard]] event::sink& sink() noexcept { return outputs_.sink(); }

    /// Before the first event.
    void begin();
    /// Writes each output of which `batch` bytes or more are pending.
    void write(std::size_t batch);
    /// After the last event: writes all.
    void finish();
    /// A log rotation has renamed the files of --append: they are opened anew.
    void reopen();
    /// Names on standard error each reader that has stopped; true where there is one.
    [[nodiscard]] bool accuse_stopped_readers();

    /// True while the capture has to wait for an output.
    [[nodiscard]] bool hold_up() const noexcept;
    [[nodiscard]] bool are_over() const noexcept;
    [[nodiscard]] bool are_finished() const noexcept;
    /// Of one output at least.
    [[nodiscard]] bool have_failed() const noexcept { return failed_; }
    /// Files that are opened anew on SIGHUP.
    [[nodiscard]] bool have_logs() const noexcept { return !outputs_.logs.empty(); }
    [[nodiscard]] bool have_stdout() const noexcept { return outputs_.has_stdout; }

private:
    void on_change(const outlet_writer& w);

    opened_outputs& outputs_;
    listener to_;
    std::vector<std::unique_ptr<outlet_writer>> writers_;
    bool failed_ = false;
};

} // namespace weir::cli
