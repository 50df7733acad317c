#include "session/dns/presentation.hpp"

#include <array>
#include <charconv>

#include "event/dns_codes.hpp"

namespace weir::session::dns {

void append_number(std::string& out, std::uint64_t n) {
    std::array<char, 20> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n);
    out.append(digits.data(), static_cast<std::size_t>(end.ptr - digits.data()));
}

void append_padded(std::string& out, std::uint64_t n, unsigned width) {
    const std::size_t from = out.size();
    append_number(out, n);
    if (const std::size_t made = out.size() - from; made < width) out.insert(from, width - made, '0');
}

void append_hex(std::string& out, common::bytes_view data, letters which) {
    const std::string_view digits = which == letters::upper ? "0123456789ABCDEF" : "0123456789abcdef";
    for (const std::uint8_t byte : data) {
        out.push_back(digits[byte >> 4]);
        out.push_back(digits[byte & 15]);
    }
}

void break_words(std::string& out, std::size_t from) {
    const std::size_t size = out.size() - from;
    if (size <= word_size) return;
    // from the last word to the first, so that each is moved once
    const std::size_t breaks = (size - 1) / word_size;
    out.resize(out.size() + breaks);
    for (std::size_t word = breaks; word > 0; --word) {
        const std::size_t at = from + word * word_size;
        const std::size_t length = std::min(word_size, size - word * word_size);
        for (std::size_t i = length; i-- > 0;) out[at + word + i] = out[at + i];
        out[at + word - 1] = ' ';
    }
}

void append_base32hex(std::string& out, common::bytes_view data) {
    constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
    unsigned held = 0, bits = 0;
    for (const std::uint8_t byte : data) {
        held = held << 8 | byte;
        for (bits += 8; bits >= 5; bits -= 5) out.push_back(digits[held >> (bits - 5) & 31]);
        held &= 31;
    }
    if (bits > 0) out.push_back(digits[held << (5 - bits) & 31]);
}

void append_quoted(std::string& out, common::bytes_view text) {
    out.push_back('"');
    for (const std::uint8_t byte : text) {
        if (byte < 0x20 || byte >= 0x7f) {
            out.push_back('\\');
            append_padded(out, byte, 3);
            continue;
        }
        if (byte == '"' || byte == '\\') out.push_back('\\');
        out.push_back(static_cast<char>(byte));
    }
    out.push_back('"');
}

void append_address(std::string& out, common::bytes_view bytes) {
    std::array<char, common::ip_text_size> text;
    const auto ip = bytes.size() == 4 ? common::ip_address::v4(bytes) : common::ip_address::v6(bytes);
    out.append(text.data(), common::write_ip(ip, text));
}

void append_time(std::string& out, std::uint32_t seconds) {
    // Days to a civil date (Hinnant, "chrono-compatible low-level date algorithms"); no year before 1970.
    const std::uint64_t days = seconds / 86'400 + 719'468;
    const std::uint64_t era = days / 146'097, of_era = days % 146'097;
    const std::uint64_t year_of_era = (of_era - of_era / 1'460 + of_era / 36'524 - of_era / 146'096) / 365;
    const std::uint64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::uint64_t shifted = (5 * of_year + 2) / 153;
    const std::uint64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
    append_padded(out, year_of_era + era * 400 + (month <= 2 ? 1 : 0), 4);
    append_padded(out, month, 2);
    append_padded(out, of_year - (153 * shifted + 2) / 5 + 1, 2);
    append_padded(out, seconds / 3'600 % 24, 2);
    append_padded(out, seconds / 60 % 60, 2);
    append_padded(out, seconds % 60, 2);
}

void append_octets(std::string& out, common::bytes_view data) {
    for (std::size_t i = 0; i < data.size(); ++i) {
        if (i > 0) out.push_back('-');
        append_hex(out, data.subspan(i, 1), letters::lower);
    }
}

void append_groups(std::string& out, common::bytes_view data) {
    for (std::size_t i = 0; i + 2 <= data.size(); i += 2) {
        if (i > 0) out.push_back(':');
        std::array<char, 4> digits;
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(),
                                       common::load<std::uint16_t>(data, i), 16);
        out.append(digits.data(), static_cast<std::size_t>(end.ptr - digits.data()));
    }
}

void append_type(std::string& out, std::uint16_t type) {
    const event::code<event::dns_types> code{type};
    if (const std::string_view name = code.name(); !name.empty()) {
        out.append(name);
        return;
    }
    out.append(event::dns_types::unknown);
    append_number(out, type);
}

} // namespace weir::session::dns
