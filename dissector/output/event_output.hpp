// An output is a sink that turns events into text, whole lines only; the edge writes the text where it goes
// and clears it.
#pragma once

#include <string_view>

#include "event/sink.hpp"

namespace weir::output {

class event_output : public event::sink {
public:
    /// Whole lines made since the last clear().
    [[nodiscard]] virtual std::string_view pending() const noexcept = 0;
    virtual void clear() noexcept = 0;
};

} // namespace weir::output
