// When to try to reach a capture service, and what comes of it. The first time any refusal ends it; again it
// tries at once, then ever more rarely, until the service answers or refuses for good. Must never wait in a
// way that holds up signals.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>

#include "input/connector.hpp"

namespace weir::cli {

class service_access {
public:
    struct listener {
        /// A stream, its owner from then on, and how many attempts it took.
        std::function<void(int stream, std::uint64_t attempts)> on_stream;
        /// Trying again will not mend it.
        std::function<void(const input::service_refusal&)> on_refusal;
        /// It will be tried again, or nothing is lost yet; said once where it stays the same.
        std::function<void(const std::string&)> on_trouble;
    };

    service_access(boost::asio::io_context& io, input::connector& by, listener to);
    ~service_access();

    void reach();
    void reach_again();
    void stop();
    /// Ends the process that connects: it is needed no more.
    void retire();

private:
    using clock = std::chrono::steady_clock;

    enum class stage : std::uint8_t {
        idle,           ///< no answer is expected
        reaching,       ///< for the first time
        reaching_again, ///< after a stream that ended
        retired,        ///< the process that connects has been ended
    };
    [[nodiscard]] bool is_trying() const noexcept {
        return stage_ == stage::reaching || stage_ == stage::reaching_again;
    }

    void do_wait();
    void do_listen();
    void on_answer(const input::connection_answer& a);

    input::connector& by_;
    boost::asio::posix::stream_descriptor answers_;
    boost::asio::steady_timer timer_;
    listener to_;
    std::chrono::milliseconds delay_{0};
    clock::time_point last_success_{};
    std::uint64_t attempts_ = 0;
    std::string trouble_;
    stage stage_ = stage::idle;
};

} // namespace weir::cli
