// Events for a person at a terminal: a line per message, coloured where asked, and a line for what went wrong
// besides: drops, refusals, resets. Must never let a byte of the wire command the terminal (text_writer.hpp).
#pragma once

#include "event/anomaly.hpp"
#include "event/capture_events.hpp"
#include "event/http_events.hpp"
#include "event/tcp_events.hpp"
#include "output/event_output.hpp"
#include "output/text_writer.hpp"

namespace weir::output {

/// Which ends of connections get a line: those that tell what no other line does (refused, unanswered, reset,
/// of an unknown protocol), or every one.
enum class closes : std::uint8_t { notable, all };

class text_output final : public event_output {
public:
    explicit text_output(bool coloured, closes shown = closes::notable) noexcept
        : out_(coloured)
        , shown_(shown) {}

    void on_event(const event::any_event& e) override;
    [[nodiscard]] std::string_view pending() const noexcept override { return out_.view(); }
    void clear() noexcept override { out_.clear(); }

private:
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

    void totals(const event::ledger& l);
    void drops(const event::capture_stats& e);
    void request_line(const event::http_request_message& m);
    void response_line(const event::http_response_message& m);
    void why_incomplete(const event::http_exchange& e);
    void cut_off(std::string_view what, const std::optional<event::http_body>& body,
                 const event::header_object& headers, std::optional<event::ending> why);
    void missing(std::uint64_t bytes, std::string_view of, event::missing_cause cause);
    void body(const event::http_body& b, std::span<const std::string_view> anomalies);

    text_writer out_;
    closes shown_;
    /// What the kernel had counted when drops were reported last.
    std::uint64_t dropped_ = 0, dropped_interface_ = 0, received_ = 0;
    std::optional<common::timestamp> counted_at_;
};

} // namespace weir::output
