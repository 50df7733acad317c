#include "output/text_output.hpp"

#include <algorithm>
#include <array>

#include "event/json_value.hpp"

namespace weir::output {

namespace {

const event::header* find(const event::header_object& headers, std::string_view lower_name) {
    for (const event::header& h : headers.list) {
        if (h.name.size() != lower_name.size()) continue;
        bool same = true;
        for (std::size_t i = 0; i < h.name.size() && same; ++i) {
            const char c = h.name[i];
            same = (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) == lower_name[i];
        }
        if (same) return &h;
    }
    return nullptr;
}

} // namespace

event::mask text_selection() {
    event::mask m;
    m.set(event::kind<event::capture_start>())
        .set(event::kind<event::capture_stats>())
        .set(event::kind<event::capture_end>());
    m.set(event::kind<event::capture_lost>()).set(event::kind<event::capture_resumed>());
    m.set(event::kind<event::http_request>()).set(event::kind<event::http_exchange>());
    m.set(event::kind<event::anomaly>());
    return m;
}

void text_output::on_event(const event::any_event& e) {
    std::visit([this](const auto* event) { write(*event); }, e);
}

void text_output::begin(colour c) {
    static constexpr std::array<std::string_view, 6> codes{"\x1b[2m",  "\x1b[1m",  "\x1b[32m",
                                                           "\x1b[33m", "\x1b[31m", "\x1b[36m"};
    if (coloured_) out_.put(codes[static_cast<std::size_t>(c)]);
}

void text_output::end() {
    if (coloured_) out_.put("\x1b[0m");
}

void text_output::coloured(colour c, std::string_view text) {
    begin(c);
    out_.put(text);
    end();
}

/// Wire bytes: UTF-8 as it is, but for control characters (C0, DEL, C1); with `lines`, line feeds and tabs
/// stay.
void text_output::wire(std::string_view bytes, bool lines) {
    const bool utf8 = event::is_utf8(bytes);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto c = static_cast<unsigned char>(bytes[i]);
        const bool kept_white = lines && (c == '\n' || c == '\t');
        const bool c1 = utf8 && c == 0xc2 && static_cast<unsigned char>(bytes[i + 1]) < 0xa0;
        if (kept_white || (c >= 0x20 && c < 0x7f) || (c >= 0x80 && utf8 && !c1)) {
            out_.put(bytes[i]);
        } else {
            const std::array<char, 4> text{'\\', 'x', "0123456789abcdef"[c >> 4], "0123456789abcdef"[c & 15]};
            out_.put(std::string_view(text.data(), text.size()));
            if (c1) {
                ++i;
                const auto second = static_cast<unsigned char>(bytes[i]);
                const std::array<char, 4> more{'\\', 'x', "0123456789abcdef"[second >> 4],
                                               "0123456789abcdef"[second & 15]};
                out_.put(std::string_view(more.data(), more.size()));
            }
        }
    }
}

/// Time of day in UTC with milliseconds: what a person compares; the date stands in the first line.
void text_output::time(common::timestamp t) {
    std::array<char, common::rfc3339_size> text{};
    common::write_rfc3339(t, text);
    coloured(colour::dim, std::string_view(text.data() + 11, 12));
    out_.put(' ');
}

void text_output::ends(const event::connection_ref& c, std::string_view arrow) {
    const auto end_text = [&](const event::endpoint& e) {
        if (e.ip.version == 6) out_.put('[');
        out_.put(common::to_string(e.ip));
        if (e.ip.version == 6) out_.put(']');
        out_.put(':');
        out_.put_number(e.port);
    };
    begin(colour::dim);
    out_.put('#');
    out_.put_number(c.conn);
    out_.put(' ');
    end_text(c.client);
    out_.put(arrow);
    end_text(c.server);
    end();
    out_.put(' ');
}

void text_output::write(const event::capture_start& e) {
    begin(colour::dim);
    out_.put("weir ");
    out_.put(e.version);
    out_.put(", reading ");
    wire(e.input.bytes);
    if (!e.filter.bytes.empty()) {
        out_.put(", filter: ");
        wire(e.filter.bytes);
    }
    if (e.ts) {
        out_.put(", from ");
        out_.put_time(*e.ts);
    }
    end();
    out_.put('\n');
}

void text_output::counted(std::uint64_t n, std::string_view singular, std::string_view plural) {
    out_.put_number(n);
    out_.put(' ');
    out_.put(n == 1 ? singular : plural);
}

/// A duration in this unit (in nanoseconds), cut behind one decimal.
void text_output::tenths(common::nanoseconds duration, std::int64_t unit) {
    const auto whole = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count, 0) / (unit / 10));
    out_.put_number(whole / 10);
    out_.put('.');
    out_.put_number(whole % 10);
}

