#include "session/dns/record_data.hpp"

#include <algorithm>
#include <array>

#include "common/base64.hpp"
#include "event/code.hpp"
#include "session/dns/name.hpp"
#include "session/dns/presentation.hpp"

namespace weir::session::dns {

namespace {

/// What data is made of; each piece is written with a space before it, the first excepted.
enum class piece : std::uint8_t {
    none,
    u8,
    u16,
    u32,
    time, ///< seconds since 1970 as a date
    u48,  ///< seconds since 1970 as a number
    type, ///< 16 bits, a record type
    name, ///< a domain name with its final dot
    ipv4,
    ipv6,
    string,  ///< length and bytes, in quotation marks
    tag,     ///< length and letters or digits
    strings, ///< string until the end, one at least
    text,    ///< what is left, in quotation marks
    hex,     ///< what is left, in words
    base64,  ///< what is left, in words
    nsap,    ///< what is left, 0x before it
    eui48,
    eui64,
    locator,          ///< 64 bits in groups
    salt,             ///< length and bytes, or "-"
    hash,             ///< length and bytes, base32hex
    types,            ///< bit maps until the end (RFC 4034 section 4.1.2)
    old_types,        ///< one bit map (RFC 2535 section 5.2)
    certificate,      ///< 16 bits, a type of certificate
    algorithm,        ///< 8 bits, a DNSSEC algorithm by name
    location,         ///< RFC 1876
    prefixes,         ///< RFC 3123
    services,         ///< protocol and ports (RFC 1035 section 3.4.2)
    parameters,       ///< RFC 9460 section 2.1
    gateway,          ///< precedence, type, algorithm, gateway (RFC 4025)
    relay,            ///< precedence, type, relay (RFC 8777)
    identity,         ///< lengths, identity tag, key (RFC 8005)
    names,            ///< name until the end, perhaps none
    signature,        ///< 16 bits of length, and so many bytes of base64
    other,            ///< 16 bits of length, and so many bytes of base64, where there are any
    error,            ///< 16 bits, a response code
    ipv6_suffix,      ///< prefix length, rest of the address, name (RFC 2874)
    base64_or_hyphen, ///< what is left, in one word
};

struct form {
    std::uint16_t type = 0;
    std::array<piece, 10> pieces{};
};

using enum piece;

/// Ascending by type; the RFC that defines it beside it.
constexpr auto forms = std::to_array<form>({
    {1, {ipv4}},                                              // RFC 1035
    {2, {name}},                                              // RFC 1035
    {3, {name}},                                              // RFC 1035
    {4, {name}},                                              // RFC 1035
    {5, {name}},                                              // RFC 1035
    {6, {name, name, u32, u32, u32, u32, u32}},               // RFC 1035
    {7, {name}},                                              // RFC 1035
    {8, {name}},                                              // RFC 1035
    {9, {name}},                                              // RFC 1035
    {11, {ipv4, services}},                                   // RFC 1035
    {12, {name}},                                             // RFC 1035
    {13, {string, string}},                                   // RFC 1035
    {14, {name, name}},                                       // RFC 1035
    {15, {u16, name}},                                        // RFC 1035
    {16, {strings}},                                          // RFC 1035
    {17, {name, name}},                                       // RFC 1183
    {18, {u16, name}},                                        // RFC 1183
    {19, {string}},                                           // RFC 1183
    {20, {strings}},                                          // RFC 1183
    {21, {u16, name}},                                        // RFC 1183
    {22, {nsap}},                                             // RFC 1706
    {23, {name}},                                             // RFC 1348
    {24, {type, u8, u8, u32, time, time, u16, name, base64}}, // RFC 2535
    {25, {u16, u8, u8, base64}},                              // RFC 2535
    {26, {u16, name, name}},                                  // RFC 2163
    {27, {string, string, string}},                           // RFC 1712
    {28, {ipv6}},                                             // RFC 3596
    {29, {location}},                                         // RFC 1876
    {30, {name, old_types}},                                  // RFC 2535
    {33, {u16, u16, u16, name}},                              // RFC 2782
    {35, {u16, u16, string, string, string, name}},           // RFC 3403
    {36, {u16, name}},                                        // RFC 2230
    {37, {certificate, u16, algorithm, base64}},              // RFC 4398
    {38, {ipv6_suffix}},                                      // RFC 2874
    {39, {name}},                                             // RFC 6672
    {40, {u8, u8, u8, base64}},                               // draft-eastlake-kitchen-sink
    {42, {prefixes}},                                         // RFC 3123
    {43, {u16, u8, u8, hex}},                                 // RFC 4034
    {44, {u8, u8, hex}},                                      // RFC 4255
    {45, {gateway}},                                          // RFC 4025
    {46, {type, u8, u8, u32, time, time, u16, name, base64}}, // RFC 4034
    {47, {name, types}},                                      // RFC 4034
    {48, {u16, u8, u8, base64}},                              // RFC 4034
    {49, {base64}},                                           // RFC 4701
    {50, {u8, u8, u16, salt, hash, types}},                   // RFC 5155
    {51, {u8, u8, u16, salt}},                                // RFC 5155
    {52, {u8, u8, u8, hex}},                                  // RFC 6698
    {53, {u8, u8, u8, hex}},                                  // RFC 8162
    {55, {identity, names}},                                  // RFC 8005
    {56, {strings}},                                          // draft-reid-dnsext-zs
    {57, {u16, u8, u8, base64}},                              // draft-reid-dnsext-rkey
    {58, {name, name}},                                       // draft-wijngaards-dnsop-trust-history
    {59, {u16, u8, u8, hex}},                                 // RFC 7344
    {60, {u16, u8, u8, base64}},                              // RFC 7344
    {61, {base64}},                                           // RFC 7929
    {62, {u32, u16, types}},                                  // RFC 7477
    {63, {u32, u8, u8, hex}},                                 // RFC 8976
    {64, {u16, name, parameters}},                            // RFC 9460
    {65, {u16, name, parameters}},                            // RFC 9460
    {99, {strings}},                                          // RFC 7208
    {104, {u16, locator}},                                    // RFC 6742
    {105, {u16, ipv4}},                                       // RFC 6742
    {106, {u16, locator}},                                    // RFC 6742
    {107, {u16, name}},                                       // RFC 6742
    {108, {eui48}},                                           // RFC 7043
    {109, {eui64}},                                           // RFC 7043
    {249, {name, u32, u32, u16, error, signature, other}},    // RFC 2930
    {250, {name, u48, u16, signature, u16, error, other}},    // RFC 8945
    {256, {u16, u16, text}},                                  // RFC 7553
    {257, {u8, tag, text}},                                   // RFC 8659
    {258, {strings}},                                         // RFC 1035's TXT, by Cisco
    {259, {u32, u32, u8, string, base64_or_hyphen}},          // draft-durand-doa-over-dns
    {260, {relay}},                                           // RFC 8777
    {261, {strings}},                                         // RFC 9606
    {262, {strings}},                                         // registered in 2024, as TXT
    {32768, {u16, u8, u8, hex}},                              // Weiler, as DS
    {32769, {u16, u8, u8, hex}},                              // RFC 4431
});

struct algorithms {
    static constexpr std::string_view unknown = "";
    static constexpr auto table = std::to_array<event::named_code>({
        {1, "RSAMD5"},
        {2, "DH"},
        {3, "DSA"},
        {5, "RSASHA1"},
        {6, "NSEC3DSA"},
        {7, "NSEC3RSASHA1"},
        {8, "RSASHA256"},
        {10, "RSASHA512"},
        {12, "ECCGOST"},
        {13, "ECDSAP256SHA256"},
        {14, "ECDSAP384SHA384"},
        {15, "ED25519"},
        {16, "ED448"},
        {252, "INDIRECT"},
        {253, "PRIVATEDNS"},
        {254, "PRIVATEOID"},
    });
};

struct certificates {
    static constexpr std::string_view unknown = "";
    static constexpr auto table = std::to_array<event::named_code>({
        {1, "PKIX"},
        {2, "SPKI"},
        {3, "PGP"},
        {4, "IPKIX"},
        {5, "ISPKI"},
        {6, "IPGP"},
        {7, "ACPKIX"},
        {8, "IACPKIX"},
        {253, "URI"},
        {254, "OID"},
    });
};

/// TSIG's and TKEY's, whose 16 is not that of EDNS (RFC 8945 section 3).
struct key_errors {
    static constexpr std::string_view unknown = "";
    static constexpr auto table = std::to_array<event::named_code>({
        {0, "NOERROR"},
        {16, "BADSIG"},
        {17, "BADKEY"},
        {18, "BADTIME"},
        {19, "BADMODE"},
        {20, "BADNAME"},
        {21, "BADALG"},
        {22, "BADTRUNC"},
    });
};

template <class Names>
void append_code(std::string& out, std::uint32_t number) {
    const std::string_view name = event::code<Names>{number}.name();
    if (name.empty())
        append_number(out, number);
    else
        out.append(name);
}

class data_writer {
public:
    data_writer(std::string& out, common::bytes_view message, std::size_t at, std::size_t length)
        : out_(out)
        , message_(message.first(at + length))
        , at_(at) {}

