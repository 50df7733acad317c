#include "session/http/report.hpp"

#include "event/sse_events.hpp"
#include "session/coding/charset.hpp"
#include "session/http/form.hpp"
#include "session/http/kept_body.hpp"
#include "session/http/target.hpp"
#include "session/http/text.hpp"

namespace weir::session::http {

namespace {

event::http_timing timing_of(const exchange& e, std::optional<common::nanoseconds> handshake) {
    event::http_timing t;
    if (e.number == 1) t.connect = handshake;
    if (e.request != nullptr) t.send = e.request->last - e.request->first;
    if (e.response == nullptr) return t;
    const message& response = *e.response;
    t.receive = response.last - response.first;
    if (e.request == nullptr) return t;
    const message& request = *e.request;
    // A server may answer before it was sent all.
    t.wait = std::max(response.first - request.last, common::nanoseconds{});
    if (e.blocked_until && *e.blocked_until > request.last)
        t.blocked = std::min(*e.blocked_until, response.first) - request.last;
    t.total = std::max(response.last, request.last) - request.first;
    return t;
}

/// Sent, but not one line of it was seen.
bool is_response_lost(const exchange& e) noexcept {
    return e.response == nullptr && (e.response_lost || e.missing_response.any);
}

/// Why the response, or else the request, is not whole.
std::optional<event::ending> ended_of(const exchange& e) noexcept {
    if (e.response == nullptr) return is_response_lost(e) ? std::nullopt : e.ended;
    if (e.response->ended) return e.response->ended;
    return e.request != nullptr ? e.request->ended : std::nullopt;
}

std::optional<event::http_missing> missing_of(const flow::identity& id, const exchange& e) {
    const loss &request = e.request != nullptr ? e.request->missing : e.missing_request,
               &response = e.response != nullptr ? e.response->missing : e.missing_response;
    const bool response_lost = is_response_lost(e);
    if (!request.any && !response.any && !response_lost) return std::nullopt;
    event::http_missing m;
    if (response_lost)
        m.lost = event::http_part::response;
    else if (e.request == nullptr && request.any)
        m.lost = event::http_part::request;
    if (request.bytes > 0) m.request = request.bytes;
    if (response.bytes > 0) m.response = response.bytes;
    if (request.unframed + response.unframed > 0) m.unframed = request.unframed + response.unframed;
    if (response.any)
        m.cause = id.cause_now(response.first);
    else if (request.any)
        m.cause = id.cause_now(request.first);
    return m;
}

} // namespace

void reporter::make_room(std::size_t fields) {
    if (headers_.size() < fields) headers_.resize(fields);
    headers_used_ = 0;
}

std::span<const event::header> reporter::headers(const message& m, std::size_t from, std::size_t to) {
    const std::span<event::header> out = std::span(headers_).subspan(headers_used_, to - from);
    headers_used_ += out.size();
    const std::string_view text = m.text;
    auto field = m.fields.begin() + static_cast<std::ptrdiff_t>(from);
    for (event::header& h : out) {
        h = {text.substr(field->name.at, field->name.size), text.substr(field->value.at, field->value.size)};
        ++field;
    }
    return out;
}

event::http_body reporter::body(const message& m, std::string& decoded) {
    event::http_body b;
    b.size = m.body_size;
    if (m.unframed > 0) b.unframed = m.unframed;
    if (m.body == nullptr) return b;
    b.decoded_size = m.body->decoded_size();
    b.sha256 = m.body->digest();
    b.content = m.body->data();
    b.is_content_cut = m.body->is_cut();
    b.truncated = m.body->is_limited();
    if (!shared_.asked.bodies) return b;
    const std::string_view data = b.content.substr(0, shared_.asked.body_limit);
    b.truncated = b.truncated || b.is_content_cut || data.size() < b.content.size();
    const bool is_cut = b.truncated || !m.complete;
    if (shared_.asked.charsets != nullptr && m.has(known_field::content_type))
        b.charset = shared_.asked.charsets->decode(
            parameter(m.first_value(known_field::content_type), "charset"), data, is_cut, decoded);
    b.data = event::wire{b.charset ? std::string_view(decoded) : is_cut ? whole_characters(data) : data};
    return b;
}

void reporter::set_form(event::http_request_message& out, const message& m) {
    const form* const f = m.body != nullptr ? m.body->fields() : nullptr;
    if (f == nullptr) return;
    form_fields_.clear();
    for (const form::field& one : f->fields()) {
        event::http_form_field& to = form_fields_.emplace_back();
        to.name = event::wire{f->view(one.name)};
        to.size = one.size;
        if (one.is_file)
            to.file_name = event::wire{f->view(one.file_name)};
        else
            to.value = event::wire{f->view(one.value)};
        if (one.has_type) to.content_type = event::wire{f->view(one.content_type)};
        to.truncated = one.truncated;
    }
    out.params = event::http_form{form_fields_, f->is_cut()};
    if (shared_.asked.bodies) out.form = out.params;
}

void reporter::set_url(event::http_request_message& out, const message& m, bool secure) {
    out.host.reset();
    out.url.reset();
    const std::string_view target = m.view(m.target);
    if (m.view(m.method) == "CONNECT") {
        out.host = event::wire{target};
        return;
    }
    if (const auto authority = authority_of(target)) {
        out.host = event::wire{*authority};
        out.url = event::wire{target};
        return;
    }
    const auto host = host_field(m);
    if (!host) return;
    out.host = event::wire{*host};
    write_url(*host, target, secure, url_);
    if (!url_.empty()) out.url = event::wire{url_};
}

// Events are reused: every member is set, whether it applies or not.
template <class Message>
void reporter::set_common(Message& out, const message& m, bool over) {
    out.headers = {headers(m, 0, m.head_fields)};
    out.raw_headers.reset();
    out.trailers.reset();
    out.skipped.reset();
    out.body.reset();
    out.complete.reset();
    out.ended.reset();
    if (shared_.asked.raw_headers) out.raw_headers = event::header_list{out.headers.list};
    if (m.skipped > 0) out.skipped = m.skipped;
    if (m.fields.size() > m.head_fields)
        out.trailers = event::header_object{headers(m, m.head_fields, m.fields.size())};
    out.head_size = m.start_line_seen && m.body_begins > m.begins.start ? m.body_begins - m.begins.start : 0;
    if (!over) return;
    out.body = body(m, decoded_[static_cast<std::size_t>(m.kind)]);
    out.complete = m.complete;
    if (!m.complete) out.ended = m.ended;
}

void reporter::request(event::http_request_message& out, const message& m, const place& id, bool over) {
    out.method = {m.view(m.method)};
    out.target = {m.view(m.target)};
    out.version = m.version.size == 0 && !m.start_line_cut ? std::string_view("0.9") : m.view(m.version);
    set_url(out, m, id.is_secure());
    set_common(out, m, over);
    out.form.reset();
    out.params.reset();
    if (over) set_form(out, m);
}

void reporter::response(event::http_response_message& out, const message& m, bool over) {
    out.status = m.status;
    out.reason = {m.view(m.reason)};
    out.version = m.start_line_seen || m.start_line_cut ? m.view(m.version) : std::string_view("0.9");
    set_common(out, m, over);
}

void reporter::head(const place& id, std::uint64_t exchange_number, const message& m, common::timestamp ts) {
    if (!shared_.events.wants<event::http_request>() && !shared_.events.wants<event::http_response>()) return;
    make_room(m.fields.size());
    if (m.kind == message_kind::request) {
        if (!shared_.events.wants<event::http_request>()) return;
        event::http_request out{ts, id.ref(), exchange_number, {}};
        request(out.request, m, id, false);
        shared_.events.emit(out);
    } else {
        if (!shared_.events.wants<event::http_response>()) return;
        event::http_response out{ts, id.ref(), exchange_number, {}};
        response(out.response, m, false);
        shared_.events.emit(out);
    }
}

void reporter::piece(const place& id, std::uint64_t number, flow::side from, std::uint64_t offset,
                     std::string_view bytes, const position& where) {
    event::http_body_piece out;
    out.ts = where.ts;
    out.connection = id.ref();
    out.exchange = number;
    out.side = from;
    out.offset = offset;
    out.size = bytes.size();
    out.data = event::wire{bytes};
    shared_.events.emit(out);
}

void reporter::server_event(const place& id, std::uint64_t exchange_number, std::uint64_t number,
                            const http::server_event& e, const position& where) {
    const auto shown = [&](const std::string& text) {
        return event::wire{e.is_cut ? whole_characters(text) : std::string_view(text)};
    };
    event::http_sse out;
    out.ts = where.ts;
    out.connection = id.ref();
    out.exchange = exchange_number;
    out.number = number;
    out.type = e.type.is_there && !e.type.text.empty() ? shown(e.type.text) : event::wire{"message"};
    if (e.id.is_there) out.id = shown(e.id.text);
    out.retry = e.retry;
    out.size = e.size;
    if (e.data.is_there) out.data = shown(e.data.text);
    out.truncated = e.is_cut;
    if (e.comments > 0) out.comments = e.comments;
    if (!e.is_whole) out.complete = false;
    shared_.events.emit(out);
}

void reporter::over(const place& id, const exchange& e, common::timestamp now) {
    ++shared_.count.exchanges;
    if (!shared_.events.wants<event::http_exchange>()) return;
    std::size_t fields = 0;
    if (e.request != nullptr) fields += e.request->fields.size();
    if (e.response != nullptr) fields += e.response->fields.size();
    for (const message* m : e.informational) fields += m->fields.size();
    make_room(fields);
    informational_.clear();
    codes_.clear();

    event::http_exchange& out = exchange_;
    out.connection = id.ref();
    out.exchange = e.number;
    anomaly_set found = e.informational_found;
    if (e.response != nullptr) {
        out.ts = e.response->first;
        if (!out.response) out.response.emplace();
        response(*out.response, *e.response, true);
        found.add(e.response->notes.found);
    } else {
        out.response.reset();
    }
    if (e.request != nullptr) {
        out.ts = e.request->first;
        if (!out.request) out.request.emplace();
        request(*out.request, *e.request, id, true);
        found.add(e.request->notes.found);
    } else {
        out.request.reset();
    }
    for (const message* m : e.informational) {
        const std::span<const event::header> list = headers(*m, 0, m->head_fields);
        informational_.push_back({*m->status, {list}});
    }
    out.informational = informational_;
    out.timing = timing_of(e, e.number == 1 ? id.handshake() : std::nullopt);
    if (e.request != nullptr && e.response == nullptr && !is_response_lost(e))
        out.timing.unanswered = std::max(now - e.request->last, common::nanoseconds{});
    if (const auto stalled = id.stalled(); stalled && e.stalled_before)
        out.timing.stalled = event::exchange_stalls::between(*e.stalled_before, *stalled);
    out.ended = ended_of(e);
    out.missing = missing_of(id, e);
    found.for_each([this](anomaly a) { codes_.push_back(row(a).code); });
    out.anomalies = codes_;
    shared_.events.emit(out);
}

} // namespace weir::session::http
