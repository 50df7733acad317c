// UDP (RFC 768).
#pragma once

#include "protocol/dissection.hpp"
#include "protocol/layout.hpp"

namespace weir::protocol {

struct udp {
    std::uint16_t src_port = 0, dst_port = 0, length = 8, checksum = 0;

    // RFC 768
    using header =
        layout<"udp", field<"src_port", &udp::src_port, 16, "source port">,
               field<"dst_port", &udp::dst_port, 16, "destination port">,
               field<"length", &udp::length, 16,
                     "header and payload, bytes; 0 in a jumbogram (RFC 2675) or before segmentation">,
               field<"checksum", &udp::checksum, 16, "checksum; 0 where the sender made none">>;
    static_assert(header::size == 8);
    static constexpr std::array keys{key{space::ip_number, 17}};

    static step dissect(dissection& d) noexcept {
        udp h;
        if (!header::parse(d.rest, h)) return d.too_short("udp", "udp.truncated", header::size);
        if (h.length != 0 && h.length < header::size)
            return d.malformed(
                {"udp.bad_length", "udp", d.offset + 4, "length", h.length, "is below", header::size});
        // the datagram stands, as far as the IP packet goes
        if (h.length > d.wire)
            d.out.wrong =
                problem{"udp.bad_length", "udp", d.offset + 4, "length", h.length, "is above", d.wire};
        if (h.length != 0) d.clamp(h.length);
        d.advance(header::size);
        d.out.ends.src_port = h.src_port;
        d.out.ends.dst_port = h.dst_port;
        d.out.ends.over = transport::udp;
        d.out.payload_length = static_cast<std::uint32_t>(d.wire);
        d.out.payload = d.rest;
        return step::end(disposition::udp);
    }
};

} // namespace weir::protocol
