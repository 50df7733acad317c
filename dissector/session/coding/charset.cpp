#include "session/coding/charset.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdint>

#include <iconv.h>

#include "common/ascii.hpp"
#include "event/json_value.hpp"

namespace weir::session {

namespace {

enum class kind : std::uint8_t { iso_8859_1, windows_1252, utf_16le, utf_16be, shift_jis };

struct charset_row {
    std::string_view name; ///< as IANA registers it
    const char* converter; ///< as iconv knows it
};

// Shift_JIS is read as windows-31j, which has all of it: what is sent as Shift_JIS is that (WHATWG
// Encoding 12.3).
constexpr std::array<charset_row, 5> rows{{
    {"ISO-8859-1", "ISO-8859-1"},
    {"windows-1252", "CP1252"},
    {"UTF-16LE", "UTF-16LE"},
    {"UTF-16BE", "UTF-16BE"},
    {"Shift_JIS", "CP932"},
}};

struct label_row {
    std::string_view label; ///< lower case
    kind means;
};

constexpr std::array<label_row, 21> labels{{
    {"iso-8859-1", kind::iso_8859_1},     {"iso_8859-1", kind::iso_8859_1}, {"iso8859-1", kind::iso_8859_1},
    {"latin1", kind::iso_8859_1},         {"latin-1", kind::iso_8859_1},    {"l1", kind::iso_8859_1},
    {"windows-1252", kind::windows_1252}, {"cp1252", kind::windows_1252},   {"cp-1252", kind::windows_1252},
    {"x-cp1252", kind::windows_1252},     {"utf-16", kind::utf_16le},       {"utf16", kind::utf_16le},
    {"utf-16le", kind::utf_16le},         {"utf-16be", kind::utf_16be},     {"shift_jis", kind::shift_jis},
    {"shift-jis", kind::shift_jis},       {"sjis", kind::shift_jis},        {"x-sjis", kind::shift_jis},
    {"ms_kanji", kind::shift_jis},        {"windows-31j", kind::shift_jis}, {"cp932", kind::shift_jis},
}};

/// What iconv_open answers where it knows no such converter.
bool is_missing(iconv_t converter) noexcept { return std::bit_cast<std::intptr_t>(converter) == -1; }

constexpr auto failed = static_cast<std::size_t>(-1);

} // namespace

charsets::charsets() noexcept {
    for (std::size_t i = 0; i < count; ++i) converters_[i] = ::iconv_open("UTF-8", rows[i].converter);
}

charsets::~charsets() {
    for (void* c : converters_)
        if (!is_missing(c)) ::iconv_close(c);
}

std::optional<std::string_view> charsets::decode(std::string_view label, std::string_view text, bool cut,
                                                 std::string& out) {
    const auto* const known = std::find_if(labels.begin(), labels.end(), [&](const label_row& l) {
        return common::equals_ignoring_case(label, l.label);
    });
    if (known == labels.end()) return std::nullopt;
    auto which = static_cast<std::size_t>(known->means);
    std::string_view name = rows[which].name;
    if (common::equals_ignoring_case(label.substr(0, 5), "utf-1") ||
        common::equals_ignoring_case(label, "utf16")) {
        // A byte order mark rules; "UTF-16" without one is little-endian (WHATWG Encoding 4.2).
        const bool is_plain = label.size() <= std::string_view("utf-16").size();
        if (is_plain) name = "UTF-16";
        if (is_plain && text.starts_with("\xfe\xff")) which = static_cast<std::size_t>(kind::utf_16be);
        if (text.starts_with("\xfe\xff") || text.starts_with("\xff\xfe")) text.remove_prefix(2);
    }
    void* const converter = converters_[which];
    if (is_missing(converter)) return std::nullopt;
    ::iconv(converter, nullptr, nullptr, nullptr, nullptr);
    out.resize(text.size() * 3); // no character of these takes more in UTF-8
    char* to = out.data();
    std::size_t room = out.size();
    std::array<char, 4096> piece; // iconv takes no const bytes
    std::size_t kept = 0;         // bytes of a character that the next piece goes on with
    while (!text.empty()) {
        const std::size_t added = text.copy(piece.data() + kept, piece.size() - kept);
        text.remove_prefix(added);
        char* from = piece.data();
        std::size_t left = kept + added;
        if (::iconv(converter, &from, &left, &to, &room) == failed && errno != EINVAL) return std::nullopt;
        std::copy_n(from, left, piece.data());
        kept = left;
    }
    if (kept > 0 && !cut) return std::nullopt;
    out.resize(out.size() - room);
    return name;
}

std::string_view whole_characters(std::string_view text) noexcept {
    // RFC 3629 section 3: the lead byte of an unfinished character is one of the last three.
    for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
        const auto c = static_cast<unsigned char>(text[text.size() - back]);
        if (c < 0x80) break;
        if (c < 0xc0) continue;
        const std::size_t size = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
        const std::string_view whole = text.substr(0, text.size() - back);
        return size > back && event::is_utf8(whole) ? whole : text;
    }
    return text;
}

} // namespace weir::session
