// TCP (RFC 9293): the header and its options.
#pragma once

#include "protocol/dissection.hpp"
#include "protocol/layout.hpp"

namespace weir::protocol {

struct tcp {
    std::uint16_t src_port = 0, dst_port = 0, flags = 0, window = 0, checksum = 0, urgent = 0;
    std::uint32_t seq = 0, ack = 0;
    std::uint8_t header_words = 5;

    // RFC 9293 section 3.1
    using header = layout<"tcp", field<"src_port", &tcp::src_port, 16, "source port">,
                          field<"dst_port", &tcp::dst_port, 16, "destination port">,
                          field<"seq", &tcp::seq, 32, "sequence number of the first byte">,
                          field<"ack", &tcp::ack, 32, "next sequence number expected from the other side">,
                          field<"header_words", &tcp::header_words, 4, "header length in 32-bit words">,
                          field<"flags", &tcp::flags, 12, "control bits, the reserved ones included">,
                          field<"window", &tcp::window, 16, "receive window, not scaled">,
                          field<"checksum", &tcp::checksum, 16, "checksum">,
                          field<"urgent", &tcp::urgent, 16, "urgent pointer">>;
    static_assert(header::size == 20);
    static constexpr std::array keys{key{space::ip_number, 6}};

    static step dissect(dissection& d) noexcept;
};

} // namespace weir::protocol
