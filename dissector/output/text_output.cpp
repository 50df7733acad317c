#include "output/text_output.hpp"

#include <algorithm>

#include "event/registry.hpp"
#include "output/text_dns.hpp"
#include "output/text_fields.hpp"
#include "output/text_http.hpp"
#include "output/text_redis.hpp"
#include "output/text_sse.hpp"
#include "output/text_tcp.hpp"
#include "output/text_websocket.hpp"

namespace weir::output {

namespace {

constexpr std::string_view sentence(event::close_reason why) noexcept {
    switch (why) {
    case event::close_reason::fin:
        return "closed";
    case event::close_reason::reset:
        return "reset";
    case event::close_reason::timeout:
        return "silent";
    case event::close_reason::evicted:
        return "evicted";
    case event::close_reason::end_of_capture:
        break;
    }
    return "open at the end";
}

/// Of a connection: states are Zeek's (flow/tcp/connection.cpp: state).
bool is_refused(const event::tcp_close& e) noexcept { return e.state == "REJ"; }
bool is_unanswered(const event::tcp_close& e) noexcept { return e.state == "S0"; }

} // namespace

void text_output::on_event(const event::any_event& e) {
    if (const auto* const data = e.get_if<event::tcp_data>()) return streams_.put(out_, *data);
    streams_.interrupt(out_);
    const auto put = [this](const auto& event) {
        if constexpr (requires { write(event); })
            write(event);
        else if constexpr (requires { put_form(out_, event); })
            put_form(out_, event);
        else
            put_text_event(out_, event);
    };
    event::registry::visit(e, put);
}

// --- the capture

void text_output::write(const event::capture_start& e) {
    counted_at_ = e.ts;
    out_.begin(colour::dim);
    out_.put("weir ");
    out_.put(e.version);
    out_.put(", reading ");
    out_.wire(e.input.bytes);
    if (!e.filter.bytes.empty()) {
        out_.put(", filter: ");
        out_.wire(e.filter.bytes);
    }
    if (e.ts) {
        out_.put(", from ");
        out_.put_date(*e.ts);
    }
    out_.end();
    out_.put('\n');
}

void text_output::totals(const event::ledger& l) {
    out_.counted(l.delivered, "packet, ", "packets, ");
    out_.counted(l.connections, "connection, ", "connections, ");
    out_.counted(l.exchanges, "exchange, ", "exchanges, ");
    out_.counted(l.anomalies, "anomaly", "anomalies");
    if (!l.kernel) return;
    out_.put(", ");
    out_.put_number(l.kernel->dropped + l.kernel->dropped_interface);
    out_.put(" packets dropped before they reached us");
}

void text_output::write(const event::capture_stats& e) {
    if (e.ts) out_.time(*e.ts);
    if (e.reason == event::stats_reason::drops) {
        drops(e);
    } else {
        out_.begin(colour::dim);
        totals(e.totals);
        out_.end();
    }
    lacking(e.outputs);
    out_.put('\n');
}

/// Outputs that did not get everything.
void text_output::lacking(std::span<const event::output_account> outputs) {
    for (const event::output_account& o : outputs) {
        out_.put(", ");
        out_.begin(colour::red);
        out_.counted(o.dropped, "event", "events");
        out_.put(" not written to ");
        out_.wire(o.output.bytes == "-" ? "standard output" : o.output.bytes);
        out_.end();
    }
}

/// What was lost since drops were reported last; advice the first time only.
void text_output::drops(const event::capture_stats& e) {
    const event::kernel_counters k = e.totals.kernel.value_or(event::kernel_counters{});
    const std::uint64_t kernel = k.dropped - std::min(dropped_, k.dropped);
    const std::uint64_t interface = k.dropped_interface - std::min(dropped_interface_, k.dropped_interface);
    const std::uint64_t received = k.received - std::min(received_, k.received);
    const bool is_first = dropped_ + dropped_interface_ == 0;
    out_.begin(colour::red);
    if (kernel > 0) {
        out_.put("KERNEL DROPPED ");
        out_.counted(kernel, "packet", "packets");
    }
    if (interface > 0) {
        out_.put(kernel > 0 ? ", INTERFACE DROPPED " : "INTERFACE DROPPED ");
        out_.counted(interface, "packet", "packets");
    }
    if (e.ts && counted_at_) {
        out_.put(" in ");
        out_.took(*e.ts - *counted_at_);
    }
    out_.put(", of ");
    out_.put_number(received);
    out_.put("; what is shown may have holes");
    if (is_first) out_.put(". A narrower filter or a larger --buffer helps");
    out_.end();
    dropped_ = k.dropped;
    dropped_interface_ = k.dropped_interface;
    received_ = k.received;
    counted_at_ = e.ts;
}

void text_output::write(const event::capture_lost& e) {
    out_.time(e.ts);
    out_.begin(colour::red);
    out_.put("the capture is lost: ");
    out_.wire(e.reason.bytes);
    out_.end();
    out_.put('\n');
}

void text_output::write(const event::capture_resumed& e) {
    out_.time(e.ts);
    out_.begin(colour::green);
    out_.put("the capture goes on after ");
    out_.took(e.outage);
    out_.end();
    out_.put('\n');
}

void text_output::write(const event::capture_end& e) {
    out_.begin(colour::dim);
    totals(e.totals);
    out_.end();
    lacking(e.outputs);
    if (!e.error.bytes.empty()) {
        out_.put(' ');
        out_.begin(colour::red);
        out_.wire(e.error.bytes);
        out_.end();
    }
    out_.put('\n');
}

// --- connections

void text_output::write(const event::tcp_open& e) {
    out_.time(e.ts);
    out_.ends(e.connection, " > ");
    out_.coloured(colour::dim, e.midstream ? "open (picked up in mid-stream)\n" : "open\n");
}

void text_output::write(const event::tcp_close& e) {
    const bool is_reset = e.reason == event::close_reason::reset;
    const bool is_notable = is_reset || is_unanswered(e) || e.service.empty();
    if (!is_notable && shown_ == closes::notable) return;
    out_.time(e.ts);
    out_.ends(e.connection, " > ");
    if (is_refused(e)) {
        out_.coloured(colour::red, "refused\n");
        return;
    }
    if (is_unanswered(e)) {
        out_.begin(colour::yellow);
        out_.put("no answer, asked ");
        out_.counted(e.from_client.packets, "time", "times");
        out_.end();
        out_.put('\n');
        return;
    }
    out_.begin(is_reset ? colour::yellow : colour::dim);
    out_.put(sentence(e.reason));
    if (is_reset && e.by) {
        out_.put(" by ");
        out_.put(event::word(*e.by));
    }
    out_.put(" after ");
    out_.took(e.duration);
    out_.put(": ");
    if (e.from_client.bytes + e.from_server.bytes == 0) {
        out_.put("nothing said");
    } else {
        out_.size(e.from_client.bytes);
        out_.put(" up, ");
        out_.size(e.from_server.bytes);
        out_.put(" down");
    }
    if (e.service.empty() && e.from_client.bytes + e.from_server.bytes > 0) out_.put(", unknown protocol");
    out_.end();
    out_.put('\n');
}

void text_output::write(const event::udp_close& e) {
    out_.time(e.ts);
    out_.ends(e.connection, " > ");
    out_.begin(colour::dim);
    out_.put("UDP over after ");
    out_.took(e.duration);
    out_.put(": ");
    out_.size(e.from_client.payload);
    out_.put(" up, ");
    out_.size(e.from_server.payload);
    out_.put(" down");
    if (e.service.empty()) out_.put(", unknown protocol");
    out_.end();
    out_.put('\n');
}

void text_output::write(const event::icmp_error& e) {
    std::array<char, common::ip_text_size> from;
    out_.time(e.ts);
    out_.ends(e.connection, " > ");
    out_.begin(colour::yellow);
    std::string kind(e.kind);
    std::replace(kind.begin(), kind.end(), '_', ' ');
    out_.put(kind);
    out_.put(", says ");
    out_.put({from.data(), common::write_ip(e.from, from)});
    out_.end();
    out_.put('\n');
}

void text_output::write(const event::anomaly& e) {
    if (e.ts) out_.time(*e.ts);
    if (e.connection) out_.ends(*e.connection, " - ");
    out_.coloured(colour::yellow, e.code);
    out_.put(": ");
    out_.wire(e.detail.bytes);
    out_.put('\n');
}

} // namespace weir::output