    /// False where the data is not made of these pieces.
    [[nodiscard]] bool write(const std::array<piece, 10>& pieces) {
        for (const piece p : pieces) {
            if (p == none) break;
            if (!write(p)) return false;
        }
        return at_ == message_.size();
    }

private:
    [[nodiscard]] bool write(piece p);

    [[nodiscard]] std::size_t left() const noexcept { return message_.size() - at_; }
    /// Whatever is written next stands apart from what is before it.
    void part() {
        if (!is_first_) out_.push_back(' ');
        is_first_ = false;
    }
    [[nodiscard]] bool take(std::size_t n, common::bytes_view& data) noexcept {
        if (left() < n) return false;
        data = message_.subspan(at_, n);
        at_ += n;
        return true;
    }
    [[nodiscard]] common::bytes_view rest() noexcept {
        const common::bytes_view all = message_.subspan(at_);
        at_ = message_.size();
        return all;
    }
    template <class T>
    [[nodiscard]] bool read(T& n) noexcept {
        if (left() < sizeof(T)) return false;
        n = common::load<T>(message_, at_);
        at_ += sizeof(T);
        return true;
    }
    /// A length of this type, and so many bytes.
    template <class Length>
    [[nodiscard]] bool counted(common::bytes_view& data) noexcept {
        Length n = 0;
        return read(n) && take(n, data);
    }
    template <class T>
    [[nodiscard]] bool number() {
        T n = 0;
        if (!read(n)) return false;
        part();
        append_number(out_, n);
        return true;
    }
    template <class Names, class T>
    [[nodiscard]] bool named() {
        T n = 0;
        if (!read(n)) return false;
        part();
        append_code<Names>(out_, n);
        return true;
    }
    void words_of_base64(common::bytes_view data) {
        if (data.empty()) return;
        part();
        const std::size_t from = out_.size();
        common::append_base64(out_, data);
        break_words(out_, from);
    }

