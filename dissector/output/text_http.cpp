#include "output/text_http.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "output/text_words.hpp"

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

void request_line(text_writer& out, const event::http_request_message& m) {
    out.begin(colour::bold);
    out.wire(m.method.bytes);
    out.end();
    out.put(' ');
    out.wire(m.url ? m.url->bytes : m.target.bytes);
}

void response_line(text_writer& out, const event::http_response_message& m) {
    const std::uint16_t status = m.status.value_or(0);
    out.begin(status >= 500   ? colour::red
              : status >= 400 ? colour::yellow
              : status >= 300 ? colour::cyan
                              : colour::green);
    out.put_number(status);
    out.put(' ');
    out.wire(m.reason.bytes);
    out.end();
    if (const auto* type = find(m.headers, "content-type")) {
        out.put("  ");
        out.wire(type->value);
    }
    if (!m.body) return;
    out.put("  ");
    out.size(m.body->size);
}

/// "  cut off at 1.2 MB of 4.8 MB", by what the head announced.
void cut_off(text_writer& out, std::string_view what, const std::optional<event::http_body>& body,
             const event::header_object& headers, std::optional<event::ending> why) {
    const std::uint64_t seen = body ? body->size : 0;
    const std::optional<std::uint64_t> whole = announced(headers);
    out.put("  ");
    out.begin(colour::red);
    out.put(what);
    out.put("cut off ");
    if (whole && *whole > seen && *whole - seen < *whole / 16) {
        out.size(*whole - seen); // both sizes would read alike
        out.put(" before its end");
    } else {
        out.put("at ");
        out.size(seen);
        if (whole && *whole > seen) {
            out.put(" of ");
            out.size(*whole);
        }
    }
    if (why) out.put(sentence(*why));
    out.end();
}

void missing(text_writer& out, std::uint64_t bytes, std::string_view of, event::missing_cause cause) {
    out.put("  ");
    out.begin(colour::red);
    out.size(bytes);
    out.put(of);
    out.put(" missing, ");
    out.put(words_of(cause));
    out.end();
}

/// What keeps an exchange from being whole; nothing where it is.
void why_incomplete(text_writer& out, const event::http_exchange& e) {
    const event::http_missing m = e.missing.value_or(event::http_missing{});
    if (m.request)
        missing(out, *m.request, " of the request", m.cause);
    else if (e.request && is_incomplete(e.request->complete))
        cut_off(out, "request ", e.request->body, e.request->headers, e.request->ended);
    if (m.response)
        missing(out, *m.response, "", m.cause);
    else if (e.response && is_incomplete(e.response->complete))
        cut_off(out, "", e.response->body, e.response->headers, e.response->ended);
}

/// The bytes that were kept, and where they stop short of what was sent.
void body(text_writer& out, const event::http_body& b, std::span<const std::string_view> anomalies) {
    if (const std::string_view name = b.saved.empty() ? b.sha256 : b.saved; !name.empty()) {
        out.begin(colour::dim);
        out.put(b.saved.empty() ? "(sha256 " : "(saved as ");
        out.put(name);
        out.put(")\n");
        out.end();
    }
    if (!b.data) return;
    out.wire(b.data->bytes, true);
    if (!b.data->bytes.empty() && b.data->bytes.back() != '\n') out.put('\n');
    if (b.truncated) out.coloured(colour::dim, "(cut at the limit)\n");
    if (!b.decoded_size) return;
    for (const std::string_view code : anomalies) {
        const auto remark = std::find_if(coding_remarks.begin(), coding_remarks.end(),
                                         [&](const coding_remark& r) { return r.code == code; });
        if (remark != coding_remarks.end()) out.coloured(colour::yellow, remark->text);
    }
}

} // namespace

void put_form(text_writer& out, const event::http_request& e) {
    out.time(e.ts);
    out.ends(e.connection, " > ");
    request_line(out, e.request);
    out.put('\n');
}

namespace {

/// An answer of which much is still to come: a stream of events, or a mebibyte and more. The others are over
/// as soon as they are seen, and their exchange says all.
bool is_long(const event::http_response_message& m) noexcept {
    constexpr std::uint64_t large = 1024 * 1024;
    const event::header* const type = find(m.headers, "content-type");
    const bool is_stream = type != nullptr && type->value.starts_with("text/event-stream");
    return is_stream || announced(m.headers).value_or(0) >= large;
}

} // namespace

void put_form(text_writer& out, const event::http_response& e) {
    if (!is_long(e.response)) return;
    out.time(e.ts);
    out.ends(e.connection, " < ");
    out.put_number(e.response.status.value_or(0));
    out.put(' ');
    out.wire(e.response.reason.bytes);
    out.put('\n');
}

void put_form(text_writer& out, const event::http_exchange& e) {
    const event::http_timing& t = e.timing;
    out.time(t.total        ? e.ts + *t.total
             : t.unanswered ? e.ts + t.send.value_or(common::nanoseconds{}) + *t.unanswered
                            : e.ts);
    out.ends(e.connection, " < ");
    // the line of a request whose head was cut was never written, and one that waits is far above
    if (e.request && (!e.response || is_incomplete(e.request->complete))) {
        request_line(out, *e.request);
        out.put("  ");
    }
    if (e.response) {
        response_line(out, *e.response);
    } else {
        const bool is_lost = e.missing && (e.missing->response || e.missing->lost);
        out.begin(colour::red);
        out.put(is_lost ? "response lost" : "no response");
        if (t.unanswered) {
            out.put(" after ");
            out.took(*t.unanswered);
        }
        if (e.ended) out.put(sentence(*e.ended));
        out.end();
    }
    if (t.total) {
        out.put("  ");
        out.took(*t.total);
    }
    why_incomplete(out, e);
    for (const std::string_view code : e.anomalies) {
        out.put("  ");
        out.coloured(colour::yellow, code);
    }
    out.put('\n');
    if (e.request && e.request->body) body(out, *e.request->body, e.anomalies);
    if (e.response && e.response->body) body(out, *e.response->body, e.anomalies);
}

} // namespace weir::output
