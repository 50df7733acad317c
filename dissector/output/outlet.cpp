#include "output/outlet.hpp"

#include <algorithm>

#include "event/capture_events.hpp"

namespace weir::output {

bool outlet::takes(const event::any_event& e) {
    if (!settings_.selection[e.kind()] || is_over()) return false;
    if (state_ == written::all && settings_.at_intervals) return true;
    if (const auto* const s = e.get_if<event::capture_stats>())
        if (s->reason == event::stats_reason::interval && !settings_.at_intervals) return false;
    const bool behind =
        state_ == written::full || (state_ == written::wait && settings_.slow == on_slow::drop);
    const bool last = e.get_if<event::capture_end>() != nullptr;
    if (!behind || last || pending() < backlog) return true;
    ++dropped_;
    return false;
}

std::string_view outlet::put_to_share(const event::any_event& e) {
    const std::size_t before = form_->pending().size();
    form_->on_event(e);
    return form_->pending().substr(before);
}

written outlet::write() {
    std::string_view rest = form_->pending().substr(sent_);
    const std::size_t before = rest.size();
    state_ = to_->write(rest);
    sent_ += before - rest.size();
    if (state_ == written::full && !settings_.outlives_full_disk) state_ = written::failed;
    if (state_ != written::all) return state_;
    form_->clear();
    sent_ = 0;
    return state_;
}

void outlet::replace(int fd) noexcept {
    to_->replace(fd);
    const std::string_view all = form_->pending();
    if (sent_ == 0 || sent_ == all.size() || all[sent_ - 1] == '\n') return;
    sent_ = std::min(all.find('\n', sent_), all.size() - 1) + 1;
    ++dropped_;
}

} // namespace weir::output
