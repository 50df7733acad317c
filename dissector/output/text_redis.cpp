#include "output/text_redis.hpp"

#include <algorithm>

#include "output/text_fields.hpp"
#include "output/text_words.hpp"

namespace weir::output {

namespace {

/// Longest argument and string of a reply in a line.
constexpr std::size_t most_argument = 24;
constexpr std::size_t most_string = 64;
constexpr std::size_t most_arguments = 8;
constexpr std::size_t most_listed = 4;
constexpr std::size_t most_values = 8;
/// A list that has fewer elements is whole: no option makes the event keep fewer.
constexpr std::size_t event_elements = 16;

/// An argument, quoted where it holds what separates them, cut with "...".
void put_cut(text_writer& out, std::string_view bytes, std::size_t most) {
    const bool is_cut = bytes.size() > most;
    put_quoted(out, cut_at_character(bytes, most));
    if (is_cut) out.put("...");
}

/// As redis-cli has it: data stands in quotes, so that none can be taken for (nil), a number or a status.
void put_string(text_writer& out, std::string_view bytes) {
    put_in_quotes(out, cut_at_character(bytes, most_string));
    if (bytes.size() > most_string) out.put("...");
}

/// What is shown of a reply.
struct shown {
    bool is_truncated = false;      ///< its longest lists are longer than they seem
    std::size_t left = most_values; ///< values that may still be shown
};

void put_count(text_writer& out, char opens, std::size_t count, char closes, const shown& s) {
    out.put(opens);
    out.put_number(count);
    if (s.is_truncated && count >= event_elements) out.put('+');
    out.put(closes);
}

void put_short(text_writer& out, const event::value& v, shown& s) {
    if (const auto* const list = std::get_if<event::value_list>(&v.of)) {
        put_count(out, '[', list->size, ']', s);
        std::size_t count = 0;
        for (const event::value& e : elements(*list)) {
            if (count++ == most_listed || s.left == 0) return out.put(" ...");
            out.put(' ');
            put_short(out, e, s);
        }
        return;
    }
    if (const auto* const pairs = std::get_if<event::value_pairs>(&v.of)) {
        put_count(out, '{', pairs->size, '}', s);
        std::size_t count = 0;
        for (const event::value_pair& p : elements(*pairs)) {
            if (count++ == most_listed || s.left == 0) return out.put(" ...");
            out.put(' ');
            put_short(out, p.key, s);
            out.put('=');
            put_short(out, p.of, s);
        }
        return;
    }
    s.left -= std::min<std::size_t>(s.left, 1);
    if (const auto* const text = std::get_if<event::wire>(&v.of)) return put_string(out, text->bytes);
    if (std::holds_alternative<event::nothing>(v.of)) return out.put("(nil)");
    put_text_value(out, v);
}

void put_value(text_writer& out, const event::value& v, bool is_truncated) {
    shown s{is_truncated};
    put_short(out, v, s);
}

bool is_error(const event::redis_reply& r) noexcept {
    return r.type == event::redis_type::error || r.type == event::redis_type::bulk_error;
}

void put_reply(text_writer& out, const event::redis_reply& r) {
    out.put(" -> ");
    if (!r.value) return out.put(r.type == event::redis_type::null ? "(nil)" : "...");
    const auto* const text = std::get_if<event::wire>(&r.value->of);
    if (is_error(r)) {
        out.begin(colour::red);
        if (text != nullptr) out.wire(text->bytes);
        out.end();
        return;
    }
    const bool is_status = text != nullptr && (r.type == event::redis_type::simple_string ||
                                               r.type == event::redis_type::big_number);
    if (is_status)
        out.wire(text->bytes);
    else
        put_value(out, *r.value, r.truncated);
}

void put_missing(text_writer& out, const event::redis_missing& m) {
    const std::uint64_t bytes = m.command.value_or(0) + m.reply.value_or(0);
    if (bytes == 0) return;
    out.put("  ");
    out.begin(colour::red);
    out.size(bytes);
    out.put(" missing, ");
    out.put(words_of(m.cause));
    out.end();
}

} // namespace

void put_form(text_writer& out, const event::redis_command& e) {
    const event::redis_timing& t = e.timing;
    const common::nanoseconds none{};
    out.time(e.ts + t.wait.value_or(t.unanswered.value_or(none)) + t.receive.value_or(none));
    out.ends(e.connection, " > ");
    out.put("redis ");
    out.begin(colour::bold);
    if (e.command_name)
        out.wire(e.command_name->bytes);
    else
        out.put(e.size ? "(a command whose name was not seen)" : "(a command that was not seen)");
    out.end();
    if (e.args) {
        std::size_t shown = 0;
        for (const event::wire& a : *e.args) {
            out.put(' ');
            if (shown++ == most_arguments) {
                out.put("...");
                break;
            }
            put_cut(out, a.bytes, most_argument);
        }
    }
    if (e.reply) put_reply(out, *e.reply);
    if (e.rdb) {
        out.put(", RDB of ");
        out.size(*e.rdb);
    }
    if (t.unanswered) {
        out.put("  ");
        out.begin(colour::red);
        out.put("no reply after ");
        out.took(*t.unanswered);
        if (e.ended) out.put(sentence(*e.ended));
        out.end();
    } else if (e.ended) {
        out.put("  ");
        out.begin(colour::red);
        out.put("cut off");
        out.put(sentence(*e.ended));
        out.end();
    } else if (e.missing && e.missing->lost == event::redis_part::reply) {
        out.put("  ");
        out.coloured(colour::red, "reply lost");
    }
    if (t.wait) {
        out.put("  ");
        out.took(*t.wait);
        if (e.blocking) out.coloured(colour::dim, " (it waits on purpose)");
    }
    if (e.missing) put_missing(out, *e.missing);
    for (const std::string_view code : e.anomalies) {
        out.put("  ");
        out.coloured(colour::yellow, code);
    }
    out.put('\n');
}

void put_form(text_writer& out, const event::redis_push& e) {
    out.time(e.ts);
    out.ends(e.connection, " < ");
    out.put("redis ");
    out.begin(colour::bold);
    out.wire(e.kind.bytes);
    out.end();
    for (const event::value& a : e.args) {
        out.put(' ');
        put_value(out, a, e.truncated);
    }
    out.put('\n');
}

} // namespace weir::output
