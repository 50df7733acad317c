#include "output/text_output.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "event/registry.hpp"
#include "output/text_fields.hpp"

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

/// The body's size as the message announced it, where it did.
std::optional<std::uint64_t> announced(const event::header_object& headers) {
    const event::header* const length = find(headers, "content-length");
    if (length == nullptr || find(headers, "transfer-encoding") != nullptr) return std::nullopt;
    std::uint64_t n = 0;
    const char* const end = length->value.data() + length->value.size();
    const auto parsed = std::from_chars(length->value.data(), end, n);
    return parsed.ec == std::errc() && parsed.ptr == end ? std::optional(n) : std::nullopt;
}

constexpr std::string_view sentence(event::missing_cause cause) noexcept {
    switch (cause) {
    case event::missing_cause::kernel_drop:
        return "dropped by the kernel";
    case event::missing_cause::upstream:
        return "lost before the capture";
    case event::missing_cause::snaplen:
        return "cut by the snaplen";
    case event::missing_cause::limit:
        return "given up at a limit";
    case event::missing_cause::not_captured:
        break;
    }
    return "not in the capture";
}

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

/// Behind "cut off" or "no response"; the line of the connection says who sent a reset.
constexpr std::string_view sentence(event::ending why) noexcept {
    switch (why) {
    case event::ending::closed:
        return ": closed";
    case event::ending::reset:
        return ": reset";
    case event::ending::timeout:
        return ": silent";
    case event::ending::evicted:
        return ": evicted";
    case event::ending::end_of_capture:
        return ": the capture ended";
    case event::ending::shutdown:
        break;
    }
    return ": weir was stopped";
}

/// Of a connection: states are Zeek's (flow/connection.cpp: state).
bool is_refused(const event::tcp_close& e) noexcept { return e.state == "REJ"; }
bool is_unanswered(const event::tcp_close& e) noexcept { return e.state == "S0"; }

/// How decoding a body ended before the body did.
struct coding_remark {
    std::string_view code;
    std::string_view text;
};
constexpr std::array<coding_remark, 3> coding_remarks{{
    {"http.content_coding_invalid", "(what follows is damaged and could not be decoded)\n"},
    {"http.content_coding_cut_short", "(the rest could not be decoded: the content coding is cut short)\n"},
    {"http.decoded_limit", "(the rest was not decoded: limit)\n"},
}};

bool is_incomplete(const std::optional<bool>& complete) noexcept { return complete && !*complete; }

} // namespace

