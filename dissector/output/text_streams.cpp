#include "output/text_streams.hpp"

#include <array>

#include "output/text_words.hpp"

namespace weir::output {

void text_streams::put(text_writer& out, const event::tcp_data& e) {
    if (turn_of_ != e.connection.conn || side_ != e.side) begin_turn(out, e);
    if (!e.missing)
        return form_ == bytes_as::hex ? put_hex(out, e.offset, e.data.bytes) : put_lines(out, e.data.bytes);
    end_line(out);
    out.begin(colour::red);
    out.put("  \xc2\xb7 ");
    out.counted(*e.missing, "byte", "bytes");
    out.put(" missing: ");
    out.put(words_of(*e.cause));
    out.end();
    out.put('\n');
}

void text_streams::begin_turn(text_writer& out, const event::tcp_data& e) {
    end_line(out);
    turn_of_ = e.connection.conn;
    side_ = e.side;
    out.time(e.ts);
    out.ends(e.connection, e.side == event::side::client ? " > " : " < ");
    out.begin(colour::dim);
    out.put(event::word(e.side));
    out.put(", from byte ");
    out.put_number(e.offset);
    out.end();
    out.put('\n');
}

void text_streams::begin_line(text_writer& out) {
    out.begin(side_ == event::side::client ? colour::cyan : colour::green);
    out.put(side_ == event::side::client ? "  > " : "  < ");
}

void text_streams::end_line(text_writer& out) {
    if (in_line_) out.put('\n');
    in_line_ = false;
}

void text_streams::put_lines(text_writer& out, std::string_view bytes) {
    while (!bytes.empty()) {
        const std::size_t feed = bytes.find('\n');
        std::string_view line = bytes.substr(0, feed);
        if (feed != std::string_view::npos && line.ends_with('\r')) line.remove_suffix(1);
        if (in_line_)
            out.begin(side_ == event::side::client ? colour::cyan : colour::green);
        else
            begin_line(out);
        out.wire(line);
        out.end();
        in_line_ = feed == std::string_view::npos;
        if (in_line_) return;
        out.put('\n');
        bytes.remove_prefix(feed + 1);
    }
}

void text_streams::put_hex(text_writer& out, std::uint64_t offset, std::string_view bytes) {
    constexpr std::size_t row = 16;
    constexpr std::string_view digits = "0123456789abcdef";
    for (std::size_t at = 0; at < bytes.size(); at += row) {
        const std::string_view now = bytes.substr(at, row);
        begin_line(out);
        for (int shift = 28; shift >= 0; shift -= 4) out.put(digits[(offset + at) >> shift & 15]);
        for (std::size_t i = 0; i < row; ++i) {
            out.put(i % 8 == 0 ? "  " : " ");
            const auto byte = i < now.size() ? static_cast<unsigned char>(now[i]) : 0u;
            out.put(i < now.size() ? digits[byte >> 4] : ' ');
            out.put(i < now.size() ? digits[byte & 15] : ' ');
        }
        out.put("  |");
        for (const char c : now) out.put(c >= 0x20 && c < 0x7f ? c : '.');
        out.put('|');
        out.end();
        out.put('\n');
    }
}

} // namespace weir::output
