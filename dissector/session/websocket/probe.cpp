// How a WebSocket connection is known whose handshake was not seen: both sides speak in chains of frames, one
// of them with masks. Chance alone would have to make more than 40 bits fit.
#include "session/websocket/frame_search.hpp"
#include "session/websocket/websocket.hpp"

namespace weir::session::websocket {

namespace {

constexpr unsigned enough_masked = 30, enough_unmasked = 13, some = 20;

unsigned likeness(std::string_view said, bool is_masked, unsigned enough, std::uint64_t most_bytes) noexcept {
    constexpr std::uint8_t rsv1_alone = 4;
    const packet_span all{0, said.size()};
    return evidence(common::as_bytes(said), {&all, 1}, 0, {is_masked, rsv1_alone, most_bytes}, enough)
        .value_or(0);
}

} // namespace

finding application::probe(const opening& o) const noexcept {
    // From its first byte on a connection says in HTTP that it becomes one.
    if (o.datagrams || o.aligned[0] || o.aligned[1]) return {};
    constexpr std::uint64_t most_bytes = limits{}.frame_bytes;
    for (const side s : {side::client, side::server}) {
        const std::string_view said = o.said[index(s)], answer = o.said[index(other(s))];
        if (said.empty()) continue;
        if (likeness(said, true, enough_masked, most_bytes) >= enough_masked) {
            if (answer.empty()) return {verdict::unsure, s, {}};
            if (likeness(answer, false, enough_unmasked, most_bytes) >= enough_unmasked)
                return {verdict::yes, s, {true, true}};
        } else if (answer.empty() && likeness(said, false, some, most_bytes) >= some) {
            return {verdict::unsure, s, {}};
        }
    }
    return {};
}

} // namespace weir::session::websocket
