#include "event/json_value.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "common/base64.hpp"
#include "common/bytes.hpp"

namespace weir::event {

namespace {

constexpr std::uint64_t ones = 0x0101010101010101;
constexpr std::uint64_t highs = 0x8080808080808080;

/// The high bit of each byte that is below `n` (n <= 128); exact for the lowest such byte, which is all we
/// use.
constexpr std::uint64_t below(std::uint64_t word, std::uint64_t n) noexcept {
    return (word - ones * n) & ~word & highs;
}

constexpr bool is_plain(std::uint8_t c) noexcept { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; }

/// Appends the bytes from the start that need no escape (printable ASCII but '"' and '\\'); answers how many.
std::size_t put_plain_prefix(line_buffer& out, std::string_view s) {
    const common::bytes_view b = common::as_bytes(s);
    const std::span<char> room = out.room(b.size());
    std::size_t i = 0;
    for (; b.size() - i >= 8; i += 8) {
        const auto word = common::load<std::uint64_t, std::endian::little>(b, i);
        const std::uint64_t special = below(word, 0x20) | below(word ^ (ones * '"'), 1) |
                                      below(word ^ (ones * '\\'), 1) | (word & highs);
        std::memcpy(room.data() + i, b.data() + i, 8);
        if (special != 0) {
            i += static_cast<std::size_t>(std::countr_zero(special)) / 8;
            out.commit(i);
            return i;
        }
    }
    for (; i < b.size() && is_plain(b[i]); ++i) room[i] = s[i];
    out.commit(i);
    return i;
}

constexpr char hex(unsigned nibble) noexcept { return "0123456789abcdef"[nibble & 15]; }

void put_escaped(line_buffer& out, char c) {
    switch (c) {
    case '"':
        out.put("\\\"");
        return;
    case '\\':
        out.put("\\\\");
        return;
    case '\n':
        out.put("\\n");
        return;
    case '\r':
        out.put("\\r");
        return;
    case '\t':
        out.put("\\t");
        return;
    default:
        break;
    }
    const auto code = static_cast<unsigned char>(c);
    if (code >= 0x20) {
        out.put(c);
        return;
    }
    const std::array<char, 6> text{'\\', 'u', '0', '0', hex(code >> 4), hex(code)};
    out.put(std::string_view(text.data(), text.size()));
}

/// RFC 9110 section 5.6.2, lower-cased; 0 for what is no token character.
constexpr std::array<char, 256> token_lower = [] {
    std::array<char, 256> t{};
    for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"))
        t[static_cast<unsigned char>(c)] = c;
    for (char c = 'A'; c <= 'Z'; ++c) t[static_cast<unsigned char>(c)] = static_cast<char>(c - 'A' + 'a');
    return t;
}();

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

void put_name(line_buffer& out, std::string_view name) {
    const std::span<char> room = out.room(name.size() * 3);
    std::size_t n = 0;
    for (const char c : name) {
        const auto code = static_cast<unsigned char>(c);
        room[n++] = token_lower[code];
        if (token_lower[code] != 0) continue;
        room[n - 1] = '%';
        room[n++] = "0123456789ABCDEF"[code >> 4];
        room[n++] = "0123456789ABCDEF"[code & 15];
    }
    out.commit(n);
}

/// True where two names may be the same: a cheap signature of each met twice. Most heads have none and are
/// spared the comparison of all pairs.
bool may_repeat(std::span<const header> list) noexcept {
    std::uint64_t seen = 0;
    for (const header& h : list) {
        if (h.name.empty()) return true;
        const auto first = static_cast<unsigned char>(lower(h.name.front()));
        const auto last = static_cast<unsigned char>(lower(h.name.back()));
        const std::uint64_t bit = std::uint64_t{1} << ((h.name.size() * 5 + first * 7 + last) & 63);
        if ((seen & bit) != 0) return true;
        seen |= bit;
    }
    return false;
}

} // namespace

bool is_utf8(std::string_view bytes) noexcept {
    const common::bytes_view b = common::as_bytes(bytes);
    const auto continues = [&](std::size_t i) { return i < b.size() && (b[i] & 0xC0) == 0x80; };
    for (std::size_t i = 0; i < b.size();) {
        const unsigned c = b[i];
        if (c < 0x80) {
            ++i;
        } else if (c >= 0xC2 && c <= 0xDF) {
            if (!continues(i + 1)) return false;
            i += 2;
        } else if (c >= 0xE0 && c <= 0xEF) {
            if (!continues(i + 1) || !continues(i + 2)) return false;
            if ((c == 0xE0 && b[i + 1] < 0xA0) || (c == 0xED && b[i + 1] > 0x9F)) return false;
            i += 3;
        } else if (c >= 0xF0 && c <= 0xF4) {
            if (!continues(i + 1) || !continues(i + 2) || !continues(i + 3)) return false;
            if ((c == 0xF0 && b[i + 1] < 0x90) || (c == 0xF4 && b[i + 1] > 0x8F)) return false;
            i += 4;
        } else {
            return false;
        }
    }
    return true;
}

void put_wire(line_buffer& out, std::string_view bytes) {
    const std::size_t start = out.size();
    out.put('"');
    std::size_t plain = put_plain_prefix(out, bytes);
    if (plain < bytes.size() && !is_utf8(bytes.substr(plain))) {
        std::string text;
        common::append_base64(text, common::as_bytes(bytes));
        out.cut(start);
        out.put("{\"base64\":\"");
        out.put(text);
        out.put("\"}");
        return;
    }
    while (plain < bytes.size()) {
        bytes.remove_prefix(plain);
        put_escaped(out, bytes.front());
        bytes.remove_prefix(1);
        plain = put_plain_prefix(out, bytes);
    }
    out.put('"');
}

void put_header_object(line_buffer& out, std::span<const header> list) {
    const bool repeats = may_repeat(list);
    out.put('{');
    bool first = true;
    for (std::size_t i = 0; i < list.size(); ++i) {
        bool array = false;
        if (repeats) {
            const auto same = [&](const header& h) { return same_name(h.name, list[i].name); };
            if (std::any_of(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(i), same)) continue;
            array = std::any_of(list.begin() + static_cast<std::ptrdiff_t>(i) + 1, list.end(), same);
        }
        out.put(first ? "\"" : ",\"");
        first = false;
        put_name(out, list[i].name);
        out.put(array ? "\":[" : "\":");
        put_wire(out, list[i].value);
        if (!array) continue;
        for (std::size_t j = i + 1; j < list.size(); ++j) {
            if (!same_name(list[j].name, list[i].name)) continue;
            out.put(',');
            put_wire(out, list[j].value);
        }
        out.put(']');
    }
    out.put('}');
}

void put_header_list(line_buffer& out, std::span<const header> list) {
    out.put('[');
    for (std::size_t i = 0; i < list.size(); ++i) {
        out.put(i == 0 ? "[" : ",[");
        put_wire(out, list[i].name);
        out.put(',');
        put_wire(out, list[i].value);
        out.put(']');
    }
    out.put(']');
}

void put_ip(line_buffer& out, const common::ip_address& a) {
    std::array<char, common::ip_text_size> text;
    const std::size_t n = common::write_ip(a, text);
    out.put('"');
    out.put(std::string_view(text.data(), n));
    out.put('"');
}

} // namespace weir::event
