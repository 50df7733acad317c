#include "output/text_fields.hpp"

#include <algorithm>

namespace weir::output {

namespace {

/// What can stand without quotes: nothing in it separates, opens or closes.
constexpr bool is_plain(std::string_view bytes) noexcept {
    constexpr std::string_view separators = " =[]{}\"\\";
    return !bytes.empty() && bytes.find_first_of(separators) == std::string_view::npos;
}

} // namespace

std::string_view cut_at_character(std::string_view bytes, std::size_t most) noexcept {
    constexpr std::size_t most_behind = 3; // RFC 3629: continuation bytes of one character
    if (bytes.size() <= most) return bytes;
    std::size_t end = most;
    const auto continues = [&] { return (static_cast<unsigned char>(bytes[end]) & 0xC0) == 0x80; };
    while (end > most - std::min(most, most_behind) && continues()) --end;
    return bytes.substr(0, continues() ? most : end);
}

void put_left_out(text_writer& out, std::size_t count) {
    out.begin(colour::dim);
    out.put('+');
    out.put_number(count);
    out.put(" more");
    out.end();
}

void put_in_quotes(text_writer& out, std::string_view bytes) {
    out.put('"');
    while (!bytes.empty()) {
        const std::size_t special = std::min(bytes.find_first_of("\"\\"), bytes.size());
        out.wire(bytes.substr(0, special));
        bytes.remove_prefix(special);
        if (bytes.empty()) break;
        out.put('\\');
        out.put(bytes.front());
        bytes.remove_prefix(1);
    }
    out.put('"');
}

void put_quoted(text_writer& out, std::string_view bytes) {
    const std::string_view kept = cut_at_character(bytes, most_text);
    if (is_plain(kept))
        out.wire(kept);
    else
        put_in_quotes(out, kept);
    if (kept.size() < bytes.size()) put_left_out(out, bytes.size() - kept.size());
}

void put_text_value(text_writer& out, const event::value& v, std::size_t depth) {
    const auto put_list = [&](const auto& list, const auto& put) {
        if (depth == event::most_nested) return out.put("...");
        put_text_list(out, elements(list), put);
    };
    std::visit(event::overloaded{
                   [&](event::nothing) { out.put("null"); },
                   [&](bool b) { out.put(b ? std::string_view("true") : std::string_view("false")); },
                   [&](std::int64_t n) { out.put_signed(n); },
                   [&](std::uint64_t n) { out.put_number(n); },
                   [&](double d) { out.put_real(d); },
                   [&](std::string_view text) { out.put(text); },
                   [&](const event::wire& w) { put_quoted(out, w.bytes); },
                   [&](const common::ip_address& a) { out.put(common::to_string(a)); },
                   [&](const event::value_list& l) {
                       put_list(l, [&](const event::value& e) { put_text_value(out, e, depth + 1); });
                   },
                   [&](const event::value_pairs& l) {
                       put_list(l, [&](const event::value_pair& p) {
                           put_text_value(out, p.key, depth + 1);
                           out.put('=');
                           put_text_value(out, p.of, depth + 1);
                       });
                   },
                   [&](const event::value_object& o) {
                       put_list(o, [&](const event::value_member& m) {
                           put_key(out, m.name);
                           put_text_value(out, m.of, depth + 1);
                       });
                   },
               },
               v.of);
}

} // namespace weir::output
