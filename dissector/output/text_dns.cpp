#include "output/text_dns.hpp"

#include <array>
#include <string>

namespace weir::output {

namespace {

constexpr std::uint32_t noerror = 0, nxdomain = 3, alias = 5;

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
    if (shown == nullptr) {
        out.put("nothing");
        return;
    }
    constexpr std::size_t most = 100;
    out.wire(shown->data.bytes.substr(0, most));
    if (shown->data.bytes.size() > most) out.put("...");
    if (others == 0) return;
    out.put(" +");
    out.put_number(others);
}

} // namespace

void put_form(text_writer& out, const event::dns_exchange& e) {
    out.time(e.ts);
    out.ends(e.connection, " > ");
    out.put("DNS ");
    if (e.opcode.number != 0) {
        put_code(out, e.opcode);
        out.put(' ');
    }
    if (!e.questions.empty()) {
        put_code(out, e.questions.front().type);
        out.put(' ');
        out.wire(e.questions.front().name.bytes);
        if (e.questions.size() > 1) {
            out.put(" +");
            out.put_number(e.questions.size() - 1);
        }
    }
    if (e.response) {
        const std::uint32_t rcode = e.response->rcode.number;
        out.put(" -> ");
        if (rcode == noerror) {
            put_answers(out, *e.response);
        } else {
            out.begin(rcode == nxdomain ? colour::yellow : colour::red);
            put_code(out, e.response->rcode);
            out.end();
        }
        if (e.late) out.put(", late");
        if (e.repeated) out.put(", again");
        if (e.timing.wait) {
            out.put("  ");
            out.took(*e.timing.wait);
        }
    } else if (e.complete) {
        out.put(", ");
        out.begin(colour::red);
        out.put(e.missing ? "the response is lost" : "no answer");
        if (e.queries) {
            out.put(", asked ");
            out.put_number(*e.queries);
            out.put(" times");
        }
        out.end();
    }
    if (e.response && e.missing) out.coloured(colour::yellow, ", bytes are missing");
    out.put('\n');
}

} // namespace weir::output
