#include "cli/reconnection.hpp"

#include <algorithm>

namespace weir::cli {

namespace {

using boost::system::error_code;
using common::exit_status;
using std::chrono::milliseconds;

constexpr milliseconds first_delay{100};
constexpr milliseconds longest_delay{5000};
/// A service that dies sooner than this is no better than one that is not there.
constexpr milliseconds stable{5000};

} // namespace

reconnection::reconnection(boost::asio::io_context& io, input::connector& by, on_stream back,
                           on_refusal given_up)
    : by_(by)
    , answers_(io, by.fd())
    , timer_(io)
    , back_(std::move(back))
    , given_up_(std::move(given_up)) {}

reconnection::~reconnection() { answers_.release(); }

void reconnection::begin() {
    trying_ = true;
    attempts_ = 0;
    if (clock::now() - last_success_ >= stable) delay_ = milliseconds{0};
    do_wait();
}

void reconnection::stop() {
    trying_ = false;
    timer_.cancel();
    answers_.cancel();
}

void reconnection::do_wait() {
    timer_.expires_after(delay_);
    timer_.async_wait([this](error_code ec) {
        if (!ec && trying_) do_ask();
    });
    delay_ = std::clamp(delay_ * 2, first_delay, longest_delay);
}

void reconnection::do_ask() {
    ++attempts_;
    by_.ask();
    answers_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](error_code ec) {
        if (!ec && trying_) on_answer();
    });
}

void reconnection::on_answer() {
    const input::connection_answer a = by_.take();
    if (!a.refusal) {
        trying_ = false;
        last_success_ = clock::now();
        return back_(a.stream, attempts_);
    }
    const bool for_good = a.refusal->answered && a.refusal->status != exit_status::failed;
    if (by_.gone() || for_good) return given_up_(*a.refusal);
    do_wait();
}

} // namespace weir::cli
