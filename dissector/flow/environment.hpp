// What all flows of one `flows` share.
#pragma once

#include <array>
#include <vector>

#include "event/sink.hpp"
#include "flow/capture_path.hpp"
#include "flow/limits.hpp"
#include "flow/moment.hpp"
#include "flow/names.hpp"
#include "flow/slots.hpp"
#include "flow/stream.hpp"
#include "flow/tcp/tails.hpp"

namespace weir::flow {

/// Bytes held by all streams together; each stream charges it.
struct held_budget {
    std::size_t bytes = 0;
    std::size_t segments = 0;
};

/// What few flows have.
struct particulars {
    std::array<flow::names::held, 2> end_names; ///< of its ends, as the other one had asked when it began
    std::vector<sighting> places;               ///< one packet of each other place where it was seen
};

struct environment {
    event::emitter& events;
    session_source& sessions;
    const limits limit;
    const capture_path& path;
    held_budget held = {};
    tcp::tails tails{limit.tails};
    slots<flow::particulars> particulars = {};
    std::size_t charged = 0; ///< bytes of flows and sessions, as limits count them
    std::uint64_t anomalies = 0;
    moment now = {};
    bool observed = false;              ///< each connection has an observer
    const names* known_names = nullptr; ///< where names of addresses are wanted
};

} // namespace weir::flow
