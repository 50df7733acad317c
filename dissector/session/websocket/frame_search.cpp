#include "session/websocket/frame_search.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "session/coding/utf8.hpp"
#include "session/websocket/frame.hpp"

namespace weir::session::websocket {

namespace {

/// Of 256 first bytes 9 are a frame's, 13 with compression; half of the second ones have the right mask bit.
constexpr unsigned for_header = 5;
/// Of 128 lengths one says that it stands in 16 or in 64 bits; of those in 64 nearly all begin with zeros.
constexpr unsigned for_long_length = 7, for_high_zeros = 32;
constexpr unsigned for_packet = 8, for_end = 7, for_text = 12;

/// A frame that begins or ends where a packet does says the more, the longer the packet.
unsigned for_boundary(std::size_t packet_size, unsigned most) noexcept {
    return std::min(most, 2 * static_cast<unsigned>(std::bit_width(packet_size)) - 2);
}

/// Messages and the control frames between them, as far as the order of frames says.
class frame_order {
public:
    [[nodiscard]] bool allows(const frame_header& h) noexcept {
        if (h.is_control()) return h.is_final && h.length <= most_in_control && h.reserved == 0;
        const bool continues = h.is(opcode::continuation);
        if (continues && (state_ == between || h.reserved != 0)) return false;
        if (!continues && state_ == inside) return false;
        state_ = h.is_final ? between : inside;
        return true;
    }

private:
    enum { unknown, between, inside } state_ = unknown;
};

bool may_be_frame(const frame_header& h, const frame_likeness& like) noexcept {
    return h.is_known() && (h.reserved & ~like.allowed_reserved) == 0 &&
           h.mask.has_value() == like.is_masked && h.is_minimal && h.length <= like.most_bytes;
}

/// Payload that must be text.
bool is_text(const frame_header& h) noexcept { return h.is(opcode::text) && h.is_final && h.reserved == 0; }

bool is_utf8(common::bytes_view payload, const frame_header& h) noexcept {
    utf8_check check;
    std::array<std::uint8_t, 256> plain;
    for (std::size_t at = 0; at < payload.size(); at += plain.size()) {
        const common::bytes_view some = common::slice(payload, at, plain.size());
        if (h.mask) unmask(some, *h.mask, at, plain);
        check.feed(h.mask ? common::slice(plain, 0, some.size()) : some);
    }
    return payload.size() == h.length ? check.is_whole() : check.is_valid();
}

} // namespace

std::optional<unsigned> evidence(common::bytes_view bytes, std::span<const packet_span> packets,
                                 std::size_t at, const frame_likeness& like, unsigned enough) noexcept {
    unsigned bits = 0;
    frame_order order;
    auto packet = packets.begin();
    while (bits < enough) {
        while (packet != packets.end() && packet->begin + packet->size <= at) ++packet;
        if (at == bytes.size() && !packets.empty()) bits += for_boundary(packets.back().size, for_end);
        if (at >= bytes.size()) return bits;
        const auto header = read_header(bytes.subspan(at));
        if (!header) return bits;
        if (!may_be_frame(*header, like) || !order.allows(*header)) return std::nullopt;
        bits += for_header;
        if (packet != packets.end() && packet->begin == at) bits += for_boundary(packet->size, for_packet);
        if (header->length > most_in_control) bits += for_long_length;
        if (header->length > 0xffff) bits += for_high_zeros;
        const common::bytes_view payload =
            common::slice(bytes, at + header->size,
                          static_cast<std::size_t>(std::min<std::uint64_t>(header->length, bytes.size())));
        if (is_text(*header)) {
            if (!is_utf8(payload, *header)) return std::nullopt;
            // A mask that were none would make no text of what is text.
            if (header->mask) bits += std::min<unsigned>(for_text, static_cast<unsigned>(payload.size()));
        }
        if (header->length > bytes.size() - at - header->size) return bits; // it ends outside
        at += header->size + static_cast<std::size_t>(header->length);
    }
    return bits;
}

std::optional<std::size_t> frame_search::look(common::bytes_view bytes, std::span<const packet_span> packets,
                                              const frame_likeness& like) {
    for (; looked_ < bytes.size(); ++looked_) open_.push_back(looked_);
    std::size_t kept = 0;
    for (const std::size_t at : open_) {
        const auto bits = evidence(bytes, packets, at, like);
        if (bits && *bits >= enough_evidence) return at;
        if (bits) open_[kept++] = at;
    }
    open_.resize(kept);
    return std::nullopt;
}

} // namespace weir::session::websocket
