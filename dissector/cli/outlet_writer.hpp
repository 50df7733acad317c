// Gives the bytes of one outlet to its destination as it takes them: at once, when it is writable again, or
// when a full disk has room again. Must never block.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>

#include "output/outlet.hpp"

namespace weir::cli {

class outlet_writer {
public:
    struct listener {
        /// Something changed while nobody had called write(): it took bytes, or is over.
        std::function<void(outlet_writer&)> on_change;
        /// What a person should know, and nothing ends by it.
        std::function<void(const std::string&)> on_remark;
        /// Why this output is over.
        std::function<void(const std::string&)> on_failure;
    };

    outlet_writer(boost::asio::io_context& io, output::outlet& o, listener to);
    ~outlet_writer();

    /// Writes what is pending, now or as soon as there is room.
    void write();
    /// From now on its end is noticed, though there may be nothing to write for long.
    void watch();
    /// No more will be put: whatever is pending holds up the end, a full disk excepted.
    void finish();
    /// Goes on in another file.
    void replace(int fd);

    /// True while nothing more should be put into it.
    [[nodiscard]] bool holds_up() const noexcept;
    /// True where it held up when the change began that on_change reports.
    [[nodiscard]] bool held_up() const noexcept { return held_up_; }
    [[nodiscard]] bool is_finished() const noexcept;
    [[nodiscard]] output::outlet& what() noexcept { return outlet_; }
    [[nodiscard]] const output::outlet& what() const noexcept { return outlet_; }
    /// For a sentence.
    [[nodiscard]] std::string name() const;

private:
    void attempt();
    void retry();
    void wait_for_room();
    void remark_on(output::written before);
    [[nodiscard]] std::string lost_text() const;

    output::outlet& outlet_;
    boost::asio::posix::stream_descriptor descriptor_;
    boost::asio::steady_timer retry_;
    listener to_;
    std::chrono::milliseconds delay_;
    std::uint64_t reported_drops_ = 0;
    bool held_up_ = false; ///< when the change began that on_change reports
    bool finishing_ = false;
};

} // namespace weir::cli
