// What every session shares: where events go, what the user asked for, and the counters of the ledger. Owned
// by the pipeline; a session must keep no other global state.
#pragma once

#include <cstdint>
#include <optional>

#include "event/sink.hpp"
#include "flow/names.hpp"

namespace weir::session {

class charsets;
class inner_source;

struct options {
    bool bodies = false;                    ///< keep and decode body bytes
    std::uint64_t body_limit = 1024 * 1024; ///< decoded bytes kept of each body, with `bodies`
    bool raw_headers = false;
    /// Decodes declared charsets; where there is none, text that is not UTF-8 stays bytes.
    session::charsets* charsets = nullptr;
};

struct counters {
    std::uint64_t exchanges = 0;
    std::uint64_t open_exchanges = 0;
    std::optional<common::timestamp> oldest_exchange = {}; ///< when the oldest of the open ones began
    std::uint64_t anomalies = 0;
};

struct context {
    event::emitter& events;
    options asked;
    counters& count;
    bool stopped = false;          ///< weir was stopped: what ends now ends by shutdown
    inner_source* inner = nullptr; ///< set by the source that has it
    flow::names* names = nullptr;  ///< what DNS learns; null where nobody wants it
};

} // namespace weir::session
