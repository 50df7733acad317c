// The end of a stream: of the input, or of one stream of a capture service after which another may come.
#include <chrono>

#include "cli/loop.hpp"

namespace weir::cli {

namespace {

using boost::system::error_code;
using common::exit_status;

/// How long a service that granted a capture may send nothing; the first blocks come at once.
constexpr std::chrono::seconds longest_silence{5};

} // namespace

void loop::on_stream_over(std::string error) {
    if (finished_) return;
    const input::stream_error* wrong = nullptr;
    if (!lost_) {
        if (!stopping_ && error.empty()) stream_->finish();
        if (stream_->error()) wrong = &*stream_->error();
        if (wrong != nullptr)
            error = wrong->text + " (at byte " + std::to_string(wrong->offset) +
                    (wrong->unpacked ? " of what was unpacked)" : ")");
        if (asked_.reconnect && !stopping_ && (stage_ != stage::silent || resuming_))
            return on_lost(error.empty() ? "the capture service ended the stream" : error);
    }
    if (around_.from.live) {
        if (const input::helper_end e = end_of_source(); e.status != exit_status::done) {
            status_ = e.status;
            std::string why = e.message;
            if (!around_.from.helper && !error.empty()) why = wrong != nullptr ? why + ": " + error : error;
            complain(why);
            return finish(event::end_reason::failed, why);
        }
    }
    auto why = stopping_ ? event::end_reason::interrupted : event::end_reason::end_of_input;
    if (wrong != nullptr) {
        status_ = exit_status::failed;
        why = wrong->truncated ? event::end_reason::truncated : event::end_reason::failed;
        complain(around_.from.name + ": " + error);
    }
    finish(why, error);
}

/// How the helper or the service ended; unasked it should not have.
input::helper_end loop::end_of_source() {
    input::helper_end e = around_.from.helper ? around_.from.helper->reap() : input::helper_end{};
    if (e.status == exit_status::done && !stopping_)
        e = {exit_status::failed, (around_.from.helper ? "weir-capture" : "the capture service") +
                                      std::string(" ended although nobody asked it to")};
    return e;
}

void loop::on_lost(const std::string& why) {
    if (!resuming_) {
        core_.lost(wall_clock(), why);
        if (!asked_.output.empty())
            remark(asked_, "the capture is lost: " + why + "; trying to reach the service again");
    }
    around_.manager.status("the capture is lost: " + why);
    lost_ = resuming_ = true;
    stage_ = stage::silent;
    silence_.cancel();
    stop_reading();
    input_.release();
    around_.from.close_stream();
    service_->reach_again();
    do_write();
}

void loop::on_stream(int stream, std::uint64_t attempts) {
    lost_ = false;
    attempts_ += attempts;
    around_.from.take_stream(stream);
    stream_.emplace(stream, static_cast<input::capture_sink&>(*this));
    input_.assign(stream);
    if (!asked_.reconnect) service_->retire();
    do_watch_silence();
    if (stopping_) (void)around_.from.ask_to_end();
    if (!writer_.waits()) do_read();
}

void loop::do_watch_silence() {
    silence_.expires_after(longest_silence);
    silence_.async_wait([this](error_code ec) {
        if (ec || lost_ || stage_ != stage::silent) return;
        if (writer_.waits()) return do_watch_silence();
        stop_reading();
        on_stream_over("the capture service sends nothing");
    });
}

void loop::on_refusal(const input::service_refusal& r) {
    refusal_ = r;
    if (!writer_.waits()) give_up();
}

void loop::on_trouble(const std::string& what) {
    remark(asked_, "warning: " + what + (lost_ ? "; trying again" : ""));
    if (lost_) around_.manager.status(what);
}

void loop::give_up() {
    if (finished_) return;
    status_ = refusal_->status;
    complain(refusal_->message);
    finish(event::end_reason::failed, refusal_->message);
}

void loop::finish(event::end_reason why, const std::string& error) {
    finished_ = true;
    if (service_) service_->stop();
    // a helper that never began has said all there is to say
    if (!around_.from.live || stage_ != stage::silent || resuming_) core_.end(why, error);
    do_write();
}

} // namespace weir::cli
