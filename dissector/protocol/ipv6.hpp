// IPv6 and its extension headers (RFC 8200).
#pragma once

#include "protocol/dissection.hpp"
#include "protocol/layout.hpp"

namespace weir::protocol {

struct ipv6 {
    std::uint8_t version = 6, traffic_class = 0, next_header = 6, hop_limit = 64;
    std::uint32_t flow_label = 0;
    std::uint16_t payload_length = 0;
    std::array<std::uint8_t, 16> src{}, dst{};

    // RFC 8200 section 3
    using header =
        layout<"ipv6", field<"version", &ipv6::version, 4, "6">,
               field<"traffic_class", &ipv6::traffic_class, 8, "DSCP and ECN">,
               field<"flow_label", &ipv6::flow_label, 20, "flow label (RFC 6437)">,
               field<"payload_length", &ipv6::payload_length, 16,
                     "what follows, bytes; 0 in a jumbogram or before segmentation">,
               field<"next_header", &ipv6::next_header, 8, "protocol or extension header that follows">,
               field<"hop_limit", &ipv6::hop_limit, 8, "hops left">,
               field<"src", &ipv6::src, 128, "source address">,
               field<"dst", &ipv6::dst, 128, "destination address">>;
    static_assert(header::size == 40);
    static constexpr std::array keys{key{space::ethertype, 0x86dd}, key{space::ip_version, 6},
                                     key{space::link_type, 229}, key{space::ip_number, 41}};

    static step dissect(dissection& d) noexcept {
        ipv6 h;
        if (!header::parse(d.rest, h)) return d.too_short("ipv6", "ipv6.truncated", header::size);
        if (h.version != 6)
            return d.malformed({"ipv6.bad_version", "ipv6", d.offset, "version", h.version, "is not", 6});
        if (h.payload_length != 0) d.clamp(header::size + h.payload_length);
        d.reach_network();
        d.advance(header::size);
        d.out.ends.src = common::ip_address::v6(h.src);
        d.out.ends.dst = common::ip_address::v6(h.dst);
        return step::next(space::ip_number, h.next_header);
    }
};

/// Hop-by-hop and destination options, routing and mobility headers: they share one shape.
struct ipv6_extension {
    std::uint8_t next_header = 0, length = 0;

    // RFC 8200 sections 4.3, 4.4, 4.6; RFC 6275 section 6.1
    using header =
        layout<"ipv6_extension", field<"next_header", &ipv6_extension::next_header, 8, "what follows">,
               field<"length", &ipv6_extension::length, 8, "in units of eight bytes, the first not counted">>;
    static_assert(header::size == 2);
    static constexpr std::array keys{key{space::ip_number, 0}, key{space::ip_number, 43},
                                     key{space::ip_number, 60}, key{space::ip_number, 135}};

    static step dissect(dissection& d) noexcept {
        ipv6_extension h;
        const bool whole = header::parse(d.rest, h);
        const std::size_t size = (std::size_t{h.length} + 1) * 8;
        if (!whole || d.rest.size() < size) return d.too_short("ipv6", "ipv6.extension_truncated", size);
        d.advance(size);
        return step::next(space::ip_number, h.next_header);
    }
};

struct ipv6_fragment {
    std::uint8_t next_header = 0, reserved = 0, reserved_low = 0, more = 0;
    std::uint16_t fragment_offset = 0;
    std::uint32_t id = 0;

    // RFC 8200 section 4.5
    using header =
        layout<"ipv6_fragment",
               field<"next_header", &ipv6_fragment::next_header, 8, "what follows in the whole packet">,
               field<"reserved", &ipv6_fragment::reserved, 8, "zero">,
               field<"fragment_offset", &ipv6_fragment::fragment_offset, 13, "in units of eight bytes">,
               field<"reserved_low", &ipv6_fragment::reserved_low, 2, "zero">,
               field<"more", &ipv6_fragment::more, 1, "1 but on the last fragment">,
               field<"id", &ipv6_fragment::id, 32, "identification of fragments">>;
    static_assert(header::size == 8);
    static constexpr std::array keys{key{space::ip_number, 44}};

    static step dissect(dissection& d) noexcept {
        ipv6_fragment h;
        if (!header::parse(d.rest, h)) return d.too_short("ipv6", "ipv6.fragment_truncated", header::size);
        d.advance(header::size);
        if (h.fragment_offset != 0 || h.more != 0)
            return d.end_in_fragment(h.id, h.fragment_offset, h.next_header, h.more != 0);
        return step::next(space::ip_number, h.next_header); // an atomic fragment, RFC 6946
    }
};

struct authentication {
    std::uint8_t next_header = 0, length = 0;
    std::uint16_t reserved = 0;
    std::uint32_t index = 0, sequence = 0;

    // RFC 4302 section 2, without the integrity value
    using header = layout<
        "authentication", field<"next_header", &authentication::next_header, 8, "what follows">,
        field<"length", &authentication::length, 8, "in units of four bytes, the first two not counted">,
        field<"reserved", &authentication::reserved, 16, "zero">,
        field<"index", &authentication::index, 32, "security parameters index">,
        field<"sequence", &authentication::sequence, 32, "sequence number">>;
    static_assert(header::size == 12);
    static constexpr std::array keys{key{space::ip_number, 51}};

    static step dissect(dissection& d) noexcept {
        authentication h;
        const bool whole = header::parse(d.rest, h);
        const std::size_t size = (std::size_t{h.length} + 2) * 4;
        if (!whole || d.rest.size() < size || size < header::size)
            return d.too_short("authentication", "authentication.truncated", std::max(size, header::size));
        d.advance(size);
        return step::next(space::ip_number, h.next_header);
    }
};

} // namespace weir::protocol
