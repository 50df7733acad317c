#include "output/text_websocket.hpp"

#include "output/text_json.hpp"
#include "output/text_words.hpp"

namespace weir::output {

namespace {

/// Below the line of a message.
constexpr std::size_t most_lines = 24;

std::string_view arrow(event::side from) noexcept { return from == event::side::client ? " > " : " < "; }

void put_codes(text_writer& out, std::span<const std::string_view> codes) {
    for (const std::string_view code : codes) {
        out.put("  ");
        out.coloured(colour::yellow, code);
    }
}

void why_incomplete(text_writer& out, const event::websocket_message& e) {
    if (e.complete.value_or(true)) return;
    out.put("  ");
    out.begin(colour::red);
    if (e.missing) {
        if (e.missing->bytes) {
            out.size(*e.missing->bytes);
            out.put(" missing, ");
        }
        out.put(words_of(e.missing->cause));
    } else {
        out.put("cut off");
        if (e.ended) out.put(sentence(*e.ended));
    }
    out.end();
}

} // namespace

void put_form(text_writer& out, const event::websocket_open& e) {
    out.time(e.ts);
    out.ends(e.connection, " > ");
    out.coloured(colour::bold, "WS");
    out.put(e.midstream ? " picked up in mid-stream" : " open");
    if (e.url) out.put_line_of(e.url->bytes);
    if (e.protocol) {
        out.put("  ");
        out.wire(e.protocol->bytes);
    }
    if (e.version && e.version->bytes.starts_with("hixie")) {
        out.put("  ");
        out.wire(e.version->bytes);
    }
    if (e.deflate) out.coloured(colour::dim, "  compressed");
    put_codes(out, e.anomalies);
    out.put('\n');
}

void put_form(text_writer& out, const event::websocket_message& e) {
    using event::websocket_opcode;
    out.time(e.ts);
    out.ends(e.connection, arrow(e.side));
    out.coloured(colour::bold, "WS");
    const bool is_text = e.opcode == websocket_opcode::text;
    const std::string_view data = e.data ? e.data->bytes : std::string_view();
    const bool is_json = is_text && !e.truncated && is_json_structure(data);
    if (!is_text) {
        out.put(' ');
        out.put(event::word(e.opcode));
    }
    const bool is_shown = !is_json && !data.empty() && e.opcode != websocket_opcode::binary;
    if (is_shown) out.put_line_of(data);
    out.put("  ");
    if (e.size)
        out.size(*e.size);
    else if (e.compressed_size)
        out.size(*e.compressed_size);
    if (!e.size) out.coloured(colour::red, " compressed, cannot be read");
    if (e.timing && e.timing->latency) {
        out.put("  ");
        out.took(*e.timing->latency);
    }
    why_incomplete(out, e);
    put_codes(out, e.anomalies);
    out.put('\n');
    if (is_json) put_indented_json(out, data, e.side == event::side::client ? "  > " : "  < ", most_lines);
}

void put_form(text_writer& out, const event::websocket_close& e) {
    out.time(e.ts);
    out.ends(e.connection, arrow(e.side.value_or(event::side::client)));
    out.coloured(colour::bold, "WS");
    if (e.side) {
        out.put(" close");
        if (e.code) {
            const bool is_usual = *e.code == 1000 || *e.code == 1001;
            out.put(' ');
            out.begin(is_usual ? colour::green : colour::yellow);
            out.put_number(*e.code);
            out.end();
        }
        if (e.reason) out.put_line_of(e.reason->bytes);
    } else {
        out.put(" over");
    }
    if (!e.clean) {
        out.begin(colour::yellow);
        out.put(e.side ? ", no close from the other side" : " without close");
        if (e.ended) out.put(sentence(*e.ended));
        out.end();
    }
    out.begin(colour::dim);
    out.put("  ");
    out.counted(e.from_client.messages, "message", "messages");
    out.put(" up, ");
    out.put_number(e.from_server.messages);
    out.put(" down in ");
    out.took(e.duration);
    out.end();
    if (e.from_client.lost || e.from_server.lost) {
        out.put("  ");
        out.coloured(colour::red,
                     e.from_client.lost ? "the client's frames were lost" : "the server's frames were lost");
    }
    put_codes(out, e.anomalies);
    out.put('\n');
}

} // namespace weir::output
