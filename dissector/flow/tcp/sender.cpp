#include "flow/tcp/sender.hpp"

namespace weir::flow::tcp {

namespace {

/// As many acknowledgements of the same byte show a loss (RFC 5681 section 3.2).
constexpr std::uint32_t duplicate_threshold = 3;

constexpr bool is_after(std::uint32_t a, std::uint32_t b) noexcept { return distance(a, b) > 0; }

} // namespace

void sender::trips::add(common::nanoseconds t) noexcept {
    if (t.count < 0) return; // of a capture whose records are out of order
    min.count = count == 0 ? t.count : std::min(min.count, t.count);
    max.count = std::max(max.count, t.count);
    sum.count += t.count;
    ++count;
}

std::optional<event::round_trips> sender::trips::told() const noexcept {
    if (count == 0) return std::nullopt;
    return event::round_trips{count, min, {sum.count / static_cast<std::int64_t>(count)}, max};
}

/// The time until now belongs to what held it up.
void sender::account(common::timestamp now) noexcept {
    if (now <= since_) return;
    if (limit_ == limit::path) waited_.count += (now - since_).count;
    stalled_ = stalled(now);
    since_ = now;
}

event::tcp_stalls sender::stalled(common::timestamp now) const noexcept {
    event::tcp_stalls all = stalled_;
    const std::int64_t gone = now > since_ ? (now - since_).count : 0;
    switch (limit_) {
    case limit::loss:
        all.loss.count += gone;
        break;
    case limit::window:
        all.window.count += gone;
        break;
    case limit::application:
        all.application.count += gone;
        break;
    case limit::path:
    case limit::finished:
        break;
    }
    return all;
}

sender::limit sender::limit_now() const noexcept {
    if (!answered_) return limit::finished;
    if (recovered_at_) return limit::loss;
    if (in_flight() == 0) {
        if (fin_) return limit::finished;
        return window_ == 0 ? limit::window : limit::application;
    }
    return window_ && in_flight() + largest_segment_ > *window_ ? limit::window : limit::path;
}

std::uint32_t sender::bytes_in_flight() const noexcept {
    const std::uint32_t flags = (syn_ == acked_ ? 1u : 0u) + (fin_ ? 1u : 0u);
    return in_flight() - std::min(in_flight(), flags);
}

void sender::sent(const segment& s) noexcept {
    if (!numbered_) {
        numbered_ = true;
        highest_ = acked_ = s.seq;
        since_ = s.ts;
    }
    account(s.ts);
    fin_ = fin_ || s.fin;
    largest_segment_ = std::max(largest_segment_, s.length);
    if (s.length > 0 && is_after(s.end(), highest_)) {
        highest_ = s.end();
        highest_stamp_ = s.stamp;
        flights_.put({highest_, false, s.ts});
        progress();
    } else if (s.length > 0) {
        for (std::size_t i = 0; i < flights_.size(); ++i)
            if (is_after(flights_.at(i).end, s.seq) && !is_after(flights_.at(i).end, s.end()))
                flights_.at(i).again = true;
    }
    if (s.syn) syn_ = s.seq;
    most_in_flight_ = std::max(most_in_flight_, bytes_in_flight());
    const bool is_new =
        s.stamp && (stamps_.size() == 0 || is_after(*s.stamp, stamps_.at(stamps_.size() - 1).value));
    if (s.length > 0 && is_new) stamps_.put({*s.stamp, s.ts});
    limit_ = limit_now();
}

void sender::answered(const answer& a) noexcept {
    if (!numbered_) return; // only this direction is captured
    account(a.ts);
    answered_ = true;
    const std::int64_t ahead = distance(a.ack, acked_);
    if (ahead > largest_window) return;
    if (ahead > 0)
        acknowledged(a);
    else if (ahead == 0 && a.pure && in_flight() > 0 && a.window == window_)
        ++repeated_acks_;
    for (std::size_t i = 0; i < a.options.sack_count; ++i) {
        const std::uint32_t right = a.options.sacks[i].right;
        if (is_after(right, acked_) && !is_after(right, highest_) && (!sacked_ || is_after(right, *sacked_)))
            sacked_ = right;
    }
    if (ahead >= 0) window_ = a.window;
    limit_ = limit_now();
}

/// Bytes were acknowledged for the first time.
void sender::acknowledged(const answer& a) noexcept {
    acked_ = a.ack;
    if (is_after(acked_, highest_)) highest_ = acked_; // it was sent, and not captured
    repeated_acks_ = 0;
    if (sacked_ && !is_after(*sacked_, acked_)) sacked_.reset();
    if (recovered_at_ && !is_after(*recovered_at_, acked_)) recovered_at_.reset();
    progress();
    std::size_t done = 0;
    bool again = false;
    common::timestamp last;
    for (; done < flights_.size() && !is_after(flights_.at(done).end, acked_); ++done) {
        again = again || flights_.at(done).again; // Karn: of which copy is it?
        last = flights_.at(done).ts;
    }
    if (done > 0 && !again) by_acknowledgement_.add(a.ts - last);
    flights_.drop(done);
    if (!a.options.timestamps) return;
    for (std::size_t i = 0; i < stamps_.size(); ++i) {
        if (stamps_.at(i).value != a.options.timestamps->echo) continue;
        by_timestamps_.add(a.ts - stamps_.at(i).ts);
        stamps_.drop(i + 1);
        break;
    }
}

event::retransmission sender::sent_again(const segment& s) noexcept {
    using event::retransmission;
    if (!is_after(s.end(), acked_)) return retransmission::spurious;
    const bool shown = repeated_acks_ >= duplicate_threshold || (sacked_ && is_after(*sacked_, s.seq));
    if (window_ == 0) return retransmission::timeout; // it asks whether there is room again
    if (!recovered_at_) {
        recovery_ = shown ? retransmission::fast : retransmission::timeout;
        recovered_at_ = highest_;
        if (!shown) stalled_.loss.count += waited_.count; // it waited for its timer since the last progress
        waited_ = {};
    }
    limit_ = limit_now();
    return recovery_;
}

bool sender::was_overtaken(const segment& s, common::nanoseconds round_trip) const noexcept {
    if (s.stamp && highest_stamp_ && s.stamp != highest_stamp_) return is_after(*highest_stamp_, *s.stamp);
    // nobody who learns of a loss sends again in less
    for (std::size_t i = 0; i < flights_.size(); ++i)
        if (is_after(flights_.at(i).end, s.end())) return (s.ts - flights_.at(i).ts).count < round_trip.count;
    return false;
}

std::optional<common::timestamp> sender::sent_first(const segment& s) const noexcept {
    for (std::size_t i = 0; i < flights_.size(); ++i)
        if (!is_after(s.end(), flights_.at(i).end)) return flights_.at(i).ts;
    return std::nullopt;
}

std::optional<common::nanoseconds> sender::least_round_trip() const noexcept {
    if (by_acknowledgement_.count == 0) return std::nullopt;
    return by_acknowledgement_.min;
}

void sender::describe(event::tcp_sender& out, common::timestamp now) const noexcept {
    out.by_acknowledgement = by_acknowledgement_.told();
    out.by_timestamps = by_timestamps_.told();
    out.in_flight = most_in_flight_;
    out.stalled = stalled(now);
}

} // namespace weir::flow::tcp
