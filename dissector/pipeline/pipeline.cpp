#include "pipeline/pipeline.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "common/version.hpp"
#include "event/anomaly.hpp"
#include "flow/capture_time.hpp"
#include "flow/copies.hpp"
#include "flow/flows.hpp"
#include "flow/fragments.hpp"
#include "protocol/decode.hpp"
#include "session/source.hpp"

namespace weir::pipeline {

namespace {

using protocol::disposition;

std::string sentence(const protocol::problem& p) {
    return std::string(p.subject) + ' ' + std::to_string(p.value) + ' ' + std::string(p.relation) + ' ' +
           std::to_string(p.bound);
}

/// While packets are dropped, how often that is reported.
constexpr common::nanoseconds drop_interval{10 * common::nanoseconds_per_second};

/// What the kernel and the helpers counted, summed over interfaces and over the streams that broke off.
struct kernel_sum {
    bool known = false;
    std::uint64_t received = 0;
    std::uint64_t dropped = 0;
    std::uint64_t dropped_interface = 0;
    std::optional<std::uint64_t> handed_over = 0; ///< nothing where one of them does not say
};

} // namespace

struct pipeline::state {
    state(options o, event::sink& to)
        : asked(std::move(o))
        , events(to, asked.events)
        , names(asked.flows.names, asked.hash_key)
        , shared{events, asked.sessions, counted}
        , sessions(session::make_source(shared))
        , flows(events, *sessions, asked.flows, path, asked.hash_key, asked.names ? &names : nullptr)
        , copies(asked.hash_key)
        , fragments(asked.flows, asked.hash_key) {
        if (asked.names) shared.names = &names;
        std::transform(protocol::disposition_words.begin(), protocol::disposition_words.end(),
                       reasons.begin(), [](std::string_view word) { return event::tally{word}; });
        reasons.back().name = "duplicate";
    }

    void start(std::optional<common::timestamp> ts);
    [[nodiscard]] std::string_view filter_in_force() const;
    [[nodiscard]] std::vector<event::interface_info> described() const;
    [[nodiscard]] std::optional<event::sandbox_state> walls() const;
    void forget_stream();
    [[nodiscard]] std::uint32_t path_interface(std::uint32_t index);
    [[nodiscard]] common::timestamp believed(common::timestamp of_statistics) const noexcept;
    void advance(common::timestamp now);
    void read(const common::record& r, std::uint64_t number);
    [[nodiscard]] std::uint64_t put_together(const flow::sighting& seen);
    void report(const protocol::problem& wrong, common::timestamp ts, std::uint64_t number);
    void report(event::stats_reason why, std::optional<common::timestamp> ts);
    void see_drops(common::timestamp ts);
    void tell_anomaly(const event::anomaly& a);
    void tell_clamped(const common::record& r, std::uint64_t number);
    [[nodiscard]] event::ledger ledger() const;
    [[nodiscard]] kernel_sum kernel_so_far() const;
    [[nodiscard]] std::optional<event::kernel_counters> kernel() const;

    options asked;
    event::emitter events;
    session::counters counted;
    flow::names names;
    session::context shared;
    std::unique_ptr<flow::session_source> sessions;
    flow::capture_path path;
    std::vector<std::uint32_t> path_interfaces; ///< of the present stream, by their index in it
    flow::flows flows;
    flow::copies copies;
    flow::fragments fragments;
    flow::capture_time clock;
    protocol::packet packet; ///< the one that is being read

