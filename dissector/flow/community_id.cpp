#include "flow/community_id.hpp"

#include <cstring>
#include <nettle/sha1.h>

#include "common/base64.hpp"

namespace weir::flow {

namespace {

/// What is hashed, in the order that the specification asks for; at most two IPv6 addresses long.
class flow_tuple {
public:
    void add(std::span<const std::uint8_t> bytes) noexcept {
        std::memcpy(bytes_.data() + size_, bytes.data(), bytes.size());
        size_ += bytes.size();
    }
    void add(std::uint8_t high, std::uint8_t low) noexcept { add(std::array{high, low}); }
    void add_port(std::uint16_t port) noexcept {
        add(static_cast<std::uint8_t>(port >> 8), static_cast<std::uint8_t>(port & 0xff));
    }
    [[nodiscard]] std::span<const std::uint8_t> view() const noexcept { return {bytes_.data(), size_}; }

private:
    std::array<std::uint8_t, 2 + 16 + 16 + 2 + 2 + 2> bytes_;
    std::size_t size_ = 0;
};

} // namespace

std::array<char, community_id_size> community_id(const key& of) {
    const event::endpoint low = of.end(true), high = of.end(false);
    flow_tuple tuple;
    tuple.add(0, 0); // the seed
    tuple.add(low.ip.view());
    tuple.add(high.ip.view());
    tuple.add(static_cast<std::uint8_t>(of.over()), 0);
    tuple.add_port(low.port);
    tuple.add_port(high.port);

    sha1_ctx hash;
    sha1_init(&hash);
    sha1_update(&hash, tuple.view().size(), tuple.view().data());
    std::array<std::uint8_t, SHA1_DIGEST_SIZE> digest;
    sha1_digest(&hash, digest.size(), digest.data());

    std::array<char, community_id_size> out{'1', ':'};
    common::write_base64(digest, std::span(out).subspan(2));
    return out;
}

} // namespace weir::flow