void text_output::on_event(const event::any_event& e) {
    const auto put = [this](const auto& event) {
        if constexpr (requires { write(event); })
            write(event);
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
    out_.put('\n');
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

// --- HTTP

void text_output::request_line(const event::http_request_message& m) {
    out_.begin(colour::bold);
    out_.wire(m.method.bytes);
    out_.end();
    out_.put(' ');
    out_.wire(m.url ? m.url->bytes : m.target.bytes);
}

void text_output::write(const event::http_request& e) {
    out_.time(e.ts);
    out_.ends(e.connection, " > ");
    request_line(e.request);
    out_.put('\n');
}

void text_output::write(const event::http_response& e) {
    out_.time(e.ts);
    out_.ends(e.connection, " < ");
    out_.put_number(e.response.status.value_or(0));
    out_.put(' ');
    out_.wire(e.response.reason.bytes);
    out_.put('\n');
}

void text_output::response_line(const event::http_response_message& m) {
    const std::uint16_t status = m.status.value_or(0);
    out_.begin(status >= 500   ? colour::red
               : status >= 400 ? colour::yellow
               : status >= 300 ? colour::cyan
                               : colour::green);
    out_.put_number(status);
    out_.put(' ');
    out_.wire(m.reason.bytes);
    out_.end();
    if (const auto* type = find(m.headers, "content-type")) {
        out_.put("  ");
        out_.wire(type->value);
    }
    if (!m.body) return;
    out_.put("  ");
    out_.size(m.body->size);
}

/// "  cut off at 1.2 MB of 4.8 MB", by what the head announced.
void text_output::cut_off(std::string_view what, const std::optional<event::http_body>& body,
                          const event::header_object& headers, std::optional<event::ending> why) {
    const std::uint64_t seen = body ? body->size : 0;
    const std::optional<std::uint64_t> whole = announced(headers);
    out_.put("  ");
    out_.begin(colour::red);
    out_.put(what);
    out_.put("cut off ");
    if (whole && *whole > seen && *whole - seen < *whole / 16) {
        out_.size(*whole - seen); // both sizes would read alike
        out_.put(" before its end");
    } else {
        out_.put("at ");
        out_.size(seen);
        if (whole && *whole > seen) {
            out_.put(" of ");
            out_.size(*whole);
        }
    }
    if (why) out_.put(sentence(*why));
    out_.end();
}

void text_output::missing(std::uint64_t bytes, std::string_view of, event::missing_cause cause) {
    out_.put("  ");
    out_.begin(colour::red);
    out_.size(bytes);
    out_.put(of);
    out_.put(" missing, ");
    out_.put(sentence(cause));
    out_.end();
}

/// What keeps an exchange from being whole; nothing where it is.
void text_output::why_incomplete(const event::http_exchange& e) {
    const event::http_missing m = e.missing.value_or(event::http_missing{});
    if (m.request)
        missing(*m.request, " of the request", m.cause);
    else if (e.request && is_incomplete(e.request->complete))
        cut_off("request ", e.request->body, e.request->headers, e.request->ended);
    if (m.response)
        missing(*m.response, "", m.cause);
    else if (e.response && is_incomplete(e.response->complete))
        cut_off("", e.response->body, e.response->headers, e.response->ended);
}

void text_output::write(const event::http_exchange& e) {
    const event::http_timing& t = e.timing;
    out_.time(t.total        ? e.ts + *t.total
              : t.unanswered ? e.ts + t.send.value_or(common::nanoseconds{}) + *t.unanswered
                             : e.ts);
    out_.ends(e.connection, " < ");
    // the line of a request whose head was cut was never written, and one that waits is far above
    if (e.request && (!e.response || is_incomplete(e.request->complete))) {
        request_line(*e.request);
        out_.put("  ");
    }
    if (e.response) {
        response_line(*e.response);
    } else {
        const bool is_lost = e.missing && (e.missing->response || e.missing->lost);
        out_.begin(colour::red);
        out_.put(is_lost ? "response lost" : "no response");
        if (t.unanswered) {
            out_.put(" after ");
            out_.took(*t.unanswered);
        }
        if (e.ended) out_.put(sentence(*e.ended));
        out_.end();
    }
    if (t.total) {
        out_.put("  ");
        out_.took(*t.total);
    }
    why_incomplete(e);
    for (const std::string_view code : e.anomalies) {
        out_.put("  ");
        out_.coloured(colour::yellow, code);
    }
    out_.put('\n');
    if (e.request && e.request->body) body(*e.request->body, e.anomalies);
    if (e.response && e.response->body) body(*e.response->body, e.anomalies);
}

/// The bytes that were kept, and where they stop short of what was sent.
void text_output::body(const event::http_body& b, std::span<const std::string_view> anomalies) {
    if (!b.data) return;
    out_.wire(b.data->bytes, true);
    if (!b.data->bytes.empty() && b.data->bytes.back() != '\n') out_.put('\n');
    if (b.truncated) out_.coloured(colour::dim, "(cut at the limit)\n");
    if (!b.decoded_size) return;
    for (const std::string_view code : anomalies) {
        const auto remark = std::find_if(coding_remarks.begin(), coding_remarks.end(),
                                         [&](const coding_remark& r) { return r.code == code; });
        if (remark != coding_remarks.end()) out_.coloured(colour::yellow, remark->text);
    }
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
