#include "cli/line_writer.hpp"

namespace weir::cli {

line_writer::line_writer(boost::asio::io_context& io, output::destination& to, output::event_output& from,
                         on_end done)
    : to_(to)
    , from_(from)
    , writable_(io)
    , done_(std::move(done)) {
    if (to.can_wait()) writable_.assign(to.fd());
}

line_writer::~line_writer() {
    if (writable_.is_open()) writable_.release();
}

void line_writer::start() {
    rest_ = from_.pending();
    go_on();
}

void line_writer::watch(std::function<void()> gone) {
    if (!writable_.is_open()) return;
    const auto on_event = [this, gone](boost::system::error_code ec) {
        if (ec) return;
        if (to_.is_gone()) return gone();
        watch(gone);
    };
    writable_.async_wait(boost::asio::posix::stream_descriptor::wait_error, on_event);
}

void line_writer::go_on() {
    const output::written how = to_.write(rest_);
    waits_ = how == output::written::wait;
    if (waits_)
        return writable_.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                                    [this](boost::system::error_code ec) {
                                        if (!ec) go_on();
                                    });
    if (how == output::written::all) from_.clear();
    done_(how);
}

} // namespace weir::cli
