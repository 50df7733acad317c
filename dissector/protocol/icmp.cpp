#include "protocol/icmp.hpp"

#include "protocol/ipv4.hpp"
#include "protocol/ipv6.hpp"

namespace weir::protocol {

namespace {

/// RFC 792 and the IANA registry "ICMP Type Numbers"; nothing where the type is no error.
std::string_view kind_v4(std::uint8_t type, std::uint8_t code) noexcept {
    constexpr std::array<std::string_view, 16> unreachable{"network_unreachable",
                                                           "host_unreachable",
                                                           "protocol_unreachable",
                                                           "port_unreachable",
                                                           "fragmentation_needed",
                                                           "source_route_failed",
                                                           "network_unknown",
                                                           "host_unknown",
                                                           "source_host_isolated",
                                                           "administratively_prohibited",
                                                           "administratively_prohibited",
                                                           "network_unreachable_for_service",
                                                           "host_unreachable_for_service",
                                                           "administratively_prohibited",
                                                           "host_precedence_violation",
                                                           "precedence_cutoff"};
    switch (type) {
    case 3:
        return code < unreachable.size() ? unreachable[code] : "destination_unreachable";
    case 4:
        return "source_quench";
    case 5:
        return "redirect";
    case 11:
        return code == 0 ? "ttl_exceeded" : "reassembly_time_exceeded";
    case 12:
        return "parameter_problem";
    default:
        return {};
    }
}

/// RFC 4443 section 2.1: types below 128 are errors.
std::string_view kind_v6(std::uint8_t type, std::uint8_t code) noexcept {
    constexpr std::array<std::string_view, 7> unreachable{
        "network_unreachable", "administratively_prohibited", "beyond_scope",  "host_unreachable",
        "port_unreachable",    "source_address_failed",       "route_rejected"};
    switch (type) {
    case 1:
        return code < unreachable.size() ? unreachable[code] : "destination_unreachable";
    case 2:
        return "packet_too_big";
    case 3:
        return code == 0 ? "ttl_exceeded" : "reassembly_time_exceeded";
    case 4:
        return "parameter_problem";
    default:
        return type < 128 ? "unknown_error" : std::string_view{};
    }
}

/// The beginning of a TCP or UDP header: all that an error must quote of it (RFC 792).
bool read_ports(common::bytes_view b, std::uint32_t number, packet_ends& out) noexcept {
    const bool known = number == static_cast<std::uint32_t>(transport::tcp) ||
                       number == static_cast<std::uint32_t>(transport::udp);
    if (!known || b.size() < 4) return false;
    out.over = static_cast<transport>(number);
    out.src_port = common::load<std::uint16_t>(b, 0);
    out.dst_port = common::load<std::uint16_t>(b, 2);
    return true;
}

bool read_quoted_v4(common::bytes_view b, packet_ends& out) noexcept {
    ipv4 h;
    if (!ipv4::header::parse(b, h) || h.version != 4 || h.fragment_offset != 0) return false;
    const std::size_t size = std::size_t{h.header_words} * 4;
    if (size < ipv4::header::size || size > b.size()) return false;
    out.src = common::ip_address::v4(h.src);
    out.dst = common::ip_address::v4(h.dst);
    return read_ports(common::slice(b, size), h.number, out);
}

bool read_quoted_v6(common::bytes_view b, packet_ends& out) noexcept {
    ipv6 h;
    if (!ipv6::header::parse(b, h) || h.version != 6) return false;
    out.src = common::ip_address::v6(h.src);
    out.dst = common::ip_address::v6(h.dst);
    std::uint8_t number = h.next_header;
    b = common::slice(b, ipv6::header::size);
    const auto is_extension = [](std::uint8_t n) {
        for (const key k : ipv6_extension::keys)
            if (k.number == n) return true;
        return false;
    };
    for (ipv6_extension e; is_extension(number) && ipv6_extension::header::parse(b, e);) {
        number = e.next_header;
        b = common::slice(b, (std::size_t{e.length} + 1) * 8);
    }
    ipv6_fragment f;
    if (number == ipv6_fragment::keys[0].number && ipv6_fragment::header::parse(b, f)) {
        if (f.fragment_offset != 0) return false;
        number = f.next_header;
        b = common::slice(b, ipv6_fragment::header::size);
    }
    return read_ports(b, number, out);
}

/// What both have in common. An error whose quotation does not tell a flow is counted as any other message.
step dissect_as(dissection& d, std::string_view layer, std::string_view too_short,
                std::string_view (*kind_of)(std::uint8_t, std::uint8_t),
                bool (*read_quoted)(common::bytes_view, packet_ends&), std::string_view with_mtu) noexcept {
    icmp h;
    if (!icmp::header::parse(d.rest, h)) return d.too_short(layer, too_short, icmp::header::size);
    icmp_error e;
    e.kind = kind_of(h.type, h.code);
    e.type = h.type;
    e.code = h.code;
    e.quoted.tags = d.out.ends.tags;
    e.quoted.encapsulation = d.out.ends.encapsulation;
    if (!e.kind.empty() && read_quoted(common::slice(d.rest, icmp::header::size), e.quoted)) {
        // RFC 1191 section 4: 0 where the router does not say
        if (e.kind == with_mtu && h.rest != 0) e.mtu = h.rest;
        d.out.icmp = e;
    }
    return step::end(disposition::icmp);
}

} // namespace

step icmp::dissect(dissection& d) noexcept {
    return dissect_as(d, "icmp", "icmp.truncated", kind_v4, read_quoted_v4, "fragmentation_needed");
}

step icmpv6::dissect(dissection& d) noexcept {
    return dissect_as(d, "icmpv6", "icmpv6.truncated", kind_v6, read_quoted_v6, "packet_too_big");
}

} // namespace weir::protocol
