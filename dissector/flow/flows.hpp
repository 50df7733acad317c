// The flows of a capture: TCP connections and UDP conversations in one numbering, one order of ends, one
// limit. Time is what the capture clock says; the account of a flow depends on no other flow, except for the
// limits.
#pragma once

#include "flow/slots.hpp"
#include "flow/tcp/connection.hpp"
#include "flow/udp/conversation.hpp"

namespace weir::flow {

class flows {
public:
    /// `path` and `known`, where there are names, must outlive it.
    flows(event::emitter& events, session_source& sessions, const limits& l, const capture_path& path,
          const std::array<std::uint64_t, 2>& hash_key, const names* known = nullptr);
    ~flows();

    /// Capture time is `now`, which never goes back: what is due by then happens, in order of (due, number).
    /// To be called for every record before it is decoded.
    void advance(common::timestamp now);
    /// What follows happens by this packet, until time goes on.
    void at_packet(std::uint64_t number) noexcept { shared_.now.number = number; }

    /// A packet; true where it belongs to a flow, or is an ICMP error that quotes one.
    bool feed(const protocol::packet& p, const sighting& seen);

    /// A copy (flow/copies.hpp) of a packet of a flow was seen there.
    void see_copy(const protocol::packet& p, const sighting& seen);

    /// The capture was blind for a while: what is missing next in a connection was not captured.
    void interrupted();

    /// Closes every flow (end_of_capture), in order of their numbers.
    void close_all(common::timestamp ts);

    /// What is being worked on, for who receives the events.
    [[nodiscard]] const moment& now() const noexcept { return shared_.now; }

    struct count {
        std::uint64_t seen = 0;
        std::uint64_t open = 0;
    };
    [[nodiscard]] const count& connections() const noexcept { return connections_; }
    [[nodiscard]] const count& conversations() const noexcept { return conversations_; }
    [[nodiscard]] std::uint64_t anomalies() const noexcept { return shared_.anomalies; }

private:
    [[nodiscard]] tcp::connection* after_syn(tcp::connection& c, entry*& youngest, const protocol::packet& p,
                                             const keyed_ends& k, const sighting& seen);
    [[nodiscard]] static tcp::connection& claimant(tcp::connection& youngest, const protocol::packet& p,
                                                   bool from_low);
    void close_predecessors(tcp::connection& opened, common::timestamp ts);
    void feed_segment(const protocol::packet& p, const sighting& seen);
    void feed_datagram(const protocol::packet& p, const sighting& seen);
    bool feed_error(const protocol::icmp_error& e, const protocol::packet& p, const sighting& seen);
    template <class Flow>
    Flow& create(slots<Flow>& from, count& counted, entry* youngest, const keyed_ends& k,
                 const protocol::packet& p, const sighting& seen);
    template <class Flow>
    void fed(Flow& f, const sighting& seen);
    bool make_room(const sighting& seen);
    void evict(any_flow& f, const sighting& seen);
    void fire(any_flow& f, common::timestamp due);
    void close(any_flow& f, event::close_reason why, common::timestamp ts);
    void forget(any_flow& f);
    [[nodiscard]] std::size_t charge(const any_flow& f) const noexcept;

    environment shared_;
    table table_;
    slots<tcp::connection> connection_slots_;
    slots<udp::conversation> conversation_slots_;
    std::vector<entry*> due_; ///< of one moment; kept for its memory
    /// The flow whose packet claims a time that the clock does not believe yet, and that time.
    any_flow* doubted_ = nullptr;
    common::timestamp doubted_time_;
    std::uint64_t numbered_ = 0;
    count connections_;
    count conversations_;
};

} // namespace weir::flow
