// What source.cpp asks of an application protocol: to know its own by content, and to make sessions.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "flow/stream.hpp"

namespace weir::session {

enum class verdict : std::uint8_t {
    no,
    unsure,      ///< too few bytes; never answered for `limits::held_bytes` or more
    from_client, ///< this protocol, in the direction that asks
    from_server, ///< this protocol, in the direction that answers
};

class protocol {
public:
    protocol() = default;
    protocol(const protocol&) = delete;
    protocol& operator=(const protocol&) = delete;
    virtual ~protocol() = default;

    /// As tcp.close names it; static text.
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;
    /// Whether `text` begins like this protocol.
    [[nodiscard]] virtual verdict probe(std::string_view text) const noexcept = 0;
    /// The same where a hole follows the text: there is no more to wait for.
    [[nodiscard]] virtual verdict probe_cut(std::string_view text) const noexcept = 0;
    /// A session where `client` is the side that asks. `searching[side]`: what this side sends next may be in
    /// the middle of anything.
    [[nodiscard]] virtual flow::stream_consumer* open(const flow::identity& id, flow::side client,
                                                      std::array<bool, 2> searching) = 0;
    virtual void release(flow::stream_consumer* session) noexcept = 0;
};

} // namespace weir::session
