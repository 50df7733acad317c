// A header made up for the test: a version and the EtherType of what follows.
#pragma once

#include "protocol/dissection.hpp"
#include "protocol/layout.hpp"

namespace weir::protocol {

struct greeting {
    std::uint8_t version = 0;
    std::uint16_t type = 0;

    using header = layout<"greeting", field<"version", &greeting::version, 8, "always 1">,
                          field<"type", &greeting::type, 16, "EtherType of what follows">>;
    static_assert(header::size == 3);
    static constexpr std::array keys{key{space::ethertype, 0x88b5}}; // IEEE 802, for local experiments

    static step dissect(dissection& d) noexcept {
        greeting h;
        if (!header::parse(d.rest, h)) return d.too_short("greeting", "greeting.truncated", header::size);
        d.advance(header::size);
        return step::next(space::ethertype, h.type);
    }
};

} // namespace weir::protocol
