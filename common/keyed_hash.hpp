// SipHash-1-3 (Aumasson, Bernstein: "SipHash: a fast short-input PRF"; the rounds that Rust and Python use
// for tables) over 64-bit words, for hash tables that are indexed by what came off the wire. A peer that does
// not know the key cannot choose inputs that collide.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>

namespace weir::common {

class keyed_hash {
public:
    constexpr explicit keyed_hash(const std::array<std::uint64_t, 2>& key) noexcept
        : key_(key) {}

    [[nodiscard]] constexpr std::uint64_t operator()(std::span<const std::uint64_t> words) const noexcept {
        state s{key_[0] ^ 0x736f6d6570736575, key_[1] ^ 0x646f72616e646f6d, key_[0] ^ 0x6c7967656e657261,
                key_[1] ^ 0x7465646279746573};
        for (const std::uint64_t word : words) s.absorb(word);
        s.absorb(static_cast<std::uint64_t>(words.size() * 8) << 56);
        s.v2 ^= 0xff;
        s.round();
        s.round();
        s.round();
        return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
    }

private:
    struct state {
        std::uint64_t v0, v1, v2, v3;
        constexpr void round() noexcept {
            v0 += v1;
            v1 = std::rotl(v1, 13) ^ v0;
            v0 = std::rotl(v0, 32);
            v2 += v3;
            v3 = std::rotl(v3, 16) ^ v2;
            v0 += v3;
            v3 = std::rotl(v3, 21) ^ v0;
            v2 += v1;
            v1 = std::rotl(v1, 17) ^ v2;
            v2 = std::rotl(v2, 32);
        }
        constexpr void absorb(std::uint64_t word) noexcept {
            v3 ^= word;
            round();
            v0 ^= word;
        }
    };

    std::array<std::uint64_t, 2> key_;
};

} // namespace weir::common
