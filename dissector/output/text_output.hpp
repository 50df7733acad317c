// Events for a person at a terminal: a line per message, coloured where asked, and a line for what went wrong
// besides: drops, refusals, resets. Must never let a byte of the wire command the terminal (text_writer.hpp).
#pragma once

#include "event/anomaly.hpp"
#include "event/capture_events.hpp"
#include "event/tcp_events.hpp"
#include "event/udp_events.hpp"
#include "output/event_output.hpp"
#include "output/text_streams.hpp"
#include "output/text_writer.hpp"

namespace weir::output {

/// Which ends of connections get a line: those that tell what no other line does (refused, unanswered, reset,
/// of an unknown protocol), or every one.
enum class closes : std::uint8_t { notable, all };

class text_output final : public event_output {
public:
    explicit text_output(bool coloured, closes shown = closes::notable,
                         bytes_as form = bytes_as::text) noexcept
        : out_(coloured)
        , shown_(shown)
        , streams_(form) {}

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
    void write(const event::udp_close& e);
    void write(const event::icmp_error& e);
    void write(const event::anomaly& e);

    void totals(const event::ledger& l);
    void drops(const event::capture_stats& e);
    void lacking(std::span<const event::output_account> outputs);

    text_writer out_;
    closes shown_;
    text_streams streams_;
    /// What the kernel had counted when drops were reported last.
    std::uint64_t dropped_ = 0, dropped_interface_ = 0, received_ = 0;
    std::optional<common::timestamp> counted_at_;
};

} // namespace weir::output
