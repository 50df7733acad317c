#include "flow/udp/conversation.hpp"

namespace weir::flow::udp {

conversation::conversation(environment& shared, const keyed_ends& k, std::uint64_t number,
                           const protocol::packet& first, const sighting& seen)
    : any_flow(shared, k, number, seen) {
    const auto sender = shared.sessions.datagram_sender_of(first.payload).value_or(side::client);
    client_is_low_ = k.from_low == (sender == side::client);
    session_ = shared.sessions.open_datagrams(*this);
    if (session_ != nullptr) shared.charged += limits::session_bytes;
}

void conversation::feed(const protocol::packet& p, bool from_low, const sighting& seen) {
    const side from = sender(from_low);
    last_ = std::max(last_, seen.ts);
    event::udp_side& c = count_[event::index(from)];
    ++c.packets;
    c.payload += p.payload_length;
    if (session_ != nullptr) session_->on_datagram({from, p.payload, p.payload_length, seen.ts, seen.packet});
}

std::optional<common::timestamp> conversation::next_due() const noexcept {
    return session_ != nullptr ? session_->due() : std::nullopt;
}

void conversation::on_due(common::timestamp due) { session_->on_due(due); }

void conversation::close(event::close_reason why, common::timestamp ts) {
    if (session_ != nullptr) session_->on_close(why, ts);
    if (shared_.events.wants<event::udp_close>()) {
        event::udp_close e;
        std::vector<std::string> names;
        const std::vector<event::wire> interfaces = this->interfaces(names);
        e.ts = ts;
        e.connection = ref();
        e.start = start_;
        e.duration = last_ - start_;
        e.reason = why;
        if (session_ != nullptr) e.service = session_->service();
        e.interfaces = interfaces;
        e.from_client = count_[event::index(side::client)];
        e.from_server = count_[event::index(side::server)];
        shared_.events.emit(e);
    }
    if (session_ == nullptr) return;
    shared_.sessions.release(session_);
    shared_.charged -= limits::session_bytes;
    session_ = nullptr;
}

} // namespace weir::flow::udp
