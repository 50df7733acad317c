#include "cli/outlet_writer.hpp"

#include <algorithm>

namespace weir::cli {

namespace {

using boost::asio::posix::stream_descriptor;
using boost::system::error_code;
using output::written;
using std::chrono::milliseconds;

constexpr milliseconds first_delay{100};
constexpr milliseconds longest_delay{5000};

} // namespace

outlet_writer::outlet_writer(boost::asio::io_context& io, output::outlet& o, listener to)
    : outlet_(o)
    , descriptor_(io)
    , retry_(io)
    , to_(std::move(to))
    , delay_(first_delay) {
    if (o.to().can_wait()) descriptor_.assign(o.to().fd());
}

outlet_writer::~outlet_writer() {
    if (descriptor_.is_open()) descriptor_.release();
}

std::string outlet_writer::name() const {
    const std::string& name = outlet_.how().name;
    return name == "-" ? "standard output" : name;
}

bool outlet_writer::holds_up() const noexcept {
    return outlet_.state() == written::wait && (finishing_ || outlet_.how().slow == output::on_slow::wait);
}

bool outlet_writer::is_finished() const noexcept { return outlet_.is_over() || outlet_.pending() == 0; }

void outlet_writer::write() {
    const bool due = outlet_.state() == written::wait || outlet_.state() == written::full;
    if (!due && !outlet_.is_over()) attempt();
}

void outlet_writer::finish() {
    finishing_ = true;
    if (outlet_.state() == written::full)
        attempt();
    else
        write();
}

void outlet_writer::replace(int fd) {
    outlet_.replace(fd);
    retry();
}

void outlet_writer::watch() {
    if (!descriptor_.is_open()) return;
    descriptor_.async_wait(stream_descriptor::wait_error, [this](error_code ec) {
        // what else there may be to hear, urgent data of a socket, would be there again at once
        if (ec || outlet_.is_over() || !outlet_.to().is_gone()) return;
        held_up_ = holds_up();
        outlet_.close();
        to_.on_change(*this);
    });
}

/// One write, and what to wait for after it.
void outlet_writer::attempt() {
    const written before = outlet_.state();
    written now = outlet_.write();
    if (now == written::full && finishing_) {
        outlet_.give_up();
        now = outlet_.state();
    }
    if (now == written::failed)
        return to_.on_failure("cannot write to " + name() + ": " + outlet_.to().error() + lost_text());
    remark_on(before);
    if (now == written::wait)
        descriptor_.async_wait(stream_descriptor::wait_write, [this](error_code ec) {
            if (!ec) retry();
        });
    else if (now == written::full)
        wait_for_room();
}

void outlet_writer::retry() {
    if (outlet_.is_over()) return;
    held_up_ = holds_up();
    attempt();
    to_.on_change(*this);
}

/// Ever more rarely; at once again only after a while in which there was room.
void outlet_writer::wait_for_room() {
    retry_.expires_after(delay_);
    retry_.async_wait([this](error_code ec) {
        if (!ec) retry();
    });
    delay_ = std::min(delay_ * 2, longest_delay);
}

/// What a failure costs beyond what is dropped already.
std::string outlet_writer::lost_text() const {
    std::string text;
    if (finishing_) text += "; " + std::to_string(outlet_.pending()) + " bytes could not be written";
    const std::uint64_t dropped = outlet_.dropped() - reported_drops_;
    if (dropped > 0) text += "; " + std::to_string(dropped) + " events were dropped";
    return text;
}

void outlet_writer::remark_on(written before) {
    const written now = outlet_.state();
    const std::uint64_t dropped = outlet_.dropped() - reported_drops_;
    if (now == written::full && before != written::full)
        to_.on_remark("cannot write to " + name() + ": " + outlet_.to().error() +
                      "; trying again, events that find no place meanwhile are dropped and counted");
    if (now != written::all) return;
    if (before == written::full)
        to_.on_remark(name() + " has room again; " + std::to_string(dropped) + " events were dropped");
    else if (dropped > 0)
        to_.on_remark("the reader of " + name() + " was too slow; " + std::to_string(dropped) +
                      " events were dropped");
    reported_drops_ = outlet_.dropped();
    if (before != written::full) delay_ = first_delay;
}

} // namespace weir::cli
