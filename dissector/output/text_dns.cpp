#include "output/text_dns.hpp"

#include <algorithm>

#include "output/text_words.hpp"

namespace weir::output {

namespace {

constexpr std::uint32_t noerror = 0, nxdomain = 3, alias = 5;
/// Longest record of a line.
constexpr std::size_t most_data = 100;

template <class Names>
void put_code(text_writer& out, event::code<Names> c) {
    if (const std::string_view name = c.name(); !name.empty()) {
        out.put(name);
        return;
    }
    out.put(Names::unknown);
    out.put_number(c.number);
}

/// Of the answers, the first that is no alias, and how many others there are.
void put_answers(text_writer& out, const event::dns_response& r) {
    const event::dns_record* shown = nullptr;
    std::size_t others = 0;
    for (const event::dns_record& a : r.answers) {
        if (a.type.number == alias) continue;
        if (shown == nullptr)
            shown = &a;
        else
            ++others;
    }
    if (shown == nullptr && !r.answers.empty()) shown = &r.answers.back();
    if (shown == nullptr) return out.put("no data");
    out.wire(shown->data.bytes.substr(0, most_data));
    if (shown->data.bytes.size() > most_data) out.put("...");
    if (others == 0) return;
    out.put(" +");
    out.put_number(others);
}

/// What is asked; of a response that nobody asked for, as mDNS announces, what it says something about.
void put_question(text_writer& out, const event::dns_exchange& e) {
    if (!e.questions.empty()) {
        put_code(out, e.questions.front().type);
        out.put(' ');
        out.wire(e.questions.front().name.bytes);
        if (e.questions.size() == 1) return;
        out.put(" +");
        out.put_number(e.questions.size() - 1);
    } else if (e.response && !e.response->answers.empty()) {
        put_code(out, e.response->answers.front().type);
        out.put(' ');
        out.wire(e.response->answers.front().name.bytes);
    } else {
        out.put("(no question)");
    }
}

void put_response(text_writer& out, const event::dns_exchange& e) {
    const event::dns_response& r = *e.response;
    out.put(" -> ");
    if (r.rcode.number == noerror) {
        put_answers(out, r);
    } else {
        out.begin(r.rcode.number == nxdomain ? colour::yellow : colour::red);
        put_code(out, r.rcode);
        out.end();
    }
    const bool is_truncated = std::find(r.flags.begin(), r.flags.end(), "tc") != r.flags.end();
    if (is_truncated) out.coloured(colour::yellow, ", truncated");
    if (e.part) {
        out.put(", part ");
        out.put_number(*e.part);
    }
    if (e.late) out.put(", late");
    if (e.repeated) out.put(", again");
}

void put_missing(text_writer& out, const event::dns_missing& m) {
    const std::uint64_t bytes = m.query.value_or(0) + m.response.value_or(0);
    out.put("  ");
    out.begin(colour::red);
    if (bytes > 0) {
        out.size(bytes);
        out.put(" missing, ");
    } else {
        out.put("query lost, ");
    }
    out.put(words_of(m.cause));
    out.end();
}

} // namespace

void put_form(text_writer& out, const event::dns_exchange& e) {
    out.time(e.ts + e.timing.wait.value_or(e.timing.unanswered.value_or(common::nanoseconds{})));
    out.ends(e.connection, " > ");
    out.put("DNS ");
    if (e.opcode.number != 0) {
        put_code(out, e.opcode);
        out.put(' ');
    }
    put_question(out, e);
    if (e.response) put_response(out, e);
    if (!e.response && e.complete) {
        out.begin(colour::red);
        const bool is_lost = e.missing && e.missing->lost == event::dns_part::response;
        out.put(is_lost ? " -- response lost" : " -- no answer");
        if (e.timing.unanswered) {
            out.put(" after ");
            out.took(*e.timing.unanswered);
        }
    }
    if (e.queries) {
        out.put(", asked ");
        out.put_number(*e.queries);
        out.put(" times");
    }
    if (!e.response && e.complete) {
        if (e.ended && *e.ended != event::ending::timeout) out.put(sentence(*e.ended));
        out.end();
    }
    if (e.timing.wait) {
        out.put("  ");
        out.took(*e.timing.wait);
    }
    if (e.missing && (e.response || e.missing->query || e.missing->response)) put_missing(out, *e.missing);
    out.put('\n');
}

} // namespace weir::output
