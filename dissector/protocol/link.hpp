// Link layers: Ethernet and its tags, LLC/SNAP, Linux cooked captures, BSD loopback, PPP and raw IP. They
// only lead to IP; what they carry besides is counted, not guessed.
#pragma once

#include "protocol/dissection.hpp"
#include "protocol/layout.hpp"

namespace weir::protocol {

inline constexpr std::uint32_t smallest_ethertype = 0x0600; // IEEE 802.3: below it, a length

struct ethernet {
    std::array<std::uint8_t, 6> dst{}, src{};
    std::uint16_t type = 0;

    // IEEE 802.3 clause 3
    using header = layout<"ethernet", field<"dst", &ethernet::dst, 48, "destination address">,
                          field<"src", &ethernet::src, 48, "source address">,
                          field<"type", &ethernet::type, 16, "EtherType, or below 1536 a length">>;
    static_assert(header::size == 14);
    static constexpr std::array keys{key{space::link_type, 1}};

    static step dissect(dissection& d) noexcept {
        ethernet h;
        if (!header::parse(d.rest, h)) return d.too_short("ethernet", "ethernet.truncated", header::size);
        d.advance(header::size);
        if (h.type >= smallest_ethertype) return step::next(space::ethertype, h.type);
        d.clamp(h.type);
        return step::next(space::llc, 0);
    }
};

struct vlan {
    std::uint8_t priority = 0, drop_eligible = 0;
    std::uint16_t id = 0, type = 0;

    // IEEE 802.1Q clause 9
    using header = layout<"vlan", field<"priority", &vlan::priority, 3, "priority code point">,
                          field<"drop_eligible", &vlan::drop_eligible, 1, "drop eligible indicator">,
                          field<"id", &vlan::id, 12, "VLAN identifier">,
                          field<"type", &vlan::type, 16, "EtherType of what follows">>;
    static_assert(header::size == 4);
    static constexpr std::array keys{key{space::ethertype, 0x8100}, key{space::ethertype, 0x88a8},
                                     key{space::ethertype, 0x9100}};

    static step dissect(dissection& d) noexcept {
        vlan h;
        if (!header::parse(d.rest, h)) return d.too_short("vlan", "vlan.truncated", header::size);
        d.advance(header::size);
        d.tag(h.id);
        if (h.type >= smallest_ethertype) return step::next(space::ethertype, h.type);
        d.clamp(h.type);
        return step::next(space::llc, 0);
    }
};

struct snap {
    std::uint8_t dsap = 0, ssap = 0, control = 0;
    std::uint32_t organisation = 0;
    std::uint16_t type = 0;

    // IEEE 802 clause 9.2.4, RFC 1042
    using header = layout<"snap", field<"dsap", &snap::dsap, 8, "destination service access point">,
                          field<"ssap", &snap::ssap, 8, "source service access point">,
                          field<"control", &snap::control, 8, "control">,
                          field<"organisation", &snap::organisation, 24, "organisation code">,
                          field<"type", &snap::type, 16, "EtherType when the organisation code is zero">>;
    static_assert(header::size == 8);
    static constexpr std::array keys{key{space::llc, 0}};

    static step dissect(dissection& d) noexcept {
        snap h;
        if (!header::parse(d.rest, h) || h.dsap != 0xaa || h.ssap != 0xaa || h.organisation != 0)
            return step::end(disposition::not_ip);
        d.advance(header::size);
        return step::next(space::ethertype, h.type);
    }
};

struct sll {
    std::uint16_t packet_type = 0, hardware = 0, address_length = 0;
    std::array<std::uint8_t, 8> address{};
    std::uint16_t type = 0;

    // https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html
    using header = layout<"sll",
                          field<"packet_type", &sll::packet_type, 16,
                                "0 to us, 1 broadcast, 2 multicast, 3 to others, 4 from us">,
                          field<"hardware", &sll::hardware, 16, "ARPHRD_ type of the interface">,
                          field<"address_length", &sll::address_length, 16, "bytes of the address in use">,
                          field<"address", &sll::address, 64, "link-layer address of the sender">,
                          field<"type", &sll::type, 16, "EtherType">>;
    static_assert(header::size == 16);
    static constexpr std::array keys{key{space::link_type, 113}};

    static step dissect(dissection& d) noexcept {
        sll h;
        if (!header::parse(d.rest, h)) return d.too_short("sll", "sll.truncated", header::size);
        d.advance(header::size);
        return step::next(h.type == 4 ? space::llc : space::ethertype, h.type == 4 ? 0 : h.type);
    }
};

struct sll2 {
    std::uint16_t type = 0, reserved = 0;
    std::uint32_t interface = 0;
    std::uint16_t hardware = 0;
    std::uint8_t packet_type = 0, address_length = 0;
    std::array<std::uint8_t, 8> address{};

    // https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html
    using header = layout<"sll2", field<"type", &sll2::type, 16, "EtherType">,
                          field<"reserved", &sll2::reserved, 16, "zero">,
                          field<"interface", &sll2::interface, 32, "interface index">,
                          field<"hardware", &sll2::hardware, 16, "ARPHRD_ type of the interface">,
                          field<"packet_type", &sll2::packet_type, 8,
                                "0 to us, 1 broadcast, 2 multicast, 3 to others, 4 from us">,
                          field<"address_length", &sll2::address_length, 8, "bytes of the address in use">,
                          field<"address", &sll2::address, 64, "link-layer address of the sender">>;
    static_assert(header::size == 20);
    static constexpr std::array keys{key{space::link_type, 276}};

