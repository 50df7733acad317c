// When to try to reach a capture service again, and what comes of it: at once, then ever more rarely, until
// it answers or refuses for good. Must never wait in a way that holds up signals.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>

#include "input/connector.hpp"

namespace weir::cli {

class reconnection {
public:
    using on_stream = std::function<void(int stream, std::uint64_t attempts)>;
    using on_refusal = std::function<void(const input::service_refusal&)>;

    /// `back` gets the stream, its owner from then on; `given_up` hears a refusal that trying again will not
    /// mend.
    reconnection(boost::asio::io_context& io, input::connector& by, on_stream back, on_refusal given_up);
    ~reconnection();

    /// Tries from now on.
    void begin();
    void stop();

private:
    using clock = std::chrono::steady_clock;

    void do_wait();
    void do_ask();
    void on_answer();

    input::connector& by_;
    boost::asio::posix::stream_descriptor answers_;
    boost::asio::steady_timer timer_;
    on_stream back_;
    on_refusal given_up_;
    std::chrono::milliseconds delay_{0};
    clock::time_point last_success_ = clock::now();
    std::uint64_t attempts_ = 0;
    bool trying_ = false;
};

} // namespace weir::cli
