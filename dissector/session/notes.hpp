// Reports what sessions note as `anomaly` events.
#pragma once

#include <vector>

#include "flow/stream.hpp"
#include "session/anomaly.hpp"
#include "session/context.hpp"

namespace weir::session {

/// What a note is about, for its event.
struct subject {
    const flow::identity& id;
    std::string_view layer;
    std::optional<std::uint64_t> exchange; ///< nothing outside an exchange
    std::optional<flow::side> from;
};

/// Counts the notes, reports them as `anomaly` events, and forgets them.
void report_notes(context& shared, const subject& about, std::vector<note>& notes);

} // namespace weir::session
