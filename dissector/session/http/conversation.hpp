// HTTP/1 on one connection: two readers, one pairing. Pooled. Must survive missing bytes anywhere: a message
// whose end is lost is closed, and the readers look for the next message start.
//
// A stream that becomes another protocol (101, or a 2xx to CONNECT) leaves HTTP here: a session for the inner
// stream takes over in switch_protocols().
#pragma once

#include <array>

#include "flow/stream.hpp"
#include "session/context.hpp"
#include "session/http/message_pool.hpp"
#include "session/http/open_exchanges.hpp"
#include "session/http/protocol_switch.hpp"
#include "session/http/reader.hpp"
#include "session/http/report.hpp"
#include "session/http/sse_stream.hpp"
#include "session/http/switched_exchange.hpp"
#include "session/pairing.hpp"

namespace weir::session::http {

/// What the conversations of one source share. One thread only.
struct environment {
    environment(context& c, const limits& l) noexcept
        : shared(c)
        , most(l)
        , messages(most)
        , open(c.count)
        , report(c) {}

    context& shared;
    const limits most;
    message_pool messages;
    pool<exchange> exchanges;
    pool<sse_stream> event_streams;
    open_exchanges open;
    reporter report;
    std::string token; ///< scratch: to what a connection was switched
};

class conversation final : public flow::stream_consumer, private body_listener, private sse_listener {
public:
    explicit conversation(environment& env);

    /// `client` is the side that sends requests. `searching[side]`: what this side sends next may be in the
    /// middle of a message.
    void open(const place& id, flow::side client, std::array<bool, 2> searching) noexcept;
    /// Gives back everything; for a connection whose end is not told.
    void close() noexcept;

    void on_data(const flow::chunk& c) override;
    void on_gap(const flow::gap& g) override;
    void on_end(flow::side from, common::timestamp ts) override;
    void on_close(event::close_reason why, common::timestamp ts) override;

private:
    [[nodiscard]] bool is_request_side(flow::side s) const noexcept { return s == client_; }
    [[nodiscard]] reader& reader_of(flow::side s) noexcept {
        return is_request_side(s) ? requests_ : responses_;
    }

    void on_body(message_kind kind, std::uint64_t offset, std::string_view bytes,
                 const position& where) override;
    void on_server_event(const server_event& e, const position& where) override;
    void begin_events(exchange& e, const position& where);
    void end_events(exchange& e, const position& where);
    [[nodiscard]] body_listener* listener_to_pieces() noexcept {
        return env_.shared.events.wants<event::http_body_piece>() ? this : nullptr;
    }
    void handle(reader::outcome o, flow::side from, const position& where);
    void on_head(flow::side from, const position& where);
    void on_over(flow::side from, const position& where);
    void on_unexpected(flow::side from, const position& where);
    void on_request_head(message& m);
    void on_response_head(message& m);
    void switch_protocols(exchange& switching, const position& where);
    [[nodiscard]] bool may_switch(const message& request) const noexcept;
    void settle(flow::side from);
    void take_back();
    [[nodiscard]] bool is_switched(const message& response) const noexcept;
    [[nodiscard]] const exchange* headless_answer_of(const message& response) noexcept;
    [[nodiscard]] bool answers_unfinished_head(const message& response) const noexcept;
    void check_connection(message& request);
    void end_denied_body(common::timestamp ts);
    [[nodiscard]] bool lose_pipelined_response(const flow::gap& g);
    [[nodiscard]] bool waits_for_several() const noexcept;
    static void promote_informational(exchange& e) noexcept;

    [[nodiscard]] exchange& add_exchange();
    void finish_if_over(exchange& e);
    void finish(exchange& e);
    void report_over(exchange& e);
    void leave(exchange& e) noexcept;
    void give_back(exchange& e) noexcept;
    void make_room(message& newest);
    void give_up_before(const exchange& e);
    void settle_late_requests();
    void end_side(flow::side from, event::ending why, common::timestamp ts);
    void skip_unsent_body(const flow::chunk& c);

    environment& env_;
    const place* id_ = nullptr;
    flow::side client_ = flow::side::client;
    reader requests_;
    reader responses_;
    pairing<exchange> pairs_;
    protocol_switch switch_;
    exchange* sending_ = nullptr;         ///< whose request is being read
    exchange* answering_ = nullptr;       ///< whose response, interim or final, is being read
    const exchange* switcher_ = nullptr;  ///< whose answer decides whether HTTP goes on
    std::uint64_t late_requests_ = 0;     ///< exchanges that await their request
    common::timestamp now_;               ///< of what was told last
    std::array<std::uint64_t, 2> told_{}; ///< stream bytes of each side that were told, or told missing
    std::array<bool, 2> ended_{};
    std::optional<common::timestamp> last_response_over_;
    bool saw_response_ = false;
    bool client_closes_ = false; ///< a request said Connection: close
    bool midstream_ = false;
    bool is_refused_ = false;     ///< the switch was; what was held goes back to HTTP next
    bool is_taking_back_ = false; ///< what was held is being read
    bool is_tunnel_ = false;      ///< the response being read answers CONNECT
};

} // namespace weir::session::http
