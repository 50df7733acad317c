// HTTP exchanges as HAR 1.2, one entry a line. What HAR has no place for stands in `_weir`: which connection,
// what was not seen and why, anomalies. The text ends where the next entry begins; whoever writes it puts
// `closing` behind it and writes over that with what follows (destination::end_with). The entry of a
// WebSocket waits for its messages until it is over. Must never write a time of its own, nor a byte of a body
// as text that is none, nor hold more than its limits.
#pragma once

#include <map>
#include <string>

#include "event/http_events.hpp"
#include "event/line_buffer.hpp"
#include "event/websocket_events.hpp"
#include "output/event_output.hpp"

namespace weir::output {

/// What may wait for its end.
struct har_limits {
    /// WebSockets at once; above it the entry of the oldest is written.
    std::size_t web_sockets = 1024;
    /// Bytes of the messages of one in its entry; those above it are left out and counted. A viewer reads the
    /// whole file into memory.
    std::size_t message_bytes = 1024 * 1024;
    /// The same of all that are open.
    std::size_t all_message_bytes = 64 * 1024 * 1024;
};

class har_output final : public event_output {
public:
    static constexpr std::string_view closing = "\n]}}\n";

    /// Of each body the first `body_limit` decoded bytes are written.
    explicit har_output(std::uint64_t body_limit, const har_limits& most = {}) noexcept
        : body_limit_(body_limit)
        , most_(most) {}

    /// The events that it needs.
    [[nodiscard]] static event::mask needs();

    void begin() override;
    void end() override;
    void on_event(const event::any_event& e) override;
    [[nodiscard]] std::string_view pending() const noexcept override { return out_.view(); }
    void clear() noexcept override { out_.clear(); }

private:
    /// The entry of a WebSocket that is not over.
    struct open_socket {
        std::string entry; ///< without its last brace
        event::line_buffer messages;
        std::uint64_t left_out = 0;
    };

    void add_message(const event::websocket_message& m);
    void finish(std::uint64_t conn, const event::websocket_close* how);
    void entry(const event::http_exchange& e);
    void request(const event::http_exchange& e);
    void post_data(const event::http_request_message& m);
    void response(const event::http_exchange& e);
    void content(const event::http_response_message& m);
    void headers(const event::header_object& all);
    void timings(const event::http_timing& t);
    void about(const event::http_exchange& e);

    std::uint64_t body_limit_;
    har_limits most_;
    event::line_buffer out_;
    bool is_first_ = true;
    std::map<std::uint64_t, open_socket> open_; ///< by connection, so the oldest first
    std::size_t held_bytes_ = 0;                ///< of the messages of all
};

} // namespace weir::output
