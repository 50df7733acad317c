#include "flow/table.hpp"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <new>

#include "event/anomaly.hpp"

namespace weir::flow {

namespace {

/// How often timers are looked at, in capture time: well below every limit that they enforce.
constexpr common::nanoseconds sweep_interval{50'000'000};
/// A step of time this large is believed when two packets agree: one wild time stamp must not end every
/// connection.
constexpr common::nanoseconds doubtful_step{3'600'000'000'000};

} // namespace

struct table::index {
    explicit index(key_hash h)
        : map(64, h) {}
    boost::unordered_flat_map<key, connection*, key_hash> map;
};

void table::list::push_back(connection& c, connection::links connection::*l) noexcept {
    (c.*l).previous = back;
    (c.*l).next = nullptr;
    (back != nullptr ? (back->*l).next : front) = &c;
    back = &c;
}

void table::list::remove(connection& c, connection::links connection::*l) noexcept {
    ((c.*l).previous != nullptr ? ((c.*l).previous->*l).next : front) = (c.*l).next;
    ((c.*l).next != nullptr ? ((c.*l).next->*l).previous : back) = (c.*l).previous;
}

table::table(event::emitter& events, session_source& sessions, const limits& l, const capture_path& path,
             const std::array<std::uint64_t, 2>& hash_key)
    : shared_{events, sessions, l, path, {}, 0}
    , index_(std::make_unique<index>(key_hash{common::keyed_hash(hash_key)})) {}

table::~table() {
    for (const auto& [k, c] : index_->map) std::destroy_at(c);
}

std::size_t table::open() const noexcept { return index_->map.size(); }

connection& table::create(const keyed_packet& k, const protocol::packet& p, const sighting& seen) {
    if (free_.empty()) free_.push_back(&storage_.emplace_back());
    void* room = free_.back();
    free_.pop_back();
    connection& c = *new (room) connection(shared_, ++opened_, k, p, seen);
    index_->map.emplace(k.id, &c);
    c.listed_in = c.phase();
    ages(c.listed_in).push_back(c, &connection::by_age);
    return c;
}

void table::destroy(connection& c, event::close_reason why, common::timestamp ts) {
    c.close(why, ts);
    if (c.in_wait_list) waiting_.remove(c, &connection::by_wait);
    ages(c.listed_in).remove(c, &connection::by_age);
    index_->map.erase(c.id());
    std::destroy_at(&c);
    free_.push_back(&c);
}

void table::make_room(const sighting& seen) {
    if (index_->map.size() < shared_.limit.connections) return;
    for (const phase p : {phase::over, phase::transitory, phase::established}) {
        connection* oldest = ages(p).front;
        if (oldest == nullptr) continue;
        ++shared_.anomalies;
        if (shared_.events.wants<event::anomaly>()) {
            event::anomaly e;
            e.ts = seen.ts;
            e.connection = oldest->ref();
            e.code = "tcp.connection_limit";
            e.layer = "tcp";
            e.packet = seen.packet;
            e.detail = {"the limit of connections is reached; the one idle longest is evicted"};
            shared_.events.emit(e);
        }
        destroy(*oldest, event::close_reason::evicted, seen.ts);
        return;
    }
}

void table::relist(connection& c) noexcept {
    list& now = ages(c.phase());
    if (c.listed_in != c.phase() || now.back != &c) {
        ages(c.listed_in).remove(c, &connection::by_age);
        c.listed_in = c.phase();
        now.push_back(c, &connection::by_age);
    }
    if (c.waits_for_bytes() == c.in_wait_list) return;
    if (c.in_wait_list)
        waiting_.remove(c, &connection::by_wait);
    else
        waiting_.push_back(c, &connection::by_wait);
    c.in_wait_list = !c.in_wait_list;
}

void table::feed(const protocol::packet& p, const sighting& seen) {
    advance(seen.ts);
    const keyed_packet k = key_of(p);
    const auto found = index_->map.find(k.id);
    connection* c = found == index_->map.end() ? nullptr : found->second;
    if (c != nullptr && c->is_reused_by(p, k.from_low)) {
        destroy(*c, event::close_reason::timeout, seen.ts);
        c = nullptr;
    }
    if (c == nullptr) {
        make_room(seen);
        c = &create(k, p, seen);
    }
    c->feed(p, k.from_low, seen);
    relist(*c);
}

void table::advance(common::timestamp now) {
    // time may go back where captures were merged: then the sweep is due too
    if (now < next_sweep_ && next_sweep_ - now <= sweep_interval) return;
    if (now - next_sweep_ > doubtful_step && next_sweep_ != common::timestamp{}) {
        const bool agreed = doubted_ && now >= *doubted_ && now - *doubted_ <= doubtful_step;
        doubted_ = now;
        if (!agreed) return;
    }
    doubted_.reset();
    next_sweep_ = now + sweep_interval;
    for (connection* c = waiting_.front; c != nullptr;) {
        connection* next = c->by_wait.next;
        c->expire_gaps(now);
        relist(*c);
        c = next;
    }
    const std::array<common::nanoseconds, 3> patience{shared_.limit.idle_transitory,
                                                      shared_.limit.idle_established, shared_.limit.linger};
    for (std::size_t i = 0; i < ages_.size(); ++i)
        while (ages_[i].front != nullptr && now - ages_[i].front->last() >= patience[i])
            destroy(*ages_[i].front, event::close_reason::timeout, now);
}

void table::interrupted() noexcept {
    for (const auto& [k, c] : index_->map) c->interrupted();
}

void table::close_all(common::timestamp ts) {
    std::vector<connection*> all;
    all.reserve(index_->map.size());
    for (const auto& [k, c] : index_->map) all.push_back(c);
    std::sort(all.begin(), all.end(),
              [](const connection* a, const connection* b) { return a->number() < b->number(); });
    for (connection* c : all) destroy(*c, event::close_reason::end_of_capture, ts);
}

} // namespace weir::flow
