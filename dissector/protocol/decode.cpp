#include "protocol/decode.hpp"

#include "protocol/registry.hpp"

namespace weir::protocol {

namespace {

/// A number that no protocol of ours claims, by the space it is from.
disposition unknown(space in) noexcept {
    switch (in) {
    case space::link_type:
        return disposition::unknown_link_type;
    case space::ip_number:
        return disposition::other_protocol;
    case space::ethertype:
    case space::llc:
    case space::ppp:
    case space::ip_version:
        break;
    }
    return disposition::not_ip;
}

void walk(dissection& d, key next) noexcept {
    for (unsigned depth = 0; depth < limits::layers; ++depth) {
        step s;
        if (!registry::dissect(next, d, s)) {
            d.out.what = unknown(next.in);
            return;
        }
        if (s.then == step::kind::end) {
            d.out.what = s.what;
            return;
        }
        // IP in IP: the inner addresses replace the outer ones, which become part of the encapsulation
        if (s.to.in == space::ip_number && (s.to.number == 4 || s.to.number == 41)) d.wrap(s.to.number);
        next = s.to;
    }
    d.out.what = disposition::too_deep;
    d.out.wrong = problem{"packet.too_deep", "packet",          d.offset,      "header count",
                          limits::layers,    "is the limit of", limits::layers};
}

} // namespace

void decode(packet& out, std::uint32_t link_type, common::bytes_view data,
            std::size_t original_length) noexcept {
    out.clear();
    dissection d{out, data, std::max(original_length, data.size())};
    walk(d, {space::link_type, link_type});
}

void decode_payload(packet& out, std::uint8_t ip_number, common::bytes_view data,
                    std::size_t original_length) noexcept {
    const packet_ends ends = out.ends;
    const common::bytes_view network = out.network;
    const std::uint32_t link_interface = out.link_interface;
    out.clear();
    out.ends = ends;
    out.network = network;
    out.link_interface = link_interface;
    dissection d{out, data, std::max(original_length, data.size())};
    if (ip_number == 4 || ip_number == 41) d.wrap(ip_number);
    walk(d, {space::ip_number, ip_number});
}

} // namespace weir::protocol
