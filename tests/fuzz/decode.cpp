// Packet decoding over arbitrary bytes: the first byte chooses the link type, the second how much was cut.
// Whatever comes, the answer's views lie inside the packet.
#include <cstddef>
#include <cstdint>

#include "protocol/decode.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weir;
    constexpr std::uint32_t links[] = {1, 113, 276, 0, 108, 101, 9, 228, 229, 12, 14, 50, 147};
    if (size < 2) return 0;
    const common::bytes_view packet = common::bytes_view(data, size).subspan(2);
    protocol::packet p;
    protocol::decode(p, links[data[0] % std::size(links)], packet, packet.size() + data[1]);
    common::check(p.payload.size() <= packet.size(), "payload lies in the packet");
    common::check(p.payload.size() <= p.payload_length, "captured payload is a part of the payload");
    common::check(p.what != protocol::disposition::malformed || p.wrong.has_value(), "malformed says why");
    return 0;
}
