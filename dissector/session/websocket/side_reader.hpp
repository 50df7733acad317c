// Reads one side of a WebSocket connection: stream bytes in, messages out through an assembler. What it
// counts closes: bytes that were seen are framed or unframed. Must never wait for bytes that were reported
// missing.
#pragma once

#include "flow/stream.hpp"
#include "session/position.hpp"
#include "session/websocket/anomalies.hpp"

namespace weir::session::websocket {

/// Of one side, in stream bytes.
struct side_account {
    std::uint64_t bytes = 0;    ///< seen
    std::uint64_t missing = 0;  ///< not seen
    std::uint64_t unframed = 0; ///< seen, and no frame's
    bool is_lost = false;       ///< where frames go on was not found
};

class side_reader {
public:
    side_reader() = default;
    side_reader(const side_reader&) = delete;
    side_reader& operator=(const side_reader&) = delete;

    virtual void on_data(const flow::chunk& c) = 0;
    virtual void on_gap(const flow::gap& g) = 0;
    /// The side ends here; nothing follows.
    virtual void finish(event::ending why, const position& where) = 0;

    [[nodiscard]] const side_account& account() const noexcept { return account_; }
    /// What belongs to no message.
    [[nodiscard]] findings& notes() noexcept { return notes_; }

protected:
    ~side_reader() = default;

    void clear_account() noexcept {
        account_ = {};
        notes_.clear();
    }

    side_account account_;
    findings notes_;
};

} // namespace weir::session::websocket
