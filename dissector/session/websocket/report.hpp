// Builds the events of WebSocket.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "session/context.hpp"
#include "session/notes.hpp"
#include "session/place.hpp"
#include "session/websocket/handshake.hpp"
#include "session/websocket/message.hpp"

namespace weir::session::websocket {

/// A close frame.
struct close_frame {
    std::optional<std::uint16_t> code;
    std::string reason;
};

/// What the end of a connection is made of.
struct closing {
    common::timestamp opened;
    std::optional<flow::side> first; ///< who said close first
    std::array<const close_frame*, 2> frames{};
    std::optional<event::ending> ended;
    std::array<event::websocket_totals, 2> totals;
    anomaly_set found; ///< outside messages
};

class reporter {
public:
    explicit reporter(context& shared) noexcept
        : shared_(shared) {}

    [[nodiscard]] bool wants_messages() const noexcept {
        return shared_.events.wants<event::websocket_message>();
    }
    void open(const place& id, const agreement& a, bool midstream, common::timestamp ts);
    void message(const place& id, const agreement& a, flow::side from, const message& m,
                 std::optional<common::nanoseconds> latency, common::timestamp ts);
    void close(const place& id, const agreement& a, const closing& c, common::timestamp ts);
    /// Counts and reports the notes, and forgets them.
    void notes(const place& id, const agreement& a, std::optional<flow::side> from, findings& found) {
        if (!found.unreported.empty())
            report_notes(shared_, {id, "websocket", a.exchange, from}, found.unreported);
    }

private:
    std::span<const std::string_view> codes(const anomaly_set& found);

    context& shared_;
    std::vector<std::string_view> codes_;
};

} // namespace weir::session::websocket
