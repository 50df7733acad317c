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

} // namespace

void decode(packet& out, std::uint32_t link_type, common::bytes_view data,
            std::size_t original_length) noexcept {
    out.clear();
    dissection d{out, data, std::max(original_length, data.size())};
    key next{space::link_type, link_type};
    for (unsigned depth = 0; depth < limits::layers; ++depth) {
        step s;
        if (!registry::dissect(next, d, s)) {
            out.what = unknown(next.in);
            return;
        }
        if (s.then == step::kind::end) {
            out.what = s.what;
            return;
        }
        // IP in IP: the inner addresses replace the outer ones, which become part of the encapsulation
        if (s.to.in == space::ip_number && (s.to.number == 4 || s.to.number == 41)) d.wrap(s.to.number);
        next = s.to;
    }
    out.what = disposition::too_deep;
    out.wrong = problem{"packet.too_deep", "packet",          d.offset,      "header count",
                        limits::layers,    "is the limit of", limits::layers};
}

} // namespace weir::protocol
