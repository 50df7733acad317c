#include "flow/community_id.hpp"

#include <boost/uuid/detail/sha1.hpp>

#include "common/base64.hpp"

namespace weir::flow {

std::array<char, community_id_size> community_id(const key& of) {
    const event::endpoint low = of.end(true),
                          high = of.end(false); // the order that the specification asks for

    boost::uuids::detail::sha1 hash;
    const auto byte = [&](unsigned v) { hash.process_byte(static_cast<unsigned char>(v & 0xff)); };
    byte(0);
    byte(0);
    hash.process_bytes(low.ip.view().data(), low.ip.view().size());
    hash.process_bytes(high.ip.view().data(), high.ip.view().size());
    byte(static_cast<unsigned>(of.over()));
    byte(0);
    byte(low.port >> 8u);
    byte(low.port);
    byte(high.port >> 8u);
    byte(high.port);

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
