// WebSocket on one connection: a reader for each side, pings with their pongs, and the close. Pooled. Must
// survive missing bytes anywhere, and say so where a side is lost.
#pragma once

#include <array>
#include <vector>

#include "session/context.hpp"
#include "session/place.hpp"
#include "session/websocket/frame_reader.hpp"
#include "session/websocket/hixie_reader.hpp"
#include "session/websocket/report.hpp"

namespace weir::session::websocket {

/// What the conversations of one source share. One thread only.
struct environment {
    environment(context& c, const limits& l) noexcept
        : shared(c)
        , most(l)
        , report(c) {}

    context& shared;
    const limits most;
    std::vector<std::uint8_t> scratch;
    reporter report;
};

class conversation final : public flow::stream_consumer, private message_listener {
public:
    explicit conversation(environment& env);

    /// Behind the response at `at`.
    void open_upgraded(const place& id, const upgrade& by, const position& at);
    /// In the middle of a connection where `client` masks its frames.
    void open_midstream(const place& id, flow::side client);
    /// Gives back everything; for a connection whose end is not told.
    void close() noexcept;

    void on_data(const flow::chunk& c) override;
    void on_gap(const flow::gap& g) override;
    void on_end(flow::side from, common::timestamp ts) override;
    void on_close(event::close_reason why, common::timestamp ts) override;

private:
    struct ping {
        std::array<char, most_in_control> payload;
        std::size_t size = 0;
        common::timestamp ts;

        [[nodiscard]] std::string_view said() const noexcept { return {payload.data(), size}; }
    };
    /// One side.
    struct speaker {
        speaker(environment& env, message_listener& to) noexcept
            : messages(env.most, env.scratch, to)
            , frames(env.most, messages)
            , hixie(messages) {}

        assembler messages;
        frame_reader frames;
        hixie_reader hixie;
        side_reader* reader = nullptr; ///< the one of the two that reads; null where nobody can
        std::vector<ping> pings;       ///< that wait for their pong
        event::websocket_totals totals;
        close_frame said_close;
        bool has_closed = false;
        bool has_ended = false;
        std::uint64_t told = 0; ///< stream bytes that were told, or told missing
    };

    void open(const place& id, flow::side client, common::timestamp ts);
    void open_speakers(bool searching);
    [[nodiscard]] speaker& of(flow::side s) noexcept { return speakers_[event::index(s)]; }
    void on_message(flow::side from, message& m, const position& where) override;
    void on_close_frame(flow::side from, message& m, const position& where);
    [[nodiscard]] std::optional<common::nanoseconds> latency_of(flow::side from, const message& pong);
    void remember(flow::side from, const message& m, const position& where);
    void end_if_closed(common::timestamp ts);
    void check_challenge(const position& where);
    void report_side_notes(flow::side from);
    void finish_side(flow::side from, event::ending why, common::timestamp ts);
    void report_over(std::optional<event::ending> ended, common::timestamp ts);

    environment& env_;
    const place* id_ = nullptr;
    flow::side client_ = flow::side::client;
    agreement agreed_;
    std::array<speaker, 2> speakers_;
    std::uint64_t messages_ = 0; ///< of both sides, pings and pongs included
    std::optional<flow::side> first_closer_;
    anomaly_set found_; ///< outside messages
    common::timestamp opened_;
    bool is_announced_ = false; ///< websocket.open was reported
    bool is_over_ = false;      ///< websocket.close was
};

} // namespace weir::session::websocket
