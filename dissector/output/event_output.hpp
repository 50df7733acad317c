// What an output looks like: a sink that turns events into bytes. Whoever owns it writes them where they go,
// and clears them. Must never write anything itself.
#pragma once

#include <string_view>

#include "event/sink.hpp"

namespace weir::output {

class event_output : public event::sink {
public:
    /// What stands before the first event and after the last one, in forms that have such a thing.
    virtual void begin() {}
    virtual void end() {}

    /// A name for outputs that make the same of an event, whatever they have seen before; they can copy each
    /// other's work. Empty where that is not so.
    [[nodiscard]] virtual std::string_view form() const noexcept { return {}; }
    /// What another output of the same form made of an event.
    virtual void copy(std::string_view) {}

    /// Bytes made since the last clear(); whole lines.
    [[nodiscard]] virtual std::string_view pending() const noexcept = 0;
    virtual void clear() noexcept = 0;
};

} // namespace weir::output