    [[nodiscard]] bool domain();
    [[nodiscard]] bool address(std::size_t size);
    [[nodiscard]] bool quoted();
    [[nodiscard]] bool type_maps();
    [[nodiscard]] bool old_type_map();
    [[nodiscard]] bool place();
    [[nodiscard]] bool address_prefixes();
    [[nodiscard]] bool port_map();
    [[nodiscard]] bool far_end(unsigned kind);
    [[nodiscard]] bool ipsec_gateway();
    [[nodiscard]] bool amt_relay();
    [[nodiscard]] bool host_identity();
    [[nodiscard]] bool address_suffix();
    void types_of(common::bytes_view bits, std::uint32_t first);

    std::string& out_;
    common::bytes_view message_; ///< up to the end of the data
    std::size_t at_;
    bool is_first_ = true;
};

bool data_writer::write(piece p) {
    common::bytes_view data;
    switch (p) {
    case none:
        return true;
    case u8:
        return number<std::uint8_t>();
    case u16:
        return number<std::uint16_t>();
    case u32:
        return number<std::uint32_t>();
    case time: {
        std::uint32_t seconds = 0;
        if (!read(seconds)) return false;
        part();
        append_time(out_, seconds);
        return true;
    }
    case u48:
        if (!take(6, data)) return false;
        part();
        append_number(out_, common::load<std::uint64_t, std::endian::big, 6>(data, 0));
        return true;
    case type: {
        std::uint16_t t = 0;
        if (!read(t)) return false;
        part();
        append_type(out_, t);
        return true;
    }
    case name:
        return domain();
    case ipv4:
        return address(4);
    case ipv6:
        return address(16);
    case string:
        return quoted();
    case tag:
        if (!counted<std::uint8_t>(data) || data.empty()) return false;
        part();
        for (const std::uint8_t c : data) {
            const bool is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
            if (!is_plain) return false;
            out_.push_back(static_cast<char>(c));
        }
        return true;
    case strings:
        do {
            if (!quoted()) return false;
        } while (left() > 0);
        return true;
    case text:
        part();
        append_quoted(out_, rest());
        return true;
    case hex: {
        if (left() == 0) return true;
        part();
        const std::size_t from = out_.size();
        append_hex(out_, rest(), letters::upper);
        break_words(out_, from);
        return true;
    }
    case base64:
        words_of_base64(rest());
        return true;
    case base64_or_hyphen:
        part();
        if (left() == 0)
            out_.push_back('-');
        else
            common::append_base64(out_, rest());
        return true;
    case nsap:
        if (left() == 0) return false;
        part();
        out_.append("0x");
        append_hex(out_, rest(), letters::lower);
        return true;
    case eui48:
    case eui64:
        if (!take(p == eui48 ? 6 : 8, data)) return false;
        part();
        append_octets(out_, data);
        return true;
    case locator:
        if (!take(8, data)) return false;
        part();
        append_groups(out_, data);
        return true;
    case salt:
        if (!counted<std::uint8_t>(data)) return false;
        part();
        if (data.empty())
            out_.push_back('-');
        else
            append_hex(out_, data, letters::upper);
        return true;
    case hash:
        if (!counted<std::uint8_t>(data) || data.empty()) return false;
        part();
        append_base32hex(out_, data);
        return true;
    case types:
        return type_maps();
    case old_types:
        return old_type_map();
    case certificate:
        return named<certificates, std::uint16_t>();
    case algorithm:
        return named<algorithms, std::uint8_t>();
    case error:
        return named<key_errors, std::uint16_t>();
    case location:
        return place();
    case prefixes:
        return address_prefixes();
    case services:
        return port_map();
    case parameters:
        if (!append_service_parameters(out_, message_.subspan(at_))) return false;
        at_ = message_.size();
        return true;
    case gateway:
        return ipsec_gateway();
    case relay:
        return amt_relay();
    case identity:
        return host_identity();
    case names:
        while (left() > 0)
            if (!domain()) return false;
        return true;
    case signature:
    case other:
        if (!counted<std::uint16_t>(data)) return false;
        part();
        append_number(out_, data.size());
        words_of_base64(data);
        return true;
    case ipv6_suffix:
        return address_suffix();
    }
    return false;
}

bool data_writer::domain() {
    part();
    const std::size_t from = out_.size();
    const name_end end = append_name(out_, message_, at_);
    if (end.wrong) return false;
    if (out_.size() - from != 1 || out_.back() != '.') out_.push_back('.');
    at_ = end.at;
    return true;
}

bool data_writer::address(std::size_t size) {
    common::bytes_view data;
    if (!take(size, data)) return false;
    part();
    append_address(out_, data);
    return true;
}

bool data_writer::quoted() {
    common::bytes_view data;
    if (!counted<std::uint8_t>(data)) return false;
    part();
    append_quoted(out_, data);
    return true;
}

/// The types whose bits are set; the first bit is that of `first`.
void data_writer::types_of(common::bytes_view bits, std::uint32_t first) {
    for (std::size_t i = 0; i < bits.size() * 8; ++i) {
        if ((bits[i / 8] & 0x80U >> i % 8) == 0) continue;
        part();
        append_type(out_, static_cast<std::uint16_t>(first + i));
    }
}

bool data_writer::type_maps() {
    int last = -1;
    while (left() > 0) {
        std::uint8_t window = 0;
        common::bytes_view bits;
        if (!read(window) || !counted<std::uint8_t>(bits)) return false;
        if (window <= last || bits.empty() || bits.size() > 32) return false;
        last = window;
        types_of(bits, std::uint32_t{window} * 256);
    }
    return true;
}

bool data_writer::old_type_map() {
    if (left() > 16) return false;
    types_of(rest(), 0);
    return true;
}

/// RFC 1876: what is around the poles and behind the date line is as wrong as a digit above 9.
bool data_writer::place() {
    constexpr std::uint32_t middle = 0x8000'0000, degree = 3'600'000;
    constexpr std::array<std::uint32_t, 8> powers{1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000};
    std::uint8_t version = 0;
    std::array<std::uint8_t, 3> sizes{};
    std::uint32_t latitude = 0, longitude = 0, altitude = 0;
    if (!read(version) || version != 0) return false;
    for (std::uint8_t& s : sizes)
        if (!read(s) || (s & 15) > 9 || (s >> 4) > 9) return false;
    if (!read(latitude) || !read(longitude) || !read(altitude)) return false;
    const auto angle = [&](std::uint32_t of, std::uint32_t most, char plus, char minus) {
        const bool is_minus = of < middle;
        const std::uint32_t size = is_minus ? middle - of : of - middle;
        if (size > most * degree) return false;
        part();
        append_number(out_, size / degree);
        part();
        append_number(out_, size / 60'000 % 60);
        part();
        append_number(out_, size / 1'000 % 60);
        out_.push_back('.');
        append_padded(out_, size % 1'000, 3);
        part();
        out_.push_back(is_minus ? minus : plus);
        return true;
    };
    if (!angle(latitude, 90, 'N', 'S') || !angle(longitude, 180, 'E', 'W')) return false;
    constexpr std::uint32_t sea_level = 10'000'000;
    const bool is_below = altitude < sea_level;
    const std::uint32_t height = is_below ? sea_level - altitude : altitude - sea_level;
    part();
    if (is_below) out_.push_back('-');
    append_number(out_, height / 100);
    out_.push_back('.');
    append_padded(out_, height % 100, 2);
    out_.push_back('m');
    for (const std::uint8_t s : sizes) {
        const std::uint32_t digit = s >> 4, power = s & 15;
        part();
        if (power >= 2) {
            append_number(out_, digit * std::uint64_t{powers[power - 2]});
        } else {
            out_.append("0.");
            append_padded(out_, std::uint64_t{digit} * powers[power], 2);
        }
        out_.push_back('m');
    }
    return true;
}

bool data_writer::address_prefixes() {
    while (left() > 0) {
        std::uint16_t family = 0;
        std::uint8_t prefix = 0, length = 0;
        common::bytes_view data;
        if (!read(family) || !read(prefix) || !read(length) || !take(length & 0x7fU, data)) return false;
        const std::size_t size = family == 1 ? 4 : family == 2 ? 16 : 0;
        if (data.size() > size || prefix > size * 8 || size == 0) return false;
        if (!data.empty() && data.back() == 0) return false; // RFC 3123 section 4: the end is left out
        part();
        if ((length & 0x80U) != 0) out_.push_back('!');
        append_number(out_, family);
        out_.push_back(':');
        std::array<std::uint8_t, 16> whole{};
        std::copy(data.begin(), data.end(), whole.begin());
        append_address(out_, common::bytes_view(whole).first(size));
        out_.push_back('/');
        append_number(out_, prefix);
    }
    return true;
}

bool data_writer::port_map() {
    if (!number<std::uint8_t>()) return false;
    const common::bytes_view bits = rest();
    if (bits.size() > 65'536 / 8) return false;
    for (std::size_t i = 0; i < bits.size() * 8; ++i) {
        if ((bits[i / 8] & 0x80U >> i % 8) == 0) continue;
        part();
        append_number(out_, i);
    }
    return true;
}

/// Nothing, an address or a name.
bool data_writer::far_end(unsigned kind) {
    switch (kind) {
    case 0:
        part();
        out_.push_back('.');
        return true;
    case 1:
        return address(4);
    case 2:
        return address(16);
    case 3:
        return domain();
    default:
        return false;
    }
}

bool data_writer::ipsec_gateway() {
    const std::size_t kind = at_ + 1;
    if (!number<std::uint8_t>() || !number<std::uint8_t>() || !number<std::uint8_t>()) return false;
    if (!far_end(message_[kind])) return false;
    words_of_base64(rest());
    return true;
}

bool data_writer::amt_relay() {
    std::uint8_t kind = 0;
    if (!number<std::uint8_t>() || !read(kind)) return false;
    part();
    append_number(out_, kind >> 7);
    part();
    append_number(out_, kind & 0x7f);
    return far_end(kind & 0x7f);
}

bool data_writer::host_identity() {
    std::uint8_t tag_length = 0, algorithm = 0;
    std::uint16_t key_length = 0;
    common::bytes_view tag, key;
    if (!read(tag_length) || !read(algorithm) || !read(key_length)) return false;
    if (tag_length == 0 || key_length == 0 || !take(tag_length, tag) || !take(key_length, key)) return false;
    part();
    append_number(out_, algorithm);
    part();
    append_hex(out_, tag, letters::upper);
    part();
    common::append_base64(out_, key);
    return true;
}

bool data_writer::address_suffix() {
    std::uint8_t prefix = 0;
    if (!read(prefix) || prefix > 128) return false;
    part();
    append_number(out_, prefix);
    common::bytes_view suffix;
    if (!take(16U - prefix / 8U, suffix)) return false;
    if (prefix < 128) {
        std::array<std::uint8_t, 16> whole{};
        std::copy(suffix.begin(), suffix.end(), whole.end() - static_cast<std::ptrdiff_t>(suffix.size()));
        if (prefix % 8 != 0) whole[prefix / 8U] &= static_cast<std::uint8_t>(0xffU >> prefix % 8);
        part();
        append_address(out_, whole);
    }
    return prefix == 0 ? left() == 0 : domain();
}

} // namespace

bool append_record_data(std::string& out, common::bytes_view message, std::size_t at, std::size_t length,
                        std::uint16_t type) {
    static_assert(std::is_sorted(forms.begin(), forms.end(),
                                 [](const form& a, const form& b) { return a.type < b.type; }));
    const auto known = std::lower_bound(forms.begin(), forms.end(), type,
                                        [](const form& f, std::uint16_t t) { return f.type < t; });
    if (known == forms.end() || known->type != type) {
        append_unknown_data(out, message.subspan(at, length));
        return true;
    }
    const std::size_t from = out.size();
    if (data_writer(out, message, at, length).write(known->pieces)) return true;
    out.resize(from);
    return false;
}

void append_unknown_data(std::string& out, common::bytes_view data) {
    out.append("\\# ");
    append_number(out, data.size());
    if (data.empty()) return;
    out.push_back(' ');
    append_hex(out, data, letters::lower);
}

} // namespace weir::session::dns
