// Events for a person at a terminal: a line per message, coloured where asked. Control characters of the wire
// never reach the terminal: they are shown as \xHH.
#pragma once

#include "event/line_buffer.hpp"
#include "output/event_output.hpp"

namespace weir::output {

/// What is worth a line by default: requests, responses, anomalies, the beginning and the end, statistics
/// when asked.
[[nodiscard]] event::mask text_selection();

class text_output final : public event_output {
public:
    explicit text_output(bool coloured) noexcept
        : coloured_(coloured) {}

    void on_event(const event::any_event& e) override;
    [[nodiscard]] std::string_view pending() const noexcept override { return out_.view(); }
    void clear() noexcept override { out_.clear(); }

private:
    enum class colour : std::uint8_t { dim, bold, green, yellow, red, cyan };

    void write(const event::capture_start& e);
    void write(const event::capture_stats& e);
    void write(const event::capture_lost& e);
    void write(const event::capture_resumed& e);
    void write(const event::capture_end& e);
    void write(const event::tcp_open& e);
    void write(const event::tcp_close& e);
    void write(const event::http_request& e);
    void write(const event::http_response& e);
    void write(const event::http_exchange& e);
    void write(const event::anomaly& e);

    void begin(colour c);
    void end();
    void coloured(colour c, std::string_view text);
    void wire(std::string_view bytes, bool lines = false);
    void time(common::timestamp t);
    void ends(const event::connection_ref& c, std::string_view arrow);
    void body(const event::http_body& b);
    void tenths(common::nanoseconds duration, std::int64_t unit);
    void totals(const event::ledger& l);
    void counted(std::uint64_t n, std::string_view singular, std::string_view plural);

    event::line_buffer out_;
    bool coloured_;
};

} // namespace weir::output
