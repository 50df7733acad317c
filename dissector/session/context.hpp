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
    bool bodies = false;                    ///< report decoded bodies, and the forms in them
    std::uint64_t body_limit = 1024 * 1024; ///< decoded bytes reported of each body, with `bodies`
    bool body_hash = false;                 ///< report the SHA-256 of decoded bodies
    std::uint64_t content_limit = 0; ///< decoded bytes kept of each body for outputs that write them alone
    bool raw_headers = false;
    /// Decodes declared charsets; where there is none, text that is not UTF-8 stays bytes.
    session::charsets* charsets = nullptr;

    [[nodiscard]] bool decodes_bodies() const noexcept { return bodies || body_hash || content_limit > 0; }
    [[nodiscard]] bool reads_forms() const noexcept { return bodies || content_limit > 0; }
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
