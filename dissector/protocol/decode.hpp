// From captured bytes to what their headers said.
#pragma once

#include "protocol/packet.hpp"

namespace weir::protocol {

struct limits {
    /// Headers in one packet: real stacks stay below ten, crafted ones nest without end.
    static constexpr unsigned layers = 24;
};

/// Decodes one packet into `out`, whatever stood there: one serves a whole capture. `link_type` is a
/// LINKTYPE_ value, `original_length` the bytes on the wire. Never fails: `out` says how far it came and, in
/// `wrong`, what was malformed. Views point into `data`.
void decode(packet& out, std::uint32_t link_type, common::bytes_view data,
            std::size_t original_length) noexcept;

/// Goes on behind the IP header of a packet whose fragments were put together: `out` is what decode() made of
/// one of them, and keeps its addresses. The rest as decode().
void decode_payload(packet& out, std::uint8_t ip_number, common::bytes_view data,
                    std::size_t original_length) noexcept;

} // namespace weir::protocol
