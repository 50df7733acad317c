// What a protocol's dissect() works on, and how it says what comes next. Only decode.cpp drives it.
#pragma once

#include "protocol/packet.hpp"

namespace weir::protocol {

/// Number spaces that protocols are found by. Several parents share one: Ethernet, VLAN tags and cooked
/// captures all name what follows by EtherType.
enum class space : std::uint8_t { link_type, ethertype, llc, ip_number, ppp, ip_version };

struct key {
    space in;
    std::uint32_t number;
    friend constexpr bool operator==(key, key) = default;
};

/// What a dissect() answers: the key of the next header, or an end.
struct step {
    enum class kind : std::uint8_t { next, end } then = kind::end;
    key to{space::link_type, 0};
    disposition what = disposition::not_ip;

    static constexpr step next(space in, std::uint32_t number) noexcept {
        return {kind::next, {in, number}, {}};
    }
    static constexpr step end(disposition what) noexcept { return {kind::end, {space::link_type, 0}, what}; }
};

/// The walk through one packet. `rest` is what the enclosing header says is its payload, as far as it was
/// captured; `wire` is how long it was on the wire.
struct dissection {
    packet& out;
    common::bytes_view rest;
    std::size_t wire = 0;
    std::size_t offset = 0; ///< of rest in the packet

    /// Moves past a header. Precondition, checked: size <= rest.size() <= wire.
    void advance(std::size_t size) noexcept {
        common::check(size <= rest.size(), "a header that was parsed lies in the packet");
        rest = rest.subspan(size);
        wire -= size;
        offset += size;
    }

    /// The enclosing header says that its payload is `length` bytes: drops padding behind it.
    void clamp(std::size_t length) noexcept {
        wire = std::min(wire, length);
        rest = common::slice(rest, 0, wire);
    }

    /// The header does not fit: the capture cut it, or the packet is too short for it.
    [[nodiscard]] step too_short(std::string_view layer, std::string_view code, std::size_t needed) noexcept {
        if (rest.size() < wire && needed <= wire) return step::end(disposition::cut_by_snaplen);
        return malformed({code, layer, offset, "length", rest.size(), "is below", needed});
    }

    [[nodiscard]] step malformed(const problem& p) noexcept {
        out.wrong = p;
        return step::end(disposition::malformed);
    }

    /// An IP header is here, and what follows is clamped to what it says.
    void reach_network() noexcept {
        if (out.network.empty()) out.network = rest;
    }

    /// Another VLAN around what follows; identifier 0 is none (IEEE 802.1Q clause 9.6).
    void tag(std::uint16_t vlan) noexcept {
        if (vlan != 0) out.ends.tags = out.ends.tags * 0x01000193 + vlan;
    }

    /// The rest is a part of a packet; `offset` in units of eight bytes.
    [[nodiscard]] step end_in_fragment(std::uint32_t id, std::uint32_t in_eights, std::uint8_t number,
                                       bool more) noexcept {
        out.fragment = {id, in_eights * 8, static_cast<std::uint32_t>(wire), number, !more, rest};
        return step::end(disposition::ip_fragment);
    }

    /// Another tunnel around what follows.
    void wrap(std::uint64_t id) noexcept {
        out.ends.encapsulation = out.ends.encapsulation * 0x100000001b3 + id + 1;
    }
};

} // namespace weir::protocol
