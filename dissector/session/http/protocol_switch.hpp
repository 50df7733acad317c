// What happens to the bytes behind a request that may end HTTP on its connection: CONNECT, or one with
// Upgrade (RFC 9110 sections 7.8 and 9.3.6). Until it is answered, what its sender goes on to say is held;
// then it belongs to the session that takes over, or to HTTP after all.
//
// Must never lose what it held in silence: what exceeds its limit becomes a hole.
#pragma once

#include "session/held_stream.hpp"
#include "session/http/limits.hpp"
#include "session/inner.hpp"

namespace weir::session::http {

class protocol_switch {
public:
    /// speaking: HTTP; waiting: the request is sent and not answered; switched: HTTP is over.
    enum class phase : std::uint8_t { speaking, waiting, switched };

    void open(const limits& most) noexcept;
    void close(inner_source* source) noexcept;

    /// Whether what this side says is no longer HTTP's to read: it is to be passed to on_data() and so on.
    [[nodiscard]] bool takes(bool is_request_side) const noexcept {
        return phase_ == phase::switched || (phase_ == phase::waiting && is_request_side);
    }
    void on_data(const flow::chunk& c);
    void on_gap(const flow::gap& g);
    void on_end(flow::side from, common::timestamp ts);
    void on_close(event::close_reason why, common::timestamp ts);

    /// A request that may switch was sent.
    void wait() noexcept { phase_ = phase::waiting; }
    [[nodiscard]] bool is_waiting() const noexcept { return phase_ == phase::waiting; }
    /// It was granted: the streams belong to a session of their own.
    void grant(inner_source& source, const place& outer, const inner_stream& what, const position& where);
    /// It was refused: what was held goes back to HTTP.
    void refuse(flow::stream_consumer& back);
    /// What was held, of the side that sent the request.
    [[nodiscard]] std::string_view held(flow::side s) const noexcept { return held_.said(s); }

private:
    void replay(flow::stream_consumer& to);

    phase phase_ = phase::speaking;
    held_stream held_;
    held_stream replayed_;           ///< a refused switch may be followed by another
    std::optional<flow::gap> above_; ///< what exceeded the limit, all of it
    flow::stream_consumer* inner_ = nullptr;
};

} // namespace weir::session::http
