#include "session/websocket/report.hpp"

#include "session/coding/charset.hpp"

namespace weir::session::websocket {

namespace {

std::optional<event::wire> wire_unless_empty(std::string_view text) noexcept {
    return text.empty() ? std::nullopt : std::optional(event::wire{text});
}

} // namespace

std::span<const std::string_view> reporter::codes(const anomaly_set& found) {
    codes_.clear();
    found.for_each([this](anomaly a) { codes_.push_back(row(a).code); });
    return codes_;
}

void reporter::open(const place& id, const agreement& a, bool midstream, common::timestamp ts) {
    if (!shared_.events.wants<event::websocket_open>()) return;
    event::websocket_open out;
    out.ts = ts;
    out.connection = id.ref();
    out.exchange = a.exchange;
    out.url = wire_unless_empty(a.url);
    out.version = wire_unless_empty(a.version);
    out.protocol = wire_unless_empty(a.protocol);
    out.extensions = wire_unless_empty(a.extensions);
    out.deflate = a.deflate;
    out.midstream = midstream;
    out.anomalies = codes(a.notes.found);
    shared_.events.emit(out);
}

void reporter::message(const place& id, const agreement& a, flow::side from, const websocket::message& m,
                       std::optional<common::nanoseconds> latency, common::timestamp ts) {
    if (!wants_messages()) return;
    event::websocket_message out;
    out.ts = ts;
    out.connection = id.ref();
    out.exchange = a.exchange;
    out.message = m.number;
    out.side = from;
    out.opcode = m.kind;
    out.frames = m.frames;
    out.compressed = m.is_compressed;
    const bool is_plain = !m.is_compressed && m.is_decoded;
    if (is_plain) out.size = m.wire_size; // a hole ends data, not the count
    if (!is_plain && m.is_decoded && m.is_whole) out.size = m.size;
    if (!is_plain) out.compressed_size = m.wire_size;
    const bool is_cut = m.is_cut || !m.is_whole || !m.is_decoded;
    if (m.is_decoded || !m.data.empty()) {
        const bool is_text = m.kind == event::websocket_opcode::text;
        out.data = event::wire{is_text && is_cut ? whole_characters(m.data) : std::string_view(m.data)};
    }
    out.truncated = m.is_cut || (!m.is_decoded && !m.data.empty());
    if (latency || m.last != m.first) {
        out.timing.emplace();
        out.timing->latency = latency;
        if (m.last != m.first) out.timing->receive = m.last - m.first;
    }
    if (!m.is_whole) out.complete = false;
    out.ended = m.ended;
    if (m.missing.any) {
        out.missing.emplace();
        if (m.missing.bytes > 0) out.missing->bytes = m.missing.bytes;
        out.missing->cause = id.cause_now(m.missing.first);
    }
    out.anomalies = codes(m.notes.found);
    shared_.events.emit(out);
}

void reporter::close(const place& id, const agreement& a, const closing& c, common::timestamp ts) {
    if (!shared_.events.wants<event::websocket_close>()) return;
    event::websocket_close out;
    out.ts = ts;
    out.connection = id.ref();
    out.exchange = a.exchange;
    out.side = c.first;
    if (c.first) {
        const close_frame& first = *c.frames[event::index(*c.first)];
        out.code = first.code;
        out.reason = wire_unless_empty(first.reason);
        if (const close_frame* const reply = c.frames[event::index(event::other(*c.first))]; reply != nullptr)
            out.reply = event::websocket_close_frame{reply->code, wire_unless_empty(reply->reason)};
    }
    out.clean = c.frames[0] != nullptr && c.frames[1] != nullptr;
    if (!out.clean) out.ended = c.ended;
    out.duration = ts - c.opened;
    out.from_client = c.totals[event::index(event::side::client)];
    out.from_server = c.totals[event::index(event::side::server)];
    out.anomalies = codes(c.found);
    shared_.events.emit(out);
}

} // namespace weir::session::websocket
