#include "flow/flows.hpp"

#include "event/anomaly.hpp"

namespace weir::flow {

namespace {

/// The table keeps nothing but flows.
any_flow& flow_of(entry& e) noexcept { return static_cast<any_flow&>(e); }

} // namespace

flows::flows(event::emitter& events, session_source& sessions, const limits& l, const capture_path& path,
             const std::array<std::uint64_t, 2>& hash_key, const names* known)
    : shared_{events, sessions, l, path}
    , table_(l, hash_key) {
    shared_.observed = tcp::observer::is_needed(events);
    shared_.known_names = known;
}

flows::~flows() {
    for (entry* e : table_.all()) forget(flow_of(*e));
}

void flows::advance(common::timestamp now) {
    if (doubted_ != nullptr && doubted_time_ <= now) {
        // the leap is believed by now: that packet came when it said
        table_.touch(*doubted_, doubted_->listed(), doubted_time_);
        doubted_ = nullptr;
    }
    while (const auto due = table_.take_due(now, due_)) {
        for (entry* e : due_) fire(flow_of(*e), *due);
        due_.clear();
    }
    shared_.now = {now, moment::cause::packet, shared_.now.number};
}

void flows::fire(any_flow& f, common::timestamp due) {
    shared_.now = {due, moment::cause::deadline, f.first_packet()};
    if (f.deadline() == due) {
        f.on_due(due);
        const auto next = f.next_due();
        table_.arm(f, next && *next > due ? next : std::nullopt);
        if (f.patience() != f.listed()) table_.touch(f, f.patience(), due);
    }
    if (table_.patience_ends(f) == due)
        close(f, event::close_reason::timeout, f.last() + table_.patience_of(f.listed()));
}

bool flows::feed(const protocol::packet& p, const sighting& seen) {
    switch (p.what) {
    case protocol::disposition::tcp:
        feed_segment(p, seen);
        return true;
    case protocol::disposition::udp:
        feed_datagram(p, seen);
        return true;
    case protocol::disposition::icmp:
        return p.icmp && feed_error(*p.icmp, p, seen);
    default:
        return false;
    }
}

void flows::feed_segment(const protocol::packet& p, const sighting& seen) {
    const keyed_ends k = key_of(p.ends);
    entry* youngest = table_.find(k.id);
    auto* c = static_cast<tcp::connection*>(table::choose(youngest, k));
    if (c != nullptr && c->same_key() != nullptr) c = &claimant(*c, p, k.from_low);
    if (c != nullptr && p.tcp.has(protocol::tcp_flag::syn)) c = after_syn(*c, youngest, p, k, seen);
    if (c == nullptr) c = &create(connection_slots_, connections_, youngest, k, p, seen);
    c->feed(p, k.from_low, seen);
    if (c->same_key() != nullptr && c->opened()) close_predecessors(*c, seen.ts);
    fed(*c, seen);
}

/// To whom a SYN belongs; nobody where it opens another connection, which `youngest` then comes before.
tcp::connection* flows::after_syn(tcp::connection& c, entry*& youngest, const protocol::packet& p,
                                  const keyed_ends& k, const sighting& seen) {
    switch (c.meaning_of_syn(p, k.from_low)) {
    case tcp::connection::syn_meaning::its_own:
        return &c;
    case tcp::connection::syn_meaning::successor:
        close(c, event::close_reason::timeout, seen.ts);
        youngest = table_.find(k.id);
        return nullptr;
    case tcp::connection::syn_meaning::answered: {
        const auto [syn, syn_seen] = c.take_repeated_syn(p);
        close(c, event::close_reason::timeout, syn_seen.ts);
        tcp::connection& next =
            create(connection_slots_, connections_, table_.find(k.id), key_of(syn.ends), syn, syn_seen);
        next.feed(syn, !k.from_low, syn_seen);
        return &next;
    }
    case tcp::connection::syn_meaning::rival:
        break;
    }
    const lanes way = c.way(); // it may be evicted
    tcp::connection& rival = create(connection_slots_, connections_, youngest, k, p, seen);
    rival.go(way);
    return &rival;
}

/// Of the connections with the same ends on the same VLANs, a try and the one before it, who owns the packet.
tcp::connection& flows::claimant(tcp::connection& youngest, const protocol::packet& p, bool from_low) {
    tcp::connection* owner = &youngest;
    for (entry* e = &youngest; e != nullptr; e = e->same_key()) {
        if (!e->has_tags_of(youngest)) continue;
        owner = &static_cast<tcp::connection&>(flow_of(*e));
        if (owner->claims(p, from_low)) break;
    }
    return *owner;
}

/// A try has opened: the connection before it is over.
void flows::close_predecessors(tcp::connection& opened, common::timestamp ts) {
    for (entry* e = opened.same_key(); e != nullptr;) {
        entry* const older = e->same_key();
        if (e->has_tags_of(opened)) close(flow_of(*e), event::close_reason::timeout, ts);
        e = older;
    }
}

void flows::feed_datagram(const protocol::packet& p, const sighting& seen) {
    const keyed_ends k = key_of(p.ends);
    entry* const youngest = table_.find(k.id);
    auto* c = static_cast<udp::conversation*>(table::choose(youngest, k));
    if (c == nullptr) c = &create(conversation_slots_, conversations_, youngest, k, p, seen);
    c->feed(p, k.from_low, seen);
    fed(*c, seen);
}

bool flows::feed_error(const protocol::icmp_error& e, const protocol::packet& p, const sighting& seen) {
    entry* const quoted = table_.find(key_of(e.quoted).id);
    if (quoted == nullptr) return false;
    if (quoted->id().over() == transport::tcp)
        static_cast<tcp::connection&>(flow_of(*quoted)).on_error(e.kind, p.ends.src);
    if (!shared_.events.wants<event::icmp_error>()) return true;
    event::icmp_error out;
    out.ts = seen.ts;
    out.connection = flow_of(*quoted).ref();
    out.kind = e.kind;
    out.type = e.type;
    out.code = e.code;
    out.mtu = e.mtu;
    out.from = p.ends.src;
    shared_.events.emit(out);
    return true;
}

void flows::see_copy(const protocol::packet& p, const sighting& seen) {
    const auto id = key_of(p);
    if (entry* const known = id ? table_.find(*id) : nullptr) flow_of(*known).see_place(seen);
}

template <class Flow>
Flow& flows::create(slots<Flow>& from, count& counted, entry* youngest, const keyed_ends& k,
                    const protocol::packet& p, const sighting& seen) {
    if (make_room(seen)) youngest = table_.find(k.id);
    if (entry* const crowded = table::oldest_of_many(youngest)) {
        evict(flow_of(*crowded), seen);
        youngest = table_.find(k.id);
    }
    Flow& f = from.make(shared_, k, ++numbered_, p, seen);
    table_.insert(f, youngest, f.patience(), shared_.now.time);
    shared_.charged += charge(f);
    ++counted.seen;
    ++counted.open;
    return f;
}

template <class Flow>
void flows::fed(Flow& f, const sighting& seen) {
    f.see_place(seen);
    table_.touch(f, f.patience(), shared_.now.time);
    // a session may count from the time of a packet that came late: nothing happens before now
    constexpr common::nanoseconds least{1};
    auto due = f.next_due();
    if (due) due = std::max(*due, shared_.now.time + least);
    table_.arm(f, due);
    if (seen.ts > shared_.now.time) {
        doubted_ = &f;
        doubted_time_ = seen.ts;
    }
    while (shared_.charged > shared_.limit.memory && table_.size() > 1)
        evict(flow_of(table_.idle_longest()), seen);
}

/// Bytes that it takes, its session not counted.
std::size_t flows::charge(const any_flow& f) const noexcept {
    const bool has_observer = shared_.observed && f.id().over() == transport::tcp;
    return limits::flow_bytes + (has_observer ? sizeof(tcp::observer) : 0);
}

/// True where a flow was evicted for it.
bool flows::make_room(const sighting& seen) {
    if (table_.size() < shared_.limit.flows) return false;
    evict(flow_of(table_.idle_longest()), seen);
    return true;
}

void flows::evict(any_flow& f, const sighting& seen) {
    ++shared_.anomalies;
    if (shared_.events.wants<event::anomaly>()) {
        event::anomaly e;
        e.ts = seen.ts;
        e.connection = f.ref();
        e.code = "flow.limit";
        e.layer = "flow";
        e.packet = seen.packet;
        e.detail = {
            "the limit of connections and conversations, or of their memory, is reached; the one idle "
            "longest is evicted"};
        shared_.events.emit(e);
    }
    close(f, event::close_reason::evicted, seen.ts);
}

void flows::close(any_flow& f, event::close_reason why, common::timestamp ts) {
    f.close(why, ts);
    table_.remove(f);
    if (doubted_ == &f) doubted_ = nullptr;
    forget(f);
}

/// Gives its memory back.
void flows::forget(any_flow& f) {
    shared_.charged -= charge(f);
    if (f.id().over() == transport::tcp) {
        --connections_.open;
        connection_slots_.destroy(static_cast<tcp::connection&>(f));
    } else {
        --conversations_.open;
        conversation_slots_.destroy(static_cast<udp::conversation&>(f));
    }
}

void flows::interrupted() {
    for (entry* e : table_.all())
        if (e->id().over() == transport::tcp) static_cast<tcp::connection&>(*e).interrupted();
}

void flows::close_all(common::timestamp ts) {
    for (entry* e : table_.all()) {
        shared_.now = {ts, moment::cause::end, e->first_packet()};
        close(flow_of(*e), event::close_reason::end_of_capture, ts);
    }
}

} // namespace weir::flow
