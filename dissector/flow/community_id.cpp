#include "flow/community_id.hpp"

#include <boost/uuid/detail/sha1.hpp>

#include "common/base64.hpp"

namespace weir::flow {

std::array<char, community_id_size> community_id(const common::ip_address& a, std::uint16_t a_port,
                                                 const common::ip_address& b, std::uint16_t b_port) {
    constexpr std::uint8_t tcp = 6;
    const bool a_first = a.bytes < b.bytes || (a.bytes == b.bytes && a_port < b_port);
    const common::ip_address& low = a_first ? a : b;
    const common::ip_address& high = a_first ? b : a;
    const std::uint16_t low_port = a_first ? a_port : b_port, high_port = a_first ? b_port : a_port;

    boost::uuids::detail::sha1 hash;
    const auto byte = [&](unsigned v) { hash.process_byte(static_cast<unsigned char>(v & 0xff)); };
    byte(0);
    byte(0);
    hash.process_bytes(low.view().data(), low.view().size());
    hash.process_bytes(high.view().data(), high.view().size());
    byte(tcp);
    byte(0);
    byte(low_port >> 8u);
    byte(low_port);
    byte(high_port >> 8u);
    byte(high_port);

    unsigned int words[5];
    hash.get_digest(words);
    std::array<std::uint8_t, 20> digest{};
    for (std::size_t i = 0; i < digest.size(); ++i)
        digest[i] = static_cast<std::uint8_t>(words[i / 4] >> (24 - 8 * (i % 4)));
    std::array<char, community_id_size> out{'1', ':'};
    common::write_base64(digest, std::span(out).subspan(2));
    return out;
}

} // namespace weir::flow
