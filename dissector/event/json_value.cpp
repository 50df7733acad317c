#include "event/json_value.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "common/ascii.hpp"
#include "common/base64.hpp"
#include "common/bytes.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace weir::event {

namespace {

constexpr std::uint64_t ones = 0x0101010101010101;
constexpr std::uint64_t highs = 0x8080808080808080;

/// The high bit of each byte that is below `n` (n <= 128); exact for the lowest such byte, which is all we
/// use.
constexpr std::uint64_t below(std::uint64_t word, std::uint64_t n) noexcept {
    return (word - ones * n) & ~word & highs;
}

/// The high bit of each byte that is at least `n`, exact for all of them; precondition: every byte of `word`
/// is ASCII.
constexpr std::uint64_t at_least(std::uint64_t word, std::uint64_t n) noexcept {
    return (word + ones * (0x80 - n)) & highs;
}

/// The high bit of each byte from `first` to `last`; as at_least().
constexpr std::uint64_t within(std::uint64_t word, char first, char last) noexcept {
    return at_least(word, static_cast<std::uint64_t>(first)) &
           ~at_least(word, static_cast<std::uint64_t>(last) + 1);
}

/// The high bit of each byte that needs an escape or is not ASCII; exact for the lowest one.
constexpr std::uint64_t not_plain(std::uint64_t word) noexcept {
    return below(word, 0x20) | below(word ^ (ones * '"'), 1) | below(word ^ (ones * '\\'), 1) |
           (word & highs);
}

#if defined(__SSE2__)
/// Copies the sixteen bytes at `at`; a bit for each that needs an escape or is not ASCII.
unsigned copy_sixteen(common::bytes_view from, std::size_t at, std::span<char> to) noexcept {
    __m128i c;
    std::memcpy(&c, from.subspan(at, 16).data(), 16);
    std::memcpy(to.subspan(at, 16).data(), &c, 16);
    const __m128i below_space = _mm_cmplt_epi8(c, _mm_set1_epi8(0x20)); // signed: those beyond ASCII, too
    const __m128i escaped =
        _mm_or_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8('"')), _mm_cmpeq_epi8(c, _mm_set1_epi8('\\')));
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(below_space, escaped)));
}
#endif

constexpr bool is_plain(std::uint8_t c) noexcept { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; }

/// Appends the bytes from the start that need no escape (printable ASCII but '"' and '\\'); answers how many.
std::size_t put_plain_prefix(line_buffer& out, std::string_view s) {
    const common::bytes_view b = common::as_bytes(s);
    const std::span<char> room = out.room(b.size());
    std::size_t i = 0;
#if defined(__SSE2__)
    if (b.size() >= 16) {
        unsigned special = 0;
        for (;; i += 16) {
            i = std::min(i, b.size() - 16); // the last sixteen once more from where they are whole
            special = copy_sixteen(b, i, room);
            if (special != 0 || i + 16 == b.size()) break;
        }
        i += special != 0 ? static_cast<std::size_t>(std::countr_zero(special)) : 16;
        out.commit(i);
        return i;
    }
#endif
    const auto copy_word = [&] { // true where all eight were plain
        const auto word = common::load<std::uint64_t, std::endian::little>(b, i);
        const std::uint64_t special = not_plain(word);
        std::memcpy(room.data() + i, b.data() + i, 8);
        if (special == 0) return true;
        i += static_cast<std::size_t>(std::countr_zero(special)) / 8;
        return false;
    };
    bool plain = true;
    for (; plain && b.size() - i >= 8; i += plain ? 8 : 0) plain = copy_word();
    if (plain && b.size() >= 8 && i < b.size()) { // the last word once more from where it is whole
        i = b.size() - 8;
        if (copy_word()) i += 8;
    } else if (plain) {
        for (; i < b.size() && is_plain(b[i]); ++i) room[i] = s[i];
    }
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
    for (char c = 'A'; c <= 'Z'; ++c) t[static_cast<unsigned char>(c)] = common::to_lower(c);
    return t;
}();

bool same_name(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
               return common::to_lower(x) == common::to_lower(y);
           });
}

/// Eight characters of a field name in lower case, where all are letters, digits or hyphens; else nothing.
constexpr std::optional<std::uint64_t> lower_word(std::uint64_t word) noexcept {
    if ((word & highs) != 0) return std::nullopt;
    const std::uint64_t upper = within(word, 'A', 'Z');
    const std::uint64_t usual =
        upper | within(word, 'a', 'z') | within(word, '0', '9') | within(word, '-', '-');
    if (usual != highs) return std::nullopt;
    return word | (upper >> 2); // 0x80 becomes the 0x20 between the cases
}

void put_name(line_buffer& out, std::string_view name) {
    const std::span<char> room = out.room(name.size() * 3);
    std::size_t n = 0;
    const common::bytes_view b = common::as_bytes(name);
    const auto copy_word = [&](std::size_t at) {
        const auto lowered = lower_word(common::load<std::uint64_t, std::endian::native>(b, at));
        if (lowered) std::memcpy(room.data() + at, &*lowered, 8);
        return lowered.has_value();
    };
    while (b.size() - n >= 8 && copy_word(n)) n += 8;
    if (b.size() >= 8 && n + 8 > b.size() && copy_word(b.size() - 8)) n = b.size();
    for (const char c : name.substr(n)) {
        const auto code = static_cast<unsigned char>(c);
        room[n++] = token_lower[code];
        if (token_lower[code] != 0) continue;
        room[n - 1] = '%';
        room[n++] = "0123456789ABCDEF"[code >> 4];
        room[n++] = "0123456789ABCDEF"[code & 15];
    }
    out.commit(n);
}

/// Size and three characters of a name, whatever its case, mixed (Fibonacci hashing).
std::uint64_t signature(std::string_view name) noexcept {
    constexpr std::uint64_t one_case = 0x20;
    std::uint64_t of = name.size();
    for (const std::size_t at : {std::size_t{0}, name.size() / 2, name.size() - 1})
        of = (of << 8) | static_cast<unsigned char>(name[at]) | one_case;
    return of * 0x9e3779b97f4a7c15;
}

/// True where two names may be the same: three bits of a signature, each met before. Most heads have none and
/// are spared the comparison of all pairs; of twelve different names one head in fifty is not.
bool may_repeat(std::span<const header> list) noexcept {
    std::array<std::uint64_t, 3> seen{};
    for (const header& h : list) {
        if (h.name.empty()) return true;
        std::uint64_t bits = signature(h.name);
        bool met = true;
        for (std::uint64_t& word : seen) {
            const std::uint64_t bit = std::uint64_t{1} << (bits >> 58);
            met = met && (word & bit) != 0;
            word |= bit;
            bits <<= 6;
        }
        if (met) return true;
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
