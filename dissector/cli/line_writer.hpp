// Gives lines to their destination as it takes them. Must never block, and must not be asked for more while
// it waits: the events it writes stand where new ones would be put.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>

#include "output/destination.hpp"
#include "output/event_output.hpp"

namespace weir::cli {

class line_writer {
public:
    /// Hears how a write ended: all, closed or failed.
    using on_end = std::function<void(output::written)>;

    line_writer(boost::asio::io_context& io, output::destination& to, output::event_output& from,
                on_end done);
    ~line_writer();

    /// Writes what is pending; `done` is called, at once or later.
    void start();
    /// `gone` is called when nobody reads any more, though there may be nothing to write for long.
    void watch(std::function<void()> gone);

    /// True until `done` was called.
    [[nodiscard]] bool waits() const noexcept { return waits_; }
    [[nodiscard]] std::size_t pending() const noexcept { return from_.pending().size(); }
    /// Bytes that the destination has not taken yet, while waits().
    [[nodiscard]] std::size_t left() const noexcept { return rest_.size(); }

private:
    void go_on();

    output::destination& to_;
    output::event_output& from_;
    boost::asio::posix::stream_descriptor writable_;
    on_end done_;
    std::string_view rest_;
    bool waits_ = false;
};

} // namespace weir::cli