    static step dissect(dissection& d) noexcept {
        sll2 h;
        if (!header::parse(d.rest, h)) return d.too_short("sll2", "sll2.truncated", header::size);
        d.out.link_interface = h.interface;
        d.advance(header::size);
        return step::next(h.type == 4 ? space::llc : space::ethertype, h.type == 4 ? 0 : h.type);
    }
};

struct loopback {
    std::uint32_t family = 0;

    // https://www.tcpdump.org/linktypes.html: LINKTYPE_NULL in the byte order of the capturing host,
    // LINKTYPE_LOOP in network byte order
    using header = layout<"loopback", field<"family", &loopback::family, 32, "address family">>;
    static_assert(header::size == 4);
    static constexpr std::array keys{key{space::link_type, 0}, key{space::link_type, 108}};

    static step dissect(dissection& d) noexcept {
        loopback h;
        if (!header::parse(d.rest, h)) return d.too_short("loopback", "loopback.truncated", header::size);
        d.advance(header::size);
        const std::uint32_t family = h.family > 0xffff ? __builtin_bswap32(h.family) : h.family;
        switch (family) {
        case 2:
            return step::next(space::ip_version, 4);
        case 10:
        case 24:
        case 28:
        case 30:
            return step::next(space::ip_version, 6); // AF_INET6 of Linux and the BSDs
        default:
            return step::end(disposition::not_ip);
        }
    }
};

struct ppp {
    // RFC 1661, RFC 1662: address and control may be compressed away, the protocol to one byte
    static constexpr std::array keys{key{space::link_type, 9}, key{space::link_type, 50}, key{space::ppp, 0}};

    static step dissect(dissection& d) noexcept {
        if (d.rest.size() >= 2 && d.rest[0] == 0xff && d.rest[1] == 0x03) d.advance(2);
        if (d.rest.size() < 2) return d.too_short("ppp", "ppp.truncated", 2);
        const bool compressed = (d.rest[0] & 1) != 0;
        const auto number = compressed ? std::uint16_t{d.rest[0]} : common::load<std::uint16_t>(d.rest, 0);
        d.advance(compressed ? 1 : 2);
        if (number == 0x0021) return step::next(space::ip_version, 4);
        if (number == 0x0057) return step::next(space::ip_version, 6);
        return step::end(disposition::not_ip);
    }
};

struct pppoe {
    std::uint8_t version = 0, type = 0, code = 0;
    std::uint16_t session = 0, length = 0;

    // RFC 2516 section 4
    using header =
        layout<"pppoe", field<"version", &pppoe::version, 4, "1">, field<"type", &pppoe::type, 4, "1">,
               field<"code", &pppoe::code, 8, "0 in session stage">,
               field<"session", &pppoe::session, 16, "session identifier">,
               field<"length", &pppoe::length, 16, "payload, bytes">>;
    static_assert(header::size == 6);
    static constexpr std::array keys{key{space::ethertype, 0x8864}};

    static step dissect(dissection& d) noexcept {
        pppoe h;
        if (!header::parse(d.rest, h)) return d.too_short("pppoe", "pppoe.truncated", header::size);
        d.advance(header::size);
        d.clamp(h.length);
        d.wrap(h.session);
        return step::next(space::ppp, 0);
    }
};

struct mpls {
    std::uint32_t label = 0;
    std::uint8_t traffic_class = 0, bottom = 0, ttl = 0;

    // RFC 3032 section 2.1
    using header = layout<"mpls", field<"label", &mpls::label, 20, "label value">,
                          field<"traffic_class", &mpls::traffic_class, 3, "traffic class (RFC 5462)">,
                          field<"bottom", &mpls::bottom, 1, "1 on the last entry of the stack">,
                          field<"ttl", &mpls::ttl, 8, "time to live">>;
    static_assert(header::size == 4);
    static constexpr std::array keys{key{space::ethertype, 0x8847}, key{space::ethertype, 0x8848}};

    static step dissect(dissection& d) noexcept {
        mpls h;
        if (!header::parse(d.rest, h)) return d.too_short("mpls", "mpls.truncated", header::size);
        d.advance(header::size);
        if (h.bottom == 0) return step::next(space::ethertype, 0x8847);
        return step::next(space::link_type, 101); // the stack does not say; the version nibble does
    }
};

/// No link header at all: the version nibble of IP decides.
struct raw_ip {
    // https://www.tcpdump.org/linktypes.html: LINKTYPE_RAW, and the DLT_RAW values of BSD systems
    static constexpr std::array keys{key{space::link_type, 101}, key{space::link_type, 12},
                                     key{space::link_type, 14}};

    static step dissect(dissection& d) noexcept {
        if (d.rest.empty()) return d.too_short("raw_ip", "raw_ip.truncated", 1);
        return step::next(space::ip_version, d.rest[0] >> 4);
    }
};

} // namespace weir::protocol
