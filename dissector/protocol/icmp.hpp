// ICMP (RFC 792) and ICMPv6 (RFC 4443): of errors, the packet that they quote. Other messages are only
// counted.
#pragma once

#include "protocol/dissection.hpp"
#include "protocol/layout.hpp"

namespace weir::protocol {

struct icmp {
    std::uint8_t type = 0, code = 0;
    std::uint16_t checksum = 0;
    std::uint32_t rest = 0;

    // RFC 792; RFC 4443 section 2.1
    using header = layout<"icmp", field<"type", &icmp::type, 8, "kind of message">,
                          field<"code", &icmp::code, 8, "depends on the type">,
                          field<"checksum", &icmp::checksum, 16, "checksum">,
                          field<"rest", &icmp::rest, 32, "depends on the type">>;
    static_assert(header::size == 8);
    static constexpr std::array keys{key{space::ip_number, 1}};

    static step dissect(dissection& d) noexcept;
};

struct icmpv6 {
    using header = icmp::header;
    static constexpr std::array keys{key{space::ip_number, 58}};

    static step dissect(dissection& d) noexcept;
};

} // namespace weir::protocol
