#include "session/dns/option_text.hpp"

#include <algorithm>
#include <array>

#include "event/code.hpp"
#include "session/dns/name.hpp"
#include "session/dns/presentation.hpp"

namespace weir::session::dns {

namespace {

/// IANA: extended DNS error codes (RFC 8914).
struct extended_errors {
    static constexpr std::string_view unknown = "";
    static constexpr auto table = std::to_array<event::named_code>({
        {0, "Other"},
        {1, "Unsupported DNSKEY Algorithm"},
        {2, "Unsupported DS Digest Type"},
        {3, "Stale Answer"},
        {4, "Forged Answer"},
        {5, "DNSSEC Indeterminate"},
        {6, "DNSSEC Bogus"},
        {7, "Signature Expired"},
        {8, "Signature Not Yet Valid"},
        {9, "DNSKEY Missing"},
        {10, "RRSIGs Missing"},
        {11, "No Zone Key Bit Set"},
        {12, "NSEC Missing"},
        {13, "Cached Error"},
        {14, "Not Ready"},
        {15, "Blocked"},
        {16, "Censored"},
        {17, "Filtered"},
        {18, "Prohibited"},
        {19, "Stale NXDOMAIN Answer"},
        {20, "Not Authoritative"},
        {21, "Not Supported"},
        {22, "No Reachable Authority"},
        {23, "Network Error"},
        {24, "Invalid Data"},
        {25, "Signature Expired before Valid"},
        {26, "Too Early"},
        {27, "Unsupported NSEC3 Iterations Value"},
        {28, "Unable to conform to policy"},
        {29, "Synthesized"},
    });
};

/// RFC 7871 section 6: family, source and scope prefix length, the bytes of the address that matter.
void append_subnet(std::string& out, common::bytes_view data) {
    if (data.size() < 4) return;
    const auto family = common::load<std::uint16_t>(data, 0);
    const std::size_t size = family == 1 ? 4 : family == 2 ? 16 : 0;
    const common::bytes_view address = data.subspan(4);
    if (size == 0 || address.size() > size || data[2] > size * 8) return;
    std::array<std::uint8_t, 16> whole{};
    std::copy(address.begin(), address.end(), whole.begin());
    append_address(out, common::bytes_view(whole).first(size));
    for (const std::uint8_t prefix : {data[2], data[3]}) {
        out.push_back('/');
        append_number(out, prefix);
    }
}

void append_error(std::string& out, common::bytes_view data) {
    if (data.size() < 2) return;
    const event::code<extended_errors> code{common::load<std::uint16_t>(data, 0)};
    append_number(out, code.number);
    if (const std::string_view name = code.name(); !name.empty()) out.append(" (").append(name).append(")");
    if (data.size() > 2) out.append(": ").append(common::as_text(data.subspan(2)));
}

void append_key_tags(std::string& out, common::bytes_view data) {
    if (data.empty() || data.size() % 2 != 0) return;
    for (std::size_t i = 0; i < data.size(); i += 2) {
        if (i > 0) out.append(", ");
        append_number(out, common::load<std::uint16_t>(data, i));
    }
}

/// An interval of RFC 7828, in tenths of a second.
void append_keep_alive(std::string& out, common::bytes_view data) {
    if (data.size() != 2) return;
    const auto tenths = common::load<std::uint16_t>(data, 0);
    append_number(out, tenths / 10);
    out.push_back('.');
    append_number(out, tenths % 10);
    out.append(" secs");
}

} // namespace

void append_option_text(std::string& out, std::uint16_t code, common::bytes_view data) {
    switch (code) {
    case 8:
        return append_subnet(out, data);
    case 9:
        if (data.size() == 4) append_number(out, common::load<std::uint32_t>(data, 0));
        return;
    case 10:
        return append_hex(out, data, letters::lower);
    case 11:
        return append_keep_alive(out, data);
    case 14:
        return append_key_tags(out, data);
    case 15:
        return append_error(out, data);
    case 18: {
        const std::size_t from = out.size();
        if (append_name(out, data, 0).wrong) out.resize(from);
        return;
    }
    default:
        return;
    }
}

} // namespace weir::session::dns
