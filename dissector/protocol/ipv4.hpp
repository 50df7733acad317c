// IPv4 (RFC 791).
#pragma once

#include "protocol/dissection.hpp"
#include "protocol/layout.hpp"

namespace weir::protocol {

struct ipv4 {
    std::uint8_t version = 4, header_words = 5, tos = 0, flags = 0, ttl = 64, number = 6;
    std::uint16_t total_length = 20, id = 0, fragment_offset = 0, checksum = 0;
    std::array<std::uint8_t, 4> src{}, dst{};

    // RFC 791 section 3.1
    using header = layout<"ipv4", field<"version", &ipv4::version, 4, "4">,
                          field<"header_words", &ipv4::header_words, 4, "header length in 32-bit words">,
                          field<"tos", &ipv4::tos, 8, "DSCP and ECN (RFC 2474, RFC 3168)">,
                          field<"total_length", &ipv4::total_length, 16,
                                "header and payload, bytes; 0 where the sender's interface segments">,
                          field<"id", &ipv4::id, 16, "identification of fragments">,
                          field<"flags", &ipv4::flags, 3, "reserved, don't fragment, more fragments">,
                          field<"fragment_offset", &ipv4::fragment_offset, 13, "in units of eight bytes">,
                          field<"ttl", &ipv4::ttl, 8, "time to live">,
                          field<"number", &ipv4::number, 8, "protocol of the payload">,
                          field<"checksum", &ipv4::checksum, 16, "header checksum">,
                          field<"src", &ipv4::src, 32, "source address">,
                          field<"dst", &ipv4::dst, 32, "destination address">>;
    static_assert(header::size == 20);
    static constexpr std::array keys{key{space::ethertype, 0x0800}, key{space::ip_version, 4},
                                     key{space::link_type, 228}, key{space::ip_number, 4}};
    static constexpr std::uint8_t more_fragments = 1;

    static step dissect(dissection& d) noexcept {
        ipv4 h;
        if (!header::parse(d.rest, h)) return d.too_short("ipv4", "ipv4.truncated", header::size);
        if (h.version != 4)
            return d.malformed({"ipv4.bad_version", "ipv4", d.offset, "version", h.version, "is not", 4});
        const std::size_t size = std::size_t{h.header_words} * 4;
        if (size < header::size)
            return d.malformed({"ipv4.bad_header_length", "ipv4", d.offset, "header length", size, "is below",
                                header::size});
        if (h.total_length != 0 && h.total_length < size)
            return d.malformed({"ipv4.bad_total_length", "ipv4", d.offset + 2, "total length", h.total_length,
                                "is below the header length", size});
        if (h.total_length != 0) d.clamp(h.total_length);
        if (d.rest.size() < size) return d.too_short("ipv4", "ipv4.truncated", size);
        d.reach_network();
        d.advance(size);
        d.out.ends.src = common::ip_address::v4(h.src);
        d.out.ends.dst = common::ip_address::v4(h.dst);
        const bool more = (h.flags & more_fragments) != 0;
        if (h.fragment_offset != 0 || more) return d.end_in_fragment(h.id, h.fragment_offset, h.number, more);
        return step::next(space::ip_number, h.number);
    }
};

} // namespace weir::protocol
