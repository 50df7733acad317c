// Community ID v1 (https://github.com/corelight/community-id-spec), seed 0: the flow hash other tools print
// too.
#pragma once

#include <array>

#include "flow/key.hpp"

namespace weir::flow {

inline constexpr std::size_t community_id_size = 30; // "1:" and base64 of a SHA-1

/// The same for both directions.
[[nodiscard]] std::array<char, community_id_size> community_id(const key& of);

} // namespace weir::flow
