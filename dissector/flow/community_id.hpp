// Community ID v1 (https://github.com/corelight/community-id-spec), seed 0: the flow hash other tools print
// too.
#pragma once

#include <array>

#include "common/ip_address.hpp"

namespace weir::flow {

inline constexpr std::size_t community_id_size = 30; // "1:" and base64 of a SHA-1

/// For a TCP connection; the order of the ends does not matter.
[[nodiscard]] std::array<char, community_id_size> community_id(const common::ip_address& a,
                                                               std::uint16_t a_port,
                                                               const common::ip_address& b,
                                                               std::uint16_t b_port);

} // namespace weir::flow
