#include "cli/service_access.hpp"

#include <algorithm>
#include <unistd.h>

namespace weir::cli {

namespace {

using boost::system::error_code;
using std::chrono::milliseconds;

constexpr milliseconds first_delay{100};
constexpr milliseconds longest_delay{5000};
/// A service that dies sooner than this is no better than one that is not there.
constexpr milliseconds stable{5000};

} // namespace

service_access::service_access(boost::asio::io_context& io, input::connector& by, listener to)
    : by_(by)
    , answers_(io, by.fd())
    , timer_(io)
    , to_(std::move(to)) {
    do_listen();
}

service_access::~service_access() { answers_.release(); }

void service_access::reach() {
    stage_ = stage::reaching;
    attempts_ = 1;
    by_.ask();
}

void service_access::reach_again() {
    stage_ = stage::reaching_again;
    attempts_ = 0;
    trouble_.clear();
    if (clock::now() - last_success_ >= stable) delay_ = milliseconds{0};
    do_wait();
}

void service_access::stop() {
    if (is_trying()) stage_ = stage::idle;
    timer_.cancel();
}

void service_access::retire() {
    stop();
    stage_ = stage::retired;
    by_.end();
}

void service_access::do_wait() {
    timer_.expires_after(delay_);
    timer_.async_wait([this](error_code ec) {
        if (ec || !is_trying()) return;
        ++attempts_;
        by_.ask();
        if (by_.gone()) to_.on_refusal(by_.take().refusal.value());
    });
    delay_ = std::clamp(delay_ * 2, first_delay, longest_delay);
}

/// Its channel speaks unasked only when it ends.
void service_access::do_listen() {
    answers_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](error_code ec) {
        if (ec || stage_ == stage::retired) return;
        const input::connection_answer a = by_.take();
        if (!by_.gone()) do_listen();
        on_answer(a);
    });
}

void service_access::on_answer(const input::connection_answer& a) {
    if (!is_trying()) {
        if (a.stream >= 0) ::close(a.stream);
        if (by_.gone()) to_.on_trouble(a.refusal->message + "; if the capture is lost it stays so");
        return;
    }
    if (!a.refusal) {
        stage_ = stage::idle;
        last_success_ = clock::now();
        return to_.on_stream(a.stream, attempts_);
    }
    if (by_.gone() || stage_ == stage::reaching || !a.refusal->may_pass) return to_.on_refusal(*a.refusal);
    if (trouble_ != a.refusal->message) to_.on_trouble(trouble_ = a.refusal->message);
    do_wait();
}

} // namespace weir::cli
