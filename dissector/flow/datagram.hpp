// What a conversation without a connection (UDP) hands to a session: its datagrams, in the order in which
// they were captured. Flow knows such sessions only through this header.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "flow/stream.hpp"

namespace weir::flow {

/// One datagram. `data` lives during the call only.
struct datagram {
    side from = side::client;
    common::bytes_view data;  ///< as far as it was captured; may be empty
    std::uint64_t length = 0; ///< on the wire, bytes
    common::timestamp ts;     ///< of its packet
    std::uint64_t packet = 0; ///< its number in the capture, from 1
};

/// One session on one conversation.
class datagram_consumer {
public:
    datagram_consumer() = default;
    datagram_consumer(const datagram_consumer&) = delete;
    datagram_consumer& operator=(const datagram_consumer&) = delete;
    virtual ~datagram_consumer() = default;

    virtual void on_datagram(const datagram& d) = 0;
    /// The conversation is over: idle for long, evicted, or the capture has ended. Nothing follows.
    virtual void on_close(event::close_reason why, common::timestamp ts) = 0;

    /// When the session wants on_due() next, in capture time; asked after each call of the others.
    [[nodiscard]] virtual std::optional<common::timestamp> due() const noexcept { return std::nullopt; }
    /// Capture time has reached `ts`, which due() had answered.
    virtual void on_due(common::timestamp) {}

    /// Name of the protocol that was recognised; empty while none is. Static text.
    [[nodiscard]] virtual std::string_view service() const noexcept { return {}; }
};

} // namespace weir::flow
