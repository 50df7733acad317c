// Finds by content what the two sides of a stream speak: it holds their beginnings, asks every application
// about both together, and replays them to the session of the one that knows its own. From then on everything
// passes through.
//
// Must never ask without end, nor hold more than its limits: a side that said nothing of use for long is no
// longer looked at, and where both are silent so the stream is left alone.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "session/application.hpp"
#include "session/context.hpp"
#include "session/held_stream.hpp"
#include "session/inner.hpp"
#include "session/limits.hpp"
#include "session/pool.hpp"

namespace weir::session {

using application_vector = std::vector<std::unique_ptr<application>>;

/// What the detectors of one source share.
struct detection {
    const application_vector& known;
    const detection_limits& most;
    pool<held_stream>& beginnings;
};

/// Who recognises it; null where nobody does.
struct recognised {
    application* by = nullptr;
    finding found;
};

/// Who says that one of the two ports is his own; null where nobody does.
[[nodiscard]] const application* expected_on(const application_vector& known,
                                             const flow::identity& connection) noexcept;

/// Asks `first`, where there is one, and then all in order.
[[nodiscard]] recognised ask(const application_vector& known, const application* first, opening o) noexcept;

class detector final : public flow::stream_consumer {
public:
    explicit detector(const detection& shared) noexcept
        : shared_(shared) {}

    /// For a connection.
    void open(const flow::identity& connection);
    /// For a stream inside the session at `outer`; `announced`: who was, where somebody was.
    void open(const place& outer, const inner_stream& what, application* announced, const position& where);
    void close() noexcept;

    void on_data(const flow::chunk& c) override;
    void on_gap(const flow::gap& g) override;
    void on_end(side from, common::timestamp ts) override;
    void on_close(event::close_reason why, common::timestamp ts) override;
    void on_due(common::timestamp ts) override {
        if (session_ != nullptr) session_->on_due(ts);
    }
    [[nodiscard]] std::string_view service() const noexcept override {
        return session_ != nullptr ? spoken_->name() : std::string_view();
    }

private:
    struct side_state {
        std::size_t probes_left = 0;
        bool aligned = true; ///< what comes next, or is held, is the first that this side ever said
        bool lost = false;   ///< bytes were not seen: what comes next may be in the middle of anything
        std::optional<common::timestamp> ended;
    };

    void open_sides() noexcept;
    void look_at(const flow::chunk& c);
    [[nodiscard]] opening seen() const noexcept;
    [[nodiscard]] bool hold(const flow::chunk& c);
    [[nodiscard]] bool may_hold();
    void deny(side s) noexcept;
    void begin(const recognised& r);
    void drop_beginning() noexcept;
    [[nodiscard]] bool is_left_alone() const noexcept {
        return sides_[0].probes_left == 0 && sides_[1].probes_left == 0;
    }

    const detection& shared_;
    place place_;
    const application* first_ = nullptr; ///< to be asked, by a hint
    application* spoken_ = nullptr;
    flow::stream_consumer* session_ = nullptr;
    held_stream* beginning_ = nullptr; ///< where something is held
    std::array<side_state, 2> sides_;
};

} // namespace weir::session
