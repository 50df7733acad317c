#include "session/redis/report.hpp"

#include <algorithm>

#include "session/notes.hpp"
#include "session/redis/words.hpp"

namespace weir::session::redis {

namespace {

constexpr std::string_view redacted = "<redacted>";
/// What a verbatim string has before its text: "txt:".
constexpr std::size_t format_size = 4;

bool is_list(redis_type t) noexcept {
    return t == redis_type::array || t == redis_type::map || t == redis_type::set;
}

/// Of ACL LIST: "user alice on #5e88... ~* +@all".
bool is_acl_line(std::string_view text) noexcept {
    return text.starts_with("user ") && text.find(" #") != std::string_view::npos;
}

/// CONFIG GET answers with a list, the others with a status.
bool is_reply_of_config(const reply& r) noexcept {
    const node* const root = r.root();
    return root != nullptr &&
           (is_list(root->type) || root->type == redis_type::simple_string || r.is_error());
}

/// Of a list that holds secrets: no element of such a list is a number, or null.
bool may_be_rest(const reply& r) noexcept {
    const node* const root = r.root();
    return r.suspected == suspicion::all && root != nullptr &&
           (root->type == redis_type::bulk_string || root->type == redis_type::verbatim_string ||
            root->type == redis_type::simple_string);
}

/// SHA-256 as ACL GETUSER writes it, or the beginning of it.
bool is_hash(const node& n, std::string_view text) noexcept {
    constexpr std::size_t digits = 64;
    return (n.is_whole ? text.size() == digits : !text.empty() && text.size() <= digits) &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Whether what follows in the list is a secret: CONFIG GET answers with names and values.
bool is_secret_name(const reply& r, const node& n) noexcept {
    if (n.type != redis_type::bulk_string) return false;
    if (n.is_whole) return is_secret_parameter(r.text(n));
    return r.suspected != suspicion::none && begins_secret_parameter(r.text(n));
}

event::value scalar(const reply& r, const node& n) {
    const std::string_view text = r.text(n);
    if (r.suspected != suspicion::none && is_hash(n, text)) return {event::wire{redacted}};
    switch (n.type) {
    case redis_type::integer:
        return n.size == 0 ? event::value{n.number} : event::value{event::wire{text}};
    case redis_type::boolean:
        return n.size == 0 ? event::value{n.number != 0} : event::value{event::wire{text}};
    case redis_type::real:
        return n.size == 0 ? event::value{n.real} : event::value{event::wire{text}};
    case redis_type::null:
        return {event::nothing{}};
    case redis_type::verbatim_string:
        return {event::wire{
            text.size() >= format_size && text[format_size - 1] == ':' ? text.substr(format_size) : text}};
    default:
        return {event::wire{is_acl_line(text) ? redacted : text}};
    }
}

std::optional<event::redis_missing> missing_of(const place& id, const command& c, const reply* answer) {
    const loss& replied = answer != nullptr && answer->missing.any ? answer->missing : c.missing_reply;
    const bool reply_lost = answer == nullptr && c.last_reply == nullptr && (c.reply_lost || replied.any);
    const bool command_lost = !c.is_seen;
    if (!c.missing.any && !replied.any && !reply_lost && !command_lost) return std::nullopt;
    event::redis_missing m;
    if (reply_lost)
        m.lost = event::redis_part::reply;
    else if (command_lost)
        m.lost = event::redis_part::command;
    if (c.missing.bytes > 0) m.command = c.missing.bytes;
    if (replied.bytes > 0) m.reply = replied.bytes;
    if (replied.any)
        m.cause = id.cause_now(replied.first);
    else if (c.missing.any)
        m.cause = id.cause_now(c.missing.first);
    return m;
}

} // namespace

void reporter::notes(const place& id, std::optional<std::uint64_t> number, flow::side from, findings& found) {
    if (!found.unreported.empty()) report_notes(shared_, {id, "redis", number, from}, found.unreported);
}

/// Fills words_ and args_ with what may be written.
void reporter::arguments(const command& c) {
    words_.clear();
    args_.clear();
    for (std::size_t i = 1; i < c.arguments.size(); ++i)
        words_.push_back({c.view(c.arguments[i]), c.arguments[i].is_whole, false});
    mark_secrets(c.name(), words_);
    for (const argument& a : words_) args_.push_back({a.is_secret ? redacted : a.text});
}

void reporter::make_room(const reply& r) {
    if (values_.size() < r.nodes.size()) values_.resize(r.nodes.size());
    if (pairs_.size() < r.nodes.size()) pairs_.resize(r.nodes.size());
    values_used_ = pairs_used_ = 0;
}

event::value reporter::value_at(const reply& r, std::size_t& i) {
    if (is_list(r.nodes[i].type)) return list_at(r, i);
    return scalar(r, r.nodes[i++]);
}

/// Nested as deep as the reader kept it, which is event::most_nested.
event::value reporter::list_at(const reply& r, std::size_t& i) {
    const node& n = r.nodes[i++];
    if (n.type == redis_type::map) {
        const std::span<event::value_pair> room = std::span(pairs_).subspan(pairs_used_, n.elements / 2);
        pairs_used_ += room.size();
        for (event::value_pair& p : room) {
            const bool is_secret = is_secret_name(r, r.nodes[i]);
            p.key = value_at(r, i);
            p.of = value_at(r, i);
            if (is_secret) p.of.of = event::wire{redacted};
        }
        if (n.elements % 2 != 0) (void)value_at(r, i); // the value of the last key was left out
        return {event::value_pairs{room.data(), room.size()}};
    }
    const std::span<event::value> room = std::span(values_).subspan(values_used_, n.elements);
    values_used_ += room.size();
    bool is_secret = false;
    for (std::size_t at = 0; at < room.size(); ++at) {
        const bool is_value = at % 2 != 0 && is_secret;
        is_secret = is_secret_name(r, r.nodes[i]);
        room[at] = value_at(r, i);
        if (is_value) room[at].of = event::wire{redacted};
    }
    return {event::value_list{room.data(), room.size()}};
}

void reporter::set_reply(event::redis_reply& out, const reply& r, bool is_secret) {
    out = {};
    out.size = r.size;
    out.truncated = r.is_truncated;
    make_room(r);
    std::size_t i = 0;
    if (r.has_attributes && !r.nodes.empty()) {
        out.attributes = value_at(r, i);
        if (!r.has_value()) return;
    }
    const node* const root = r.root();
    if (root == nullptr) return;
    out.type = root->type;
    i = r.value;
    if (root->type == redis_type::null) return;
    out.value = value_at(r, i);
    if (is_secret && !r.is_error()) out.value = event::value{event::wire{redacted}};
}

void reporter::over(const place& id, const command& c, const reply* answer, common::timestamp now) {
    ++shared_.count.exchanges;
    if (!shared_.events.wants<event::redis_command>()) return;
    event::redis_command& out = command_;
    out = {};
    const reply* const last = answer != nullptr ? answer : c.last_reply;
    out.ts = c.is_seen ? c.first : last != nullptr ? last->first : now;
    out.connection = id.ref();
    out.command = c.number;
    arguments(c);
    if (c.is_seen) {
        if (!c.name().empty()) out.command_name = event::wire{c.name()};
        out.args = args_;
        out.size = c.size;
        out.truncated = c.is_truncated;
        out.pipelined = c.is_pipelined;
        out.blocking = c.is_blocking;
    }
    anomaly_set found = c.notes.found;
    found.add(c.found_in_replies);
    if (last != nullptr) {
        // What is left of a reply to CONFIG GET may be a value without its name.
        const bool is_remnant =
            c.means == meaning::config && (last->missing.any || !is_reply_of_config(*last));
        set_reply(out.reply.emplace(), *last,
                  is_remnant || may_be_rest(*last) || has_secret_reply(c.name(), words_));
        if (c.replies > 1) out.replies = c.replies;
        if (last->last != *c.replied) out.timing.receive = last->last - *c.replied;
        if (c.is_seen && *c.replied >= c.last) out.timing.wait = *c.replied - c.last;
        found.add(last->notes.found);
    }
    out.rdb = c.rdb;
    out.missing = missing_of(id, c, last);
    const bool is_rdb_whole = c.rdb && c.is_answered && !c.missing_reply.any;
    const bool is_answered = !c.is_due || (!c.ended && (last != nullptr ? last->is_complete : is_rdb_whole));
    if (!is_answered || !c.is_complete || out.missing) out.complete = false;
    const bool is_reply_lost = out.missing && out.missing->lost == event::redis_part::reply;
    if (!is_reply_lost) out.ended = c.ended;
    if (c.is_seen && c.is_due && last == nullptr && !is_reply_lost)
        out.timing.unanswered = std::max(now - c.last, common::nanoseconds{});
    codes_.clear();
    found.for_each([this](anomaly a) { codes_.push_back(row(a).code); });
    out.anomalies = codes_;
    shared_.events.emit(out);
}

void reporter::emit_push(const place& id, event::redis_push& out) {
    out.connection = id.ref();
    out.args = pushed_;
    shared_.events.emit(out);
}

void reporter::push(const place& id, const reply& said) {
    if (!shared_.events.wants<event::redis_push>()) return;
    event::redis_push out{said.first, {}, {said.first_word()}, {}, said.size, said.is_truncated};
    make_room(said);
    pushed_.clear();
    std::size_t i = said.value + 1;
    const node* const root = said.root();
    if (root != nullptr && root->elements > 0) {
        i = said.behind(i); // the kind
        for (std::uint32_t n = 1; n < root->elements; ++n) pushed_.push_back(value_at(said, i));
    }
    emit_push(id, out);
}

void reporter::monitor_line(const place& id, const reply& said) {
    if (!shared_.events.wants<event::redis_push>()) return;
    event::redis_push out{said.first, {}, {"monitor"}, {}, said.size, said.is_truncated};
    pushed_.clear();
    words_.clear();
    // 1339518083.107412 [0 127.0.0.1:60866] "keys" "*"
    const std::string_view line = said.status();
    const std::size_t bracket = std::min(line.find("] "), line.size());
    const std::size_t head = std::min(bracket + 1, line.size());
    pushed_.push_back({event::wire{line.substr(0, head)}});
    std::size_t count = 0;
    words rest(line.substr(head));
    if (monitored_.empty()) monitored_.emplace_back();
    while (rest.next(monitored_[count])) {
        if (++count == monitored_.size()) monitored_.emplace_back();
    }
    if (count > 0) {
        std::string& name = monitored_.front();
        for (std::size_t i = 1; i < count; ++i) words_.push_back({monitored_[i], true, false});
        pushed_.push_back({event::wire{name}});
        std::string& capitals = monitored_[count];
        capitals = name;
        for (char& c : capitals)
            if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
        mark_secrets(capitals, words_);
        for (const argument& a : words_) pushed_.push_back({event::wire{a.is_secret ? redacted : a.text}});
    }
    emit_push(id, out);
}

void reporter::replicated(const place& id, const command& c) {
    if (!shared_.events.wants<event::redis_push>()) return;
    event::redis_push out{c.first, {}, {"replication"}, {}, c.size, c.is_truncated};
    pushed_.clear();
    arguments(c);
    pushed_.push_back({event::wire{c.name()}});
    for (const event::wire& a : args_) pushed_.push_back({a});
    emit_push(id, out);
}

} // namespace weir::session::redis
