// Where events go. The core knows only this; outputs implement it.
#pragma once

#include "event/any_event.hpp"

namespace weir::event {

/// Receives events in the order in which things became known. What an event points to lives only during the
/// call.
class sink {
public:
    sink() = default;
    sink(const sink&) = delete;
    sink& operator=(const sink&) = delete;
    virtual ~sink() = default;

    virtual void on_event(const any_event& e) = 0;
};

/// What the core emits through: an event nobody asked for is never built, so ask `wants` before building one.
class emitter {
public:
    emitter(sink& to, const mask& wanted) noexcept
        : to_(to)
        , wanted_(wanted) {}

    template <is_event E>
    [[nodiscard]] bool wants() const noexcept {
        return wanted_[kind<E>()];
    }

    template <is_event E>
    void emit(const E& e) {
        if (wants<E>()) to_.on_event(&e);
    }

private:
    sink& to_;
    mask wanted_;
};

} // namespace weir::event
