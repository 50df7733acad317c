// The header of a frame (RFC 6455 section 5.2), and whether it may be one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "common/bytes.hpp"

namespace weir::session::websocket {

/// RFC 6455 section 11.8; the others are reserved.
enum class opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

inline constexpr std::size_t header_bytes = 14; ///< of the longest header
inline constexpr std::uint64_t most_in_control = 125;

using mask_key = std::array<std::uint8_t, 4>;

struct frame_header {
    bool is_final = false;
    std::uint8_t reserved = 0; ///< RSV1 is 4, RSV2 2, RSV3 1
    std::uint8_t code = 0;     ///< an opcode, or none
    std::uint64_t length = 0;  ///< of the payload
    std::optional<mask_key> mask;
    std::uint8_t size = 0; ///< of the header itself
    bool is_minimal = true;

    [[nodiscard]] bool is(opcode o) const noexcept { return code == static_cast<std::uint8_t>(o); }
    [[nodiscard]] bool is_control() const noexcept {
        return code >= static_cast<std::uint8_t>(opcode::close);
    }
    [[nodiscard]] bool is_known() const noexcept {
        return code <= static_cast<std::uint8_t>(opcode::binary) ||
               (is_control() && code <= static_cast<std::uint8_t>(opcode::pong));
    }
    /// Below 2^63.
    [[nodiscard]] bool has_valid_length() const noexcept { return length >> 63 == 0; }
};

inline constexpr std::uint8_t rsv1 = 4;

/// Nothing where `bytes` ends before the header does. Any bytes are a header; whether they may be one is for
/// the caller to judge.
[[nodiscard]] inline std::optional<frame_header> read_header(common::bytes_view bytes) noexcept {
    constexpr std::uint8_t in_16_bits = 126, in_64_bits = 127;
    common::cursor in(bytes);
    std::uint8_t first = 0, second = 0;
    if (!in.read(first) || !in.read(second)) return std::nullopt;
    frame_header h;
    h.is_final = (first & 0x80) != 0;
    h.reserved = first >> 4 & 7;
    h.code = first & 0x0f;
    h.length = second & 0x7f;
    if (h.length == in_16_bits) {
        std::uint16_t length = 0;
        if (!in.read(length)) return std::nullopt;
        h.length = length;
        h.is_minimal = length >= in_16_bits;
    } else if (h.length == in_64_bits) {
        if (!in.read(h.length)) return std::nullopt;
        h.is_minimal = h.length > 0xffff;
    }
    if ((second & 0x80) != 0) {
        common::bytes_view key;
        if (!in.take(std::tuple_size_v<mask_key>, key)) return std::nullopt;
        std::copy(key.begin(), key.end(), h.mask.emplace().begin());
    }
    h.size = static_cast<std::uint8_t>(bytes.size() - in.size());
    return h;
}

/// `from` unmasked into `to`, which is as long; `offset`: of its first byte in the payload.
inline void unmask(common::bytes_view from, const mask_key& key, std::uint64_t offset,
                   std::span<std::uint8_t> to) noexcept {
    for (std::size_t i = 0; i < from.size(); ++i) to[i] = from[i] ^ key[(offset + i) & 3];
}

} // namespace weir::session::websocket
