// HTTP exchanges as HAR 1.2, one entry a line. What HAR has no place for stands in `_weir`: which connection,
// what was not seen and why, anomalies. The text ends where the next entry begins; whoever writes it puts
// `closing` behind it and writes over that with what follows (destination::end_with). Must never write a time
// of its own, nor a byte of a body as text that is none.
#pragma once

#include "event/http_events.hpp"
#include "event/line_buffer.hpp"
#include "output/event_output.hpp"

namespace weir::output {

class har_output final : public event_output {
public:
    static constexpr std::string_view closing = "\n]}}\n";

    /// Of each body the first `body_limit` decoded bytes are written.
    explicit har_output(std::uint64_t body_limit) noexcept
        : body_limit_(body_limit) {}

    /// The events that it needs.
    [[nodiscard]] static event::mask needs();

    void begin() override;
    void on_event(const event::any_event& e) override;
    [[nodiscard]] std::string_view pending() const noexcept override { return out_.view(); }
    void clear() noexcept override { out_.clear(); }

private:
    void entry(const event::http_exchange& e);
    void request(const event::http_exchange& e);
    void post_data(const event::http_request_message& m);
    void response(const event::http_exchange& e);
    void content(const event::http_response_message& m);
    void headers(const event::header_object& all);
    void timings(const event::http_timing& t);
    void about(const event::http_exchange& e);

    std::uint64_t body_limit_;
    event::line_buffer out_;
    bool is_first_ = true;
};

} // namespace weir::output
