#include "output/text_writer.hpp"

#include <algorithm>
#include <array>

#include "event/json_value.hpp"

namespace weir::output {

void text_writer::begin(colour c) {
    static constexpr std::array<std::string_view, 6> codes{"\x1b[2m",  "\x1b[1m",  "\x1b[32m",
                                                           "\x1b[33m", "\x1b[31m", "\x1b[36m"};
    if (coloured_) out_.put(codes[static_cast<std::size_t>(c)]);
}

void text_writer::end() {
    if (coloured_) out_.put("\x1b[0m");
}

void text_writer::coloured(colour c, std::string_view text) {
    begin(c);
    out_.put(text);
    end();
}

void text_writer::wire(std::string_view bytes, bool lines) {
    const bool utf8 = event::is_utf8(bytes);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto c = static_cast<unsigned char>(bytes[i]);
        const bool kept_white = lines && (c == '\n' || c == '\t');
        const bool c1 = utf8 && c == 0xc2 && static_cast<unsigned char>(bytes[i + 1]) < 0xa0;
        if (kept_white || (c >= 0x20 && c < 0x7f) || (c >= 0x80 && utf8 && !c1)) {
            out_.put(bytes[i]);
        } else {
            const std::array<char, 4> text{'\\', 'x', "0123456789abcdef"[c >> 4], "0123456789abcdef"[c & 15]};
            out_.put(std::string_view(text.data(), text.size()));
            if (c1) {
                ++i;
                const auto second = static_cast<unsigned char>(bytes[i]);
                const std::array<char, 4> more{'\\', 'x', "0123456789abcdef"[second >> 4],
                                               "0123456789abcdef"[second & 15]};
                out_.put(std::string_view(more.data(), more.size()));
            }
        }
    }
}

void text_writer::put_line_of(std::string_view text) {
    constexpr std::size_t most = 256;
    std::size_t n = std::min(text.size(), most);
    while (n > 0 && n < text.size() && (static_cast<unsigned char>(text[n]) & 0xc0) == 0x80) --n;
    out_.put(' ');
    wire(text.substr(0, n));
    if (n < text.size()) out_.put("...");
}

void text_writer::time(common::timestamp t) {
    std::array<char, common::rfc3339_size> text{};
    common::write_rfc3339(t, text);
    coloured(colour::dim, std::string_view(text.data() + 11, 12));
    out_.put(' ');
}

void text_writer::ends(const event::connection_ref& c, std::string_view arrow) {
    const auto end_text = [&](const event::endpoint& e) {
        if (e.name.bytes.empty()) {
            if (e.ip.version == 6) out_.put('[');
            out_.put(common::to_string(e.ip));
            if (e.ip.version == 6) out_.put(']');
        } else {
            wire(e.name.bytes);
        }
        out_.put(':');
        out_.put_number(e.port);
    };
    begin(colour::dim);
    out_.put('#');
    out_.put_number(c.conn);
    out_.put(' ');
    end_text(c.client);
    out_.put(arrow);
    end_text(c.server);
    end();
    out_.put(' ');
}

void text_writer::counted(std::uint64_t n, std::string_view singular, std::string_view plural) {
    out_.put_number(n);
    out_.put(' ');
    out_.put(n == 1 ? singular : plural);
}

/// A count of tenths.
void text_writer::tenths(std::uint64_t count) {
    out_.put_number(count / 10);
    out_.put('.');
    out_.put_number(count % 10);
}

void text_writer::size(std::uint64_t bytes) {
    static constexpr std::array<std::string_view, 7> units{" B", " kB", " MB", " GB", " TB", " PB", " EB"};
    std::size_t unit = 0;
    std::uint64_t one = 1;
    while (bytes / one >= 1000) {
        one *= 1000;
        ++unit;
    }
    if (unit > 0 && bytes / one < 10)
        tenths(bytes / (one / 10));
    else
        out_.put_number(bytes / one);
    out_.put(units[unit]);
}

void text_writer::took(common::nanoseconds d) {
    const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(d.count, 0));
    constexpr std::uint64_t second = common::nanoseconds_per_second;
    if (ns < second / 1000) {
        out_.put_number(ns / (second / 1'000'000));
        out_.put(" us");
    } else if (ns < second) {
        tenths(ns / (second / 10'000));
        out_.put(" ms");
    } else if (ns < 10 * second) {
        tenths(ns / (second / 10));
        out_.put(" s");
    } else if (ns < 120 * second) {
        out_.put_number(ns / second);
        out_.put(" s");
    } else {
        const std::uint64_t seconds = ns / second % 60;
        out_.put_number(ns / second / 60);
        out_.put('m');
        if (seconds < 10) out_.put('0');
        out_.put_number(seconds);
        out_.put('s');
    }
}

} // namespace weir::output
