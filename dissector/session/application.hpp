// What an application protocol is: it knows its own by content, and makes sessions. Adding one is a folder
// under session/ and one line in registry.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "flow/datagram.hpp"
#include "session/place.hpp"
#include "session/position.hpp"
#include "session/upgrade.hpp"

namespace weir::session {

using event::index;
using event::other;
using event::side;

/// The beginnings of both sides, as far as they were seen; a side that has not spoken is empty. Of datagrams,
/// the last one of each side.
struct opening {
    std::array<std::string_view, 2> said;
    std::array<bool, 2> aligned{}; ///< it is the first that this side ever said
    std::array<bool, 2> cut{};     ///< a hole follows: there is no more to wait for
    bool datagrams = false;        ///< each side has said one datagram, and no stream
    bool expected = false;         ///< a port is one of ports()
};

enum class verdict : std::uint8_t {
    no,
    unsure, ///< more of either side may tell
    yes,
};

struct finding {
    verdict what = verdict::no;
    // With `yes`:
    side asks = side::client;     ///< the side that sends questions
    std::array<bool, 2> begins{}; ///< what this side said begins a message, whatever was before it
};

class application {
public:
    application() = default;
    application(const application&) = delete;
    application& operator=(const application&) = delete;
    virtual ~application() = default;

    /// The protocol's name in events. Static text.
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;
    /// Whether the sides begin like this protocol. It must not fire on others: it is asked of everything.
    [[nodiscard]] virtual finding probe(const opening& o) const noexcept = 0;

    /// Names under which TLS or an Upgrade announces it, and ports where it is often found: hints, by which
    /// it is asked before others, and may be content with less.
    [[nodiscard]] virtual std::span<const std::string_view> announced_as() const noexcept { return {}; }
    [[nodiscard]] virtual std::span<const std::uint16_t> ports() const noexcept { return {}; }

    /// A session on two streams where `asks` sends questions; null where it rides on none. `searching[side]`:
    /// what this side sends first may be in the middle of anything. `where` outlives the session.
    [[nodiscard]] virtual flow::stream_consumer* open(const place&, side /*asks*/,
                                                      std::array<bool, 2> /*searching*/) {
        return nullptr;
    }
    /// The same on streams that HTTP switched to it, from their first byte on; null where it would rather be
    /// found by content. `at`: where the response ended.
    [[nodiscard]] virtual flow::stream_consumer* open_upgraded(const place&, const upgrade&,
                                                               const position& /*at*/) {
        return nullptr;
    }
    virtual void release(flow::stream_consumer*) noexcept {}

    /// The same on datagrams.
    [[nodiscard]] virtual flow::datagram_consumer* open_datagrams(const place&, side /*asks*/) {
        return nullptr;
    }
    virtual void release(flow::datagram_consumer*) noexcept {}
};

} // namespace weir::session