    std::string helper_walls;
    std::vector<common::interface_description> interfaces;
    std::vector<common::interface_statistics> statistics;
    std::map<std::uint32_t, std::uint64_t> counted_losses; ///< of packets of the present stream, by interface
    kernel_sum before;                                     ///< of streams that are over
    std::optional<common::timestamp> lost_at;
    /// Why packets were not dissected: how far each could be followed, and last that it is a copy.
    std::array<event::tally, protocol::disposition_words.size() + 1> reasons{};
    std::uint64_t delivered = 0;
    std::uint64_t dissected = 0;
    std::uint64_t bytes = 0;
    std::uint64_t anomalies = 0;
    std::optional<common::timestamp> next_report;
    std::uint64_t drops_reported = 0;
    std::optional<common::timestamp> drops_reported_at;
    bool started = false;
};

void pipeline::state::start(std::optional<common::timestamp> ts) {
    if (started) return;
    started = true;
    if (!events.wants<event::capture_start>()) return;
    const std::vector<event::interface_info> known = described();
    event::capture_start e;
    e.ts = ts;
    e.version = common::version;
    e.input = {asked.input};
    e.interfaces = known;
    e.filter = {filter_in_force()};
    e.sandbox = walls();
    events.emit(e);
}

/// What the capturing program says, which joins the filter of a policy to the one that was asked for.
std::string_view pipeline::state::filter_in_force() const {
    for (const auto& i : interfaces)
        if (!i.filter.empty()) return i.filter;
    return asked.filter;
}

std::vector<event::interface_info> pipeline::state::described() const {
    std::vector<event::interface_info> known;
    known.reserve(interfaces.size());
    for (const auto& i : interfaces) known.push_back({{i.name}, i.link_type, i.snaplen});
    return known;
}

std::optional<event::sandbox_state> pipeline::state::walls() const {
    if (helper_walls.empty() && asked.sandbox.empty()) return std::nullopt;
    return event::sandbox_state{{helper_walls}, {asked.sandbox}};
}

void pipeline::state::forget_stream() {
    before = kernel_so_far();
    statistics.clear();
    counted_losses.clear();
    interfaces.clear();
    path_interfaces.clear();
    path.restart();
    helper_walls.clear();
}

/// The number of an interface of the present stream; one that was not described has no name.
std::uint32_t pipeline::state::path_interface(std::uint32_t index) {
    return index < path_interfaces.size() ? path_interfaces[index] : path.interface({});
}

/// The time of statistics, or what is known already where that is far from it: dumpcap 4.0 writes its
/// statistics in microseconds although its interface says nanoseconds, which is a time in 1970.
common::timestamp pipeline::state::believed(common::timestamp of_statistics) const noexcept {
    constexpr std::int64_t most_apart = 86'400 * common::nanoseconds_per_second;
    const auto now = clock.now();
    if (!now) return of_statistics;
    const std::int64_t apart = (of_statistics - *now).count;
    return apart > most_apart || apart < -most_apart ? *now : of_statistics;
}

/// The time of the capture goes on: what is due by it happens, statistics too.
void pipeline::state::advance(common::timestamp now) {
    flows.advance(now);
    if (asked.stats_interval.count <= 0) return;
    if (!next_report) next_report = now + asked.stats_interval;
    if (now < *next_report) return;
    next_report = now + asked.stats_interval;
    report(event::stats_reason::interval, now);
}

/// Capture time has reached the record's.
void pipeline::state::read(const common::record& r, std::uint64_t number) {
    ++delivered;
    bytes += r.data.size();
    flows.at_packet(number);
    if (r.time_clamped) tell_clamped(r, number);
    protocol::decode(packet, r.link_type, r.data, r.original_length);
    if (packet.wrong) report(*packet.wrong, r.ts, number);
    const flow::sighting seen{r.ts, number, path_interface(r.interface), packet.link_interface};
    if (copies.possible(packet) && copies.is_copy(packet, r.interface, r.ts)) {
        flows.see_copy(packet, seen);
        ++reasons.back().count;
        return;
    }
    const std::uint64_t packets = packet.fragment ? put_together(seen) : 1;
    (flows.feed(packet, seen) ? dissected : reasons[static_cast<std::size_t>(packet.what)].count) += packets;
}

/// `packet` is a fragment: where it was the last that was missing, it becomes the whole. Answers how many
/// packets it is now, those included that were counted as fragments until now.
std::uint64_t pipeline::state::put_together(const flow::sighting& seen) {
    std::uint64_t packets = 1;
    while (packet.fragment) {
        const auto [whole, wrong] = fragments.take(packet, flows.now().time, packets);
        if (wrong) report(*wrong, seen.ts, seen.packet);
        if (!whole) break;
        reasons[static_cast<std::size_t>(disposition::ip_fragment)].count -= whole->packets - packets;
        packets = whole->packets;
        protocol::decode_payload(packet, whole->ip_number, whole->data, whole->length);
        if (packet.wrong) report(*packet.wrong, seen.ts, seen.packet);
    }
    return packets;
}

void pipeline::state::report(const protocol::problem& wrong, common::timestamp ts, std::uint64_t number) {
    const std::string detail = events.wants<event::anomaly>() ? sentence(wrong) : std::string();
    event::anomaly a;
    a.ts = ts;
    a.code = wrong.code;
    a.layer = wrong.layer;
    a.packet = number;
    a.offset = wrong.offset;
    a.detail = {detail};
    tell_anomaly(a);
}

/// A drop is reported at once, and again while it goes on.
void pipeline::state::see_drops(common::timestamp ts) {
    const kernel_sum sum = kernel_so_far();
    if (sum.dropped + sum.dropped_interface <= drops_reported) return;
    if (drops_reported_at && ts - *drops_reported_at < drop_interval) return;
    report(event::stats_reason::drops, ts);
    drops_reported = sum.dropped + sum.dropped_interface;
    drops_reported_at = ts;
}

void pipeline::state::report(event::stats_reason why, std::optional<common::timestamp> ts) {
    events.emit(event::capture_stats{ts, why, ledger(), {}});
}

void pipeline::state::tell_anomaly(const event::anomaly& a) {
    ++anomalies;
    events.emit(a);
}

void pipeline::state::tell_clamped(const common::record& r, std::uint64_t number) {
    event::anomaly a;
    a.ts = r.ts;
    a.code = "input.time_fraction";
    a.layer = "input";
    a.packet = number;
    a.detail = {"the fraction of a second in its time stamp is a whole second or more; it was cut"};
    tell_anomaly(a);
}

kernel_sum pipeline::state::kernel_so_far() const {
    kernel_sum sum = before;
    for (const auto& s : statistics) {
        sum.known = sum.known || s.received.has_value();
        sum.received += s.received.value_or(0);
        sum.dropped += s.dropped_kernel.value_or(0);
        sum.dropped_interface += s.dropped_interface.value_or(0);
        // what stands with the packets is in the statistics too, if they have it at all
        const auto loss = counted_losses.find(s.interface);
        const std::uint64_t told = s.dropped_kernel.value_or(0) + s.dropped_interface.value_or(0);
        if (loss != counted_losses.end() && loss->second > told) sum.dropped += loss->second - told;
        if (!s.handed_over)
            sum.handed_over.reset();
        else if (sum.handed_over)
            *sum.handed_over += *s.handed_over;
    }
    for (const auto& [interface, count] : counted_losses) {
        const bool in_statistics =
            std::any_of(statistics.begin(), statistics.end(),
                        [number = interface](const auto& s) { return s.interface == number; });
        if (!in_statistics) sum.dropped += count;
        sum.known = true;
    }
    // packets that came after the last statistics were received and handed over all the same
    if (sum.known && sum.handed_over && delivered > *sum.handed_over) {
        sum.received += delivered - *sum.handed_over;
        sum.handed_over = delivered;
    }
    // statistics that count less than is here do not hold what the packets say
    if (sum.known)
        sum.received = std::max(sum.received, std::max(delivered, sum.handed_over.value_or(0)) + sum.dropped +
                                                  sum.dropped_interface);
    return sum;
}

std::optional<event::kernel_counters> pipeline::state::kernel() const {
    const kernel_sum sum = kernel_so_far();
    if (!sum.known) return std::nullopt;
    const auto above = [](std::uint64_t whole, std::uint64_t part) {
        return whole > part ? whole - part : 0;
    };
    event::kernel_counters k;
    k.received = sum.received;
    k.dropped = sum.dropped;
    k.dropped_interface = sum.dropped_interface;
    const std::uint64_t kept = above(k.received, k.dropped + k.dropped_interface);
    if (sum.handed_over) k.not_handed_over = above(kept, *sum.handed_over);
    k.waiting = above(sum.handed_over.value_or(kept), delivered);
    return k;
}

event::ledger pipeline::state::ledger() const {
    event::ledger l;
    l.kernel = kernel();
    l.delivered = delivered;
    l.dissected = dissected;
    l.not_dissected = {reasons};
    l.bytes = bytes;
    l.connections = flows.connections().seen;
    l.open_connections = flows.connections().open;
    l.conversations = flows.conversations().seen;
    l.open_conversations = flows.conversations().open;
    l.exchanges = counted.exchanges;
    l.open_exchanges = counted.open_exchanges;
    if (counted.oldest_exchange && clock.now())
        l.oldest_exchange = std::max(*clock.now() - *counted.oldest_exchange, common::nanoseconds{});
    l.anomalies = anomalies + counted.anomalies + flows.anomalies();
    return l;
}

pipeline::pipeline(options asked, event::sink& to)
    : s_(std::make_unique<state>(std::move(asked), to)) {}

pipeline::~pipeline() = default;

void pipeline::begin(common::timestamp now) {
    s_->start(now);
    s_->advance(s_->clock.see(now));
}

void pipeline::helper_sandbox(std::string_view walls) { s_->helper_walls = walls; }

void pipeline::interface(const common::interface_description& i) {
    s_->interfaces.push_back(i);
    s_->path_interfaces.push_back(s_->path.interface(i.name));
    if (s_->interfaces.size() > 1) s_->copies.expect();
}

void pipeline::statistics(const common::interface_statistics& s) {
    const common::timestamp ts = s_->believed(s.ts);
    s_->start(ts);
    const auto known = std::find_if(s_->statistics.begin(), s_->statistics.end(),
                                    [&](const auto& k) { return k.interface == s.interface; });
    if (known != s_->statistics.end())
        *known = s;
    else
        s_->statistics.push_back(s);
    s_->path.statistics(s_->path_interface(s.interface), ts,
                        s.dropped_kernel.value_or(0) + s.dropped_interface.value_or(0));
    s_->advance(s_->clock.see(ts));
    s_->see_drops(ts);
}

void pipeline::lost(const common::packet_loss& l) {
    s_->start(l.before);
    s_->counted_losses[l.interface] += l.count;
    s_->path.lost(s_->path_interface(l.interface), l.after, l.before);
    s_->advance(s_->clock.see(l.before));
    s_->see_drops(l.before);
}

void pipeline::feed(const common::record& r) {
    if (!s_->started) s_->start(r.ts);
    s_->advance(s_->clock.see(r.ts));
    s_->read(r, s_->delivered + 1);
}

void pipeline::advance(common::timestamp now) {
    s_->clock.set(now);
    s_->advance(now);
}

void pipeline::feed(const common::record& r, std::uint64_t number) {
    if (!s_->started) s_->start(r.ts);
    s_->read(r, number);
}

const flow::moment& pipeline::now() const noexcept { return s_->flows.now(); }

void pipeline::input_anomaly(std::string_view code, std::uint64_t offset, std::string_view detail) {
    event::anomaly a;
    a.ts = s_->clock.now();
    a.code = code;
    a.layer = "input";
    a.offset = offset;
    a.detail = {detail};
    s_->tell_anomaly(a);
}

void pipeline::lost(common::timestamp now, std::string_view reason) {
    s_->start(now);
    s_->lost_at = now;
    s_->advance(s_->clock.see(now));
    s_->forget_stream();
    s_->flows.interrupted();
    s_->events.emit(event::capture_lost{now, {reason}});
}

void pipeline::resumed(common::timestamp now, std::uint64_t attempts) {
    s_->advance(s_->clock.see(now));
    const std::vector<event::interface_info> known = s_->described();
    event::capture_resumed e;
    e.ts = now;
    e.outage = now - s_->lost_at.value_or(now);
    e.attempts = attempts;
    e.interfaces = known;
    e.sandbox = s_->walls();
    s_->events.emit(e);
}

void pipeline::report() {
    s_->start(s_->clock.now());
    s_->report(event::stats_reason::request, s_->clock.now());
}

void pipeline::end(event::end_reason why, std::string_view error) {
    s_->start(s_->clock.now());
    s_->clock.settle();
    if (const auto now = s_->clock.now()) {
        s_->flows.advance(*now); // and no statistics: the totals follow at once
        s_->shared.stopped = why == event::end_reason::interrupted;
        s_->flows.close_all(*now);
    }
    event::capture_end e;
    e.ts = s_->clock.now();
    e.reason = why;
    e.error = {error};
    e.totals = s_->ledger();
    s_->events.emit(e);
}

} // namespace weir::pipeline
