#include "pipeline/pipeline.hpp"

#include <algorithm>
#include <vector>

#include "common/version.hpp"
#include "flow/table.hpp"
#include "protocol/decode.hpp"
#include "session/source.hpp"

namespace weir::pipeline {

namespace {

using protocol::disposition;

std::string sentence(const protocol::problem& p) {
    return std::string(p.subject) + ' ' + std::to_string(p.value) + ' ' + std::string(p.relation) + ' ' +
           std::to_string(p.bound);
}

} // namespace

struct pipeline::state {
    state(options o, event::sink& to)
        : asked(std::move(o))
        , events(to, asked.events)
        , shared{events, asked.sessions, counted}
        , sessions(session::make_source(shared))
        , connections(events, *sessions, asked.flows, asked.hash_key) {
        for (std::size_t i = 0; i < reasons.size(); ++i) reasons[i].name = protocol::disposition_words[i];
    }

    void start(std::optional<common::timestamp> ts);
    void see_time(common::timestamp ts);
    void tell_anomaly(const event::anomaly& a);
    [[nodiscard]] event::ledger ledger() const;
    [[nodiscard]] std::optional<event::kernel_counters> kernel() const;

    options asked;
    event::emitter events;
    session::counters counted;
    session::context shared;
    std::unique_ptr<flow::session_source> sessions;
    flow::table connections;

    std::string helper_walls;
    std::vector<common::interface_description> interfaces;
    std::vector<common::interface_statistics> statistics;
    std::array<event::tally, protocol::disposition_words.size()> reasons{};
    std::uint64_t delivered = 0;
    std::uint64_t dissected = 0;
    std::uint64_t bytes = 0;
    std::uint64_t anomalies = 0;
    std::optional<common::timestamp> last;
    std::optional<common::timestamp> next_report;
    bool started = false;
};

void pipeline::state::start(std::optional<common::timestamp> ts) {
    if (started) return;
    started = true;
    if (!events.wants<event::capture_start>()) return;
    std::vector<event::interface_info> known;
    known.reserve(interfaces.size());
    for (const auto& i : interfaces) known.push_back({{i.name}, i.link_type, i.snaplen});
    event::capture_start e;
    e.ts = ts;
    e.version = common::version;
    e.input = {asked.input};
    e.interfaces = known;
    e.filter = {asked.filter};
    if (!helper_walls.empty() || !asked.sandbox.empty())
        e.sandbox = event::sandbox_state{{helper_walls}, {asked.sandbox}};
    events.emit(e);
}

/// Time of the capture goes on; statistics are due by it.
void pipeline::state::see_time(common::timestamp ts) {
    if (asked.stats_interval.count <= 0) return;
    if (!next_report) next_report = ts + asked.stats_interval;
    if (ts < *next_report) return;
    next_report = ts + asked.stats_interval;
    events.emit(event::capture_stats{ts, ledger()});
}

void pipeline::state::tell_anomaly(const event::anomaly& a) {
    ++anomalies;
    events.emit(a);
}

std::optional<event::kernel_counters> pipeline::state::kernel() const {
    event::kernel_counters k;
    bool known = false, handed_over_known = true;
    std::uint64_t handed_over = 0;
    for (const auto& s : statistics) {
        known = known || s.received.has_value();
        handed_over_known = handed_over_known && s.handed_over.has_value();
        handed_over += s.handed_over.value_or(0);
        k.received += s.received.value_or(0);
        k.dropped += s.dropped_kernel.value_or(0);
        k.dropped_interface += s.dropped_interface.value_or(0);
    }
    if (!known) return std::nullopt;
    const auto above = [](std::uint64_t whole, std::uint64_t part) { return whole > part ? whole - part : 0; };
    const std::uint64_t kept = above(k.received, k.dropped + k.dropped_interface);
    if (handed_over_known) k.not_handed_over = above(kept, handed_over);
    k.waiting = above(handed_over_known ? handed_over : kept, delivered);
    return k;
}

event::ledger pipeline::state::ledger() const {
    event::ledger l;
    l.kernel = kernel();
    l.delivered = delivered;
    l.dissected = dissected;
    l.not_dissected = {reasons};
    l.bytes = bytes;
    l.connections = connections.opened();
    l.open_connections = connections.open();
    l.exchanges = counted.exchanges;
    l.anomalies = anomalies + counted.anomalies + connections.anomalies();
    return l;
}

pipeline::pipeline(options asked, event::sink& to) : s_(std::make_unique<state>(std::move(asked), to)) {}

pipeline::~pipeline() = default;

void pipeline::begin(common::timestamp now) { s_->start(now); }

void pipeline::helper_sandbox(std::string_view walls) { s_->helper_walls = walls; }

void pipeline::interface(const common::interface_description& i) { s_->interfaces.push_back(i); }

void pipeline::statistics(const common::interface_statistics& s) {
    s_->start(s.ts);
    const auto known = std::find_if(s_->statistics.begin(), s_->statistics.end(),
                                    [&](const auto& k) { return k.interface == s.interface; });
    if (known != s_->statistics.end()) *known = s;
    else s_->statistics.push_back(s);
    s_->connections.advance(s.ts);
    s_->see_time(s.ts);
}

void pipeline::feed(const common::record& r) {
    s_->start(r.ts);
    ++s_->delivered;
    s_->bytes += r.data.size();
    s_->last = r.ts;
    s_->see_time(r.ts);
    const protocol::packet p = protocol::decode(r.link_type, r.data, r.original_length);
    if (p.wrong) {
        event::anomaly a;
        const std::string detail = s_->events.wants<event::anomaly>() ? sentence(*p.wrong) : std::string();
        a.ts = r.ts;
        a.code = p.wrong->code;
        a.layer = p.wrong->layer;
        a.packet = s_->delivered;
        a.offset = p.wrong->offset;
        a.detail = {detail};
        s_->tell_anomaly(a);
    }
    if (p.what == disposition::tcp) {
        ++s_->dissected;
        s_->connections.feed(p, r.ts, s_->delivered);
    } else {
        ++s_->reasons[static_cast<std::size_t>(p.what)].count;
    }
}

void pipeline::input_anomaly(std::string_view code, std::uint64_t offset, std::string_view detail) {
    event::anomaly a;
    a.ts = s_->last;
    a.code = code;
    a.layer = "input";
    a.offset = offset;
    a.detail = {detail};
    s_->tell_anomaly(a);
}

void pipeline::report() {
    s_->start(s_->last);
    s_->events.emit(event::capture_stats{s_->last, s_->ledger()});
}

void pipeline::end(event::end_reason why, std::string_view error) {
    s_->start(s_->last);
    s_->connections.close_all(s_->last.value_or(common::timestamp{}));
    event::capture_end e;
    e.ts = s_->last;
    e.reason = why;
    e.error = {error};
    e.totals = s_->ledger();
    s_->events.emit(e);
}

} // namespace weir::pipeline
