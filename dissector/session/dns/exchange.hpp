// A query, how often it was asked, and what became of it.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "common/check.hpp"
#include "session/loss.hpp"

namespace weir::session::dns {

using event::index;
using event::other;
using event::side;

/// A message where it was found: in a datagram or in a stream.
struct sighting {
    common::bytes_view data;                 ///< what was seen of it, from its first byte
    std::uint64_t length = 0;                ///< of the whole message, bytes
    std::uint64_t offset = 0;                ///< of its first byte in the side's stream; 0 in a datagram
    common::timestamp first;                 ///< packet of its first byte
    common::timestamp last;                  ///< of its last one
    std::uint64_t packet = 0;                ///< number of the packet of its first byte
    loss missing = {};                       ///< of its bytes
    std::optional<event::ending> ended = {}; ///< the stream ended within it

    [[nodiscard]] bool is_cut() const noexcept { return data.size() < length || missing.any; }
};

enum class stage : std::uint8_t {
    waiting,       ///< for its response
    answered,      ///< other responses may follow: a repeated one, the next part of a transfer
    given_up,      ///< reported as unanswered
    answered_late, ///< after that
};
inline constexpr std::size_t stage_count = 4;

enum class occasion : std::uint8_t { response, impatience };

/// What happens to an exchange; rows by stage, columns by occasion.
inline constexpr std::array<std::array<stage, 2>, stage_count> next_stages{{
    {stage::answered, stage::given_up},
    {stage::answered, stage::answered},
    {stage::answered_late, stage::given_up},
    {stage::answered_late, stage::answered_late},
}};

[[nodiscard]] constexpr stage next_stage(stage at, occasion o) noexcept {
    return next_stages[static_cast<std::size_t>(at)][static_cast<std::size_t>(o)];
}

struct exchange {
    stage at = stage::waiting;
    std::uint64_t number = 0;
    side asker = side::client;
    std::uint16_t id = 0;
    std::vector<std::uint8_t> query; ///< as it was sent, as far as it was seen
    std::uint64_t length = 0;        ///< of the query on the wire, bytes
    std::uint64_t offset = 0;        ///< of the query in its side's stream
    std::uint64_t packet = 0;
    common::timestamp first; ///< of the query that was seen first
    common::timestamp last;
    loss missing;                       ///< bytes of the query
    std::optional<event::ending> ended; ///< the stream ended within the query
    loss hole;                          ///< of the other side, since the query: its response may be in it
    std::uint64_t queries = 1;
    std::uint64_t responses = 0;
    std::uint64_t answer = 0; ///< digest of the first response
    bool is_transfer = false; ///< of a zone: each response is a part of the answer
};

} // namespace weir::session::dns