void text_output::totals(const event::ledger& l) {
    counted(l.delivered, "packet, ", "packets, ");
    counted(l.connections, "connection, ", "connections, ");
    counted(l.exchanges, "exchange, ", "exchanges, ");
    counted(l.anomalies, "anomaly", "anomalies");
    if (!l.kernel) return;
    out_.put(", ");
    out_.put_number(l.kernel->dropped + l.kernel->dropped_interface);
    out_.put(" packets dropped before they reached us");
}

void text_output::write(const event::capture_stats& e) {
    if (e.ts) time(*e.ts);
    begin(colour::dim);
    totals(e.totals);
    end();
    out_.put('\n');
}

void text_output::write(const event::capture_lost& e) {
    time(e.ts);
    begin(colour::red);
    out_.put("the capture is lost: ");
    wire(e.reason.bytes);
    end();
    out_.put('\n');
}

void text_output::write(const event::capture_resumed& e) {
    time(e.ts);
    begin(colour::green);
    out_.put("the capture goes on after ");
    tenths(e.outage, common::nanoseconds_per_second);
    out_.put(" s");
    end();
    out_.put('\n');
}

void text_output::write(const event::capture_end& e) {
    begin(colour::dim);
    totals(e.totals);
    end();
    if (!e.error.bytes.empty()) {
        out_.put(' ');
        begin(colour::red);
        wire(e.error.bytes);
        end();
    }
    out_.put('\n');
}

void text_output::write(const event::tcp_open& e) {
    time(e.ts);
    ends(e.connection, " > ");
    coloured(colour::dim, e.midstream ? "open (picked up in mid-stream)\n" : "open\n");
}

void text_output::write(const event::tcp_close& e) {
    time(e.ts);
    ends(e.connection, " > ");
    begin(colour::dim);
    out_.put("closed: ");
    out_.put(event::word(e.reason));
    out_.put(' ');
    out_.put(e.state);
    out_.put(", ");
    out_.put_number(e.from_client.bytes);
    out_.put(" B sent, ");
    out_.put_number(e.from_server.bytes);
    out_.put(" B received, ");
    out_.put_seconds(e.duration);
    out_.put(" s");
    end();
    out_.put('\n');
}

void text_output::write(const event::http_request& e) {
    time(e.ts);
    ends(e.connection, " > ");
    begin(colour::bold);
    wire(e.request.method.bytes);
    end();
    out_.put(' ');
    wire(e.request.url ? e.request.url->bytes : e.request.target.bytes);
    out_.put('\n');
}

void text_output::write(const event::http_response& e) {
    time(e.ts);
    ends(e.connection, " < ");
    out_.put_number(e.response.status.value_or(0));
    out_.put(' ');
    wire(e.response.reason.bytes);
    out_.put('\n');
}

void text_output::write(const event::http_exchange& e) {
    time(e.timing.total ? e.ts + *e.timing.total : e.ts);
    ends(e.connection, " < ");
    if (e.response) {
        const std::uint16_t status = e.response->status.value_or(0);
        begin(status >= 500   ? colour::red
              : status >= 400 ? colour::yellow
              : status >= 300 ? colour::cyan
                              : colour::green);
        out_.put_number(status);
        out_.put(' ');
        wire(e.response->reason.bytes);
        end();
        if (const auto* type = find(e.response->headers, "content-type")) {
            out_.put("  ");
            wire(type->value);
        }
        if (e.response->body) {
            out_.put("  ");
            out_.put_number(e.response->body->size);
            out_.put(" B");
        }
    } else {
        coloured(colour::red, "no response");
    }
    if (e.timing.total) {
        out_.put("  ");
        tenths(*e.timing.total, common::nanoseconds_per_second / 1000);
        out_.put(" ms");
    }
    if (e.missing) {
        begin(colour::red);
        out_.put("  ");
        out_.put_number(e.missing->request.value_or(0) + e.missing->response.value_or(0));
        out_.put(" B missing: ");
        out_.put(event::word(e.missing->cause));
        end();
    }
    for (const std::string_view code : e.anomalies) {
        out_.put("  ");
        coloured(colour::yellow, code);
    }
    out_.put('\n');
    if (e.request && e.request->body) body(*e.request->body);
    if (e.response && e.response->body) body(*e.response->body);
}

void text_output::body(const event::http_body& b) {
    if (!b.data || b.data->bytes.empty()) return;
    wire(b.data->bytes, true);
    if (b.data->bytes.back() != '\n') out_.put('\n');
    if (b.truncated) coloured(colour::dim, "(cut at the limit)\n");
}

void text_output::write(const event::anomaly& e) {
    if (e.ts) time(*e.ts);
    if (e.connection) ends(*e.connection, " - ");
    coloured(colour::yellow, e.code);
    out_.put(": ");
    wire(e.detail.bytes);
    out_.put('\n');
}

} // namespace weir::output
