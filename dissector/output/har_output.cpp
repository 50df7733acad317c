#include "output/har_output.hpp"

#include <algorithm>

#include "common/ascii.hpp"
#include "common/base64.hpp"
#include "common/version.hpp"
#include "event/json_fields.hpp"
#include "event/tcp_events.hpp"
#include "output/har_text.hpp"

namespace weir::output {

using event::http_exchange;

namespace {

constexpr std::string_view read_as_latin1 = ",\"comment\":\"not UTF-8: read as ISO-8859-1\"";

std::string_view field(const event::header_object& headers, std::string_view name) noexcept {
    for (const event::header& h : headers.list)
        if (common::equals_ignoring_case(h.name, name)) return h.value;
    return {};
}

/// An array of what `put` writes of each field of that name.
template <class F>
void put_each(event::line_buffer& out, const event::header_object& headers, std::string_view name, F&& put) {
    const std::size_t start = out.size();
    for (const event::header& h : headers.list)
        if (common::equals_ignoring_case(h.name, name)) put(out, h.value);
    out.close_from(start, '[', ']');
}

void put_base64(event::line_buffer& out, std::string_view bytes) {
    out.put('"');
    const std::size_t size = common::base64_size(bytes.size());
    common::write_base64(common::as_bytes(bytes), out.room(size));
    out.commit(size);
    out.put('"');
}

void put_size(event::line_buffer& out, std::optional<std::uint64_t> n) {
    if (n)
        out.put_number(*n);
    else
        out.put("-1");
}

/// Text that was cut between the bytes of a character ends before it.
std::string_view whole_text(std::string_view text, bool is_cut) noexcept {
    constexpr std::size_t longest = 3;
    for (std::size_t less = 0; is_cut && less <= std::min(longest, text.size()); ++less)
        if (const auto whole = text.substr(0, text.size() - less); event::is_utf8(whole)) return whole;
    return text;
}

std::string version_of(std::string_view version) {
    return version.empty() ? std::string("unknown") : std::string("HTTP/").append(version);
}

/// Where HTTP knows no URL: of CONNECT the authority, else the end that was asked.
std::string url_of(const http_exchange& e) {
    if (e.request && e.request->url) return std::string(e.request->url->bytes);
    std::string url = "http://";
    if (e.request && e.request->method.bytes == "CONNECT") return url.append(e.request->target.bytes);
    const event::endpoint& server = e.connection.server;
    const std::string ip = common::to_string(server.ip);
    url += server.ip.version == 6 ? '[' + ip + ']' : ip;
    url += ':' + std::to_string(server.port);
    const std::string_view target = e.request ? e.request->target.bytes : std::string_view();
    return url.append(target.starts_with('/') ? target : "/");
}

std::string_view seen(const std::optional<bool>& complete, bool is_there) noexcept {
    if (!is_there) return "not_seen";
    return complete.value_or(false) ? "complete" : "incomplete";
}

bool is_web_socket(const http_exchange& e) noexcept {
    return e.response && e.response->status == 101 &&
           common::equals_ignoring_case(common::trimmed(field(e.response->headers, "upgrade")), "websocket");
}

/// What there is to say of a body that is not all there.
std::string_view remark_on(bool is_cut, bool is_complete) noexcept {
    if (is_cut) return ",\"comment\":\"cut at the limit\"";
    return is_complete ? "" : ",\"comment\":\"not whole: bytes are missing\"";
}

} // namespace

event::mask har_output::needs() {
    event::mask m;
    m.set(event::kind<http_exchange>());
    m.set(event::kind<event::websocket_message>());
    m.set(event::kind<event::websocket_close>());
    m.set(event::kind<event::tcp_close>());
    return m;
}

void har_output::begin() {
    out_.put("{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"weir\",\"version\":\"");
    out_.put(common::version);
    out_.put("\"},\"pages\":[],\"entries\":[");
}

void har_output::end() {
    while (!open_.empty()) finish(open_.begin()->first, nullptr);
}

void har_output::on_event(const event::any_event& e) {
    if (const auto* const exchange = e.get_if<http_exchange>()) {
        const std::size_t start = out_.size();
        out_.put(is_first_ ? "\n" : ",\n");
        const std::size_t begin = out_.size();
        entry(*exchange);
        if (!is_web_socket(*exchange)) {
            is_first_ = false;
            return;
        }
        const std::uint64_t conn = exchange->connection.conn;
        finish(conn, nullptr);
        open_[conn].entry = out_.view().substr(begin, out_.size() - begin - 1);
        out_.cut(start);
        if (open_.size() > most_.web_sockets) finish(open_.begin()->first, nullptr);
    } else if (const auto* const message = e.get_if<event::websocket_message>()) {
        add_message(*message);
    } else if (const auto* const close = e.get_if<event::websocket_close>()) {
        finish(close->connection.conn, close);
    } else if (const auto* const over = e.get_if<event::tcp_close>()) {
        finish(over->connection.conn, nullptr);
    }
}

/// As Chromium writes them.
void har_output::add_message(const event::websocket_message& m) {
    const auto known = open_.find(m.connection.conn);
    const bool is_text = m.opcode == event::websocket_opcode::text;
    if (known == open_.end() || (!is_text && m.opcode != event::websocket_opcode::binary)) return;
    open_socket& s = known->second;
    const std::string_view data = m.data ? m.data->bytes : std::string_view();
    if (s.messages.size() + data.size() > most_.message_bytes ||
        held_bytes_ + data.size() > most_.all_message_bytes) {
        ++s.left_out;
        return;
    }
    event::line_buffer& out = s.messages;
    const std::size_t before = out.size();
    out.put(m.side == event::side::client ? ",{\"type\":\"send\",\"time\":"
                                          : ",{\"type\":\"receive\",\"time\":");
    out.put_seconds({m.ts.since_epoch});
    out.put(is_text ? ",\"opcode\":1,\"data\":" : ",\"opcode\":2,\"data\":");
    if (is_text)
        har::put_string(out, data);
    else
        put_base64(out, data);
    if (m.truncated || !m.complete.value_or(true)) {
        out.put(",\"_size\":");
        put_size(out, m.size);
        out.put(m.truncated ? ",\"_truncated\":true" : ",\"_complete\":false");
    }
    out.put('}');
    held_bytes_ += out.size() - before;
}

/// Writes the entry of a WebSocket, where it has one that waits; `how` where its end was seen.
void har_output::finish(std::uint64_t conn, const event::websocket_close* how) {
    const auto known = open_.find(conn);
    if (known == open_.end()) return;
    open_socket& s = known->second;
    held_bytes_ -= s.messages.size();
    s.messages.close_from(0, '[', ']');
    out_.put(is_first_ ? "\n" : ",\n");
    is_first_ = false;
    out_.put(s.entry);
    out_.put(",\"_resourceType\":\"websocket\",\"_webSocketMessages\":");
    out_.put(s.messages.view());
    if (s.left_out > 0) {
        out_.put(",\"_webSocketMessagesLeftOut\":");
        out_.put_number(s.left_out);
    }
    if (how != nullptr && how->side) {
        out_.put(",\"_webSocketClose\":{\"side\":");
        event::put_json(out_, *how->side);
        if (how->code) {
            out_.put(",\"code\":");
            out_.put_number(*how->code);
        }
        if (how->reason) {
            out_.put(",\"reason\":");
            har::put_string(out_, how->reason->bytes);
        }
        out_.put('}');
    }
    out_.put('}');
    open_.erase(known);
}

void har_output::entry(const http_exchange& e) {
    const event::http_timing& t = e.timing;
    // the connection was made for the first request: its handshake belongs to the entry
    const common::nanoseconds connect = t.connect.value_or(common::nanoseconds{});
    out_.put("{\"startedDateTime\":\"");
    out_.put_time(e.ts + common::nanoseconds{-connect.count});
    out_.put("\",\"time\":");
    const auto part = [](const std::optional<common::nanoseconds>& d) {
        return std::max<std::int64_t>(d.value_or(common::nanoseconds{}).count, 0);
    };
    const std::int64_t wait = part(t.wait ? t.wait : t.unanswered);
    har::put_milliseconds(out_, {part(t.connect) + part(t.send) + wait + part(t.receive)});
    request(e);
    response(e);
    out_.put(",\"cache\":{}");
    timings(t);
    out_.put(",\"serverIPAddress\":");
    event::put_ip(out_, e.connection.server.ip);
    out_.put(",\"connection\":\"");
    out_.put_number(e.connection.conn);
    out_.put('"');
    about(e);
    out_.put('}');
}

void har_output::request(const http_exchange& e) {
    static const event::http_request_message none;
    const event::http_request_message& m = e.request ? *e.request : none;
    out_.put(",\"request\":{\"method\":");
    har::put_string(out_, m.method.bytes);
    out_.put(",\"url\":");
    har::put_url(out_, url_of(e));
    out_.put(",\"httpVersion\":");
    har::put_string(out_, version_of(m.version));
    out_.put(",\"cookies\":");
    put_each(out_, m.headers, "cookie", har::put_cookies);
    headers(m.headers);
    out_.put(",\"queryString\":");
    har::put_query(out_, m.target.bytes);
    if (m.body && m.body->size > 0) post_data(m);
    out_.put(",\"headersSize\":");
    put_size(out_, m.head_size > 0 ? std::optional(m.head_size) : std::nullopt);
    out_.put(",\"bodySize\":");
    put_size(out_, m.body ? std::optional(m.body->size) : std::nullopt);
    out_.put('}');
}

void har_output::post_data(const event::http_request_message& m) {
    out_.put(",\"postData\":{\"mimeType\":");
    har::put_string(out_, field(m.headers, "content-type"));
    if (m.params) {
        out_.put(",\"params\":");
        const std::size_t start = out_.size();
        for (const event::http_form_field& f : m.params->list) {
            const auto put = [this](std::string_view key, const std::optional<event::wire>& value) {
                if (!value) return true;
                out_.put(key);
                return har::put_string(out_, value->bytes);
            };
            out_.put(",{\"name\":");
            bool is_text = har::put_string(out_, f.name.bytes);
            is_text = put(",\"value\":", f.value) && is_text;
            is_text = put(",\"fileName\":", f.file_name) && is_text;
            is_text = put(",\"contentType\":", f.content_type) && is_text;
            if (f.truncated)
                out_.put(",\"comment\":\"cut\"");
            else if (!is_text)
                out_.put(read_as_latin1);
            out_.put('}');
        }
        out_.close_from(start, '[', ']');
    }
    const event::http_body& b = *m.body;
    const std::string_view bytes = b.content.substr(0, body_limit_);
    const bool is_cut = b.is_content_cut || bytes.size() < b.content.size();
    const bool is_complete = m.complete.value_or(false);
    const std::string_view text = whole_text(bytes, is_cut || !is_complete);
    const bool is_text = event::is_utf8(text);
    out_.put(is_text ? ",\"text\":" : ",\"_base64\":");
    if (is_text)
        har::put_string(out_, text);
    else
        put_base64(out_, bytes);
    out_.put(remark_on(is_cut, is_complete));
    out_.put('}');
}

void har_output::response(const http_exchange& e) {
    static const event::http_response_message none;
    const event::http_response_message& m = e.response ? *e.response : none;
    out_.put(",\"response\":{\"status\":");
    out_.put_number(m.status.value_or(0));
    out_.put(",\"statusText\":");
    har::put_string(out_, m.reason.bytes);
    out_.put(",\"httpVersion\":");
    har::put_string(out_, e.response ? version_of(m.version) : std::string());
    out_.put(",\"cookies\":");
    put_each(out_, m.headers, "set-cookie", har::put_set_cookie);
    headers(m.headers);
    content(m);
    out_.put(",\"redirectURL\":");
    har::put_string(out_,
                    m.status.value_or(0) / 100 == 3 ? field(m.headers, "location") : std::string_view());
    out_.put(",\"headersSize\":");
    put_size(out_, m.head_size > 0 ? std::optional(m.head_size) : std::nullopt);
    out_.put(",\"bodySize\":");
    put_size(out_, m.body ? std::optional(m.body->size) : std::nullopt);
    if (!e.response) {
        out_.put(",\"_error\":\"");
        out_.put(e.ended ? event::word(*e.ended) : std::string_view("lost"));
        out_.put('"');
    }
    out_.put('}');
}

void har_output::content(const event::http_response_message& m) {
    static const event::http_body none;
    const event::http_body& b = m.body ? *m.body : none;
    out_.put(",\"content\":{\"size\":");
    out_.put_number(b.decoded_size.value_or(b.size));
    if (b.decoded_size) {
        out_.put(",\"compression\":");
        out_.put_signed(static_cast<std::int64_t>(*b.decoded_size) - static_cast<std::int64_t>(b.size));
    }
    out_.put(",\"mimeType\":");
    har::put_string(out_, field(m.headers, "content-type"));
    const std::string_view bytes = b.content.substr(0, body_limit_);
    const bool is_cut = b.is_content_cut || bytes.size() < b.content.size();
    const bool is_complete = m.complete.value_or(false);
    if (!bytes.empty()) {
        const std::string_view text = whole_text(bytes, is_cut || !is_complete);
        out_.put(",\"text\":");
        if (event::is_utf8(text)) {
            har::put_string(out_, text);
        } else {
            put_base64(out_, bytes);
            out_.put(",\"encoding\":\"base64\"");
        }
    }
    if (m.body) out_.put(remark_on(is_cut, is_complete));
    out_.put('}');
}

void har_output::headers(const event::header_object& all) {
    out_.put(",\"headers\":");
    const std::size_t start = out_.size();
    for (const event::header& h : all.list) {
        out_.put(",{\"name\":");
        bool is_text = har::put_string(out_, h.name);
        out_.put(",\"value\":");
        is_text = har::put_string(out_, h.value) && is_text;
        if (!is_text) out_.put(read_as_latin1);
        out_.put('}');
    }
    out_.close_from(start, '[', ']');
}

void har_output::timings(const event::http_timing& t) {
    const auto put = [this](std::string_view key, const std::optional<common::nanoseconds>& d) {
        out_.put(key);
        har::put_milliseconds(out_, d.value_or(common::nanoseconds{}));
    };
    out_.put(",\"timings\":{\"blocked\":-1,\"dns\":-1");
    if (t.connect)
        put(",\"connect\":", t.connect);
    else
        out_.put(",\"connect\":-1");
    put(",\"ssl\":-1,\"send\":", t.send);
    put(",\"wait\":", t.wait ? t.wait : t.unanswered);
    put(",\"receive\":", t.receive);
    out_.put('}');
}

/// What HAR has no place for.
void har_output::about(const http_exchange& e) {
    out_.put(",\"_weir\":{\"conn\":");
    out_.put_number(e.connection.conn);
    out_.put(",\"exchange\":");
    out_.put_number(e.exchange);
    out_.put(",\"request\":\"");
    out_.put(seen(e.request ? e.request->complete : std::nullopt, e.request.has_value()));
    out_.put("\",\"response\":\"");
    out_.put(seen(e.response ? e.response->complete : std::nullopt, e.response.has_value()));
    out_.put('"');
    const auto put = [this](std::string_view key, const auto& value) {
        out_.put(key);
        event::put_json(out_, value);
    };
    if (e.ended) put(",\"ended\":", *e.ended);
    if (e.missing) put(",\"missing\":", *e.missing);
    if (!e.informational.empty()) put(",\"informational\":", e.informational);
    if (e.request && e.request->trailers) put(",\"request_trailers\":", *e.request->trailers);
    if (e.response && e.response->trailers) put(",\"response_trailers\":", *e.response->trailers);
    if (!e.anomalies.empty()) put(",\"anomalies\":", e.anomalies);
    out_.put('}');
}

} // namespace weir::output
