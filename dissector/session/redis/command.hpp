// One command with its reply, as far as they were seen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "session/redis/command_table.hpp"
#include "session/redis/reply.hpp"

namespace weir::session::redis {

struct command : paired {
    /// An argument; the first one is the name.
    struct piece {
        std::uint32_t at = 0; ///< in the text
        std::uint32_t size = 0;
        bool is_whole = true; ///< no byte of it is missing; it may be cut
    };

    std::uint64_t number = 0;
    std::string text;
    std::vector<piece> arguments; ///< those that are kept
    std::uint64_t given = 0;      ///< arguments that were read, the name too
    meaning means = meaning::unknown;
    std::uint64_t size = 0; ///< bytes that were seen
    common::timestamp first;
    common::timestamp last;
    std::uint64_t run = 0; ///< holes of the client's side before it
    bool is_behind_hole = false;
    bool is_seen = false; ///< the command; a reply may come alone
    bool is_complete = false;
    bool is_truncated = false;
    bool is_pipelined = false;
    bool is_blocking = false;
    bool is_waiting = false;                  ///< among those of its conversation
    bool is_due = true;                       ///< a reply is
    std::uint64_t due = 1;                    ///< replies that end it; 0: nobody knows
    std::uint64_t replies = 0;                ///< that came
    std::optional<common::timestamp> replied; ///< first byte of the first reply
    std::size_t counted = 0;                  ///< bytes, among those that wait in its conversation
    reply* last_reply = nullptr;              ///< the last one, held while more is to come
    std::optional<std::uint64_t> rdb;         ///< bytes of an RDB payload
    std::optional<event::ending> ended;       ///< why a reply that was due did not come
    bool reply_lost = false;                  ///< what came later shows that it was sent
    loss missing;
    loss missing_reply; ///< of a reply of which nothing else was seen, and of the RDB payload
    findings notes;
    anomaly_set found_in_replies;

    [[nodiscard]] std::string_view view(piece p) const noexcept {
        return std::string_view(text).substr(p.at, p.size);
    }
    /// In capitals; empty where it was not seen whole.
    [[nodiscard]] std::string_view name() const noexcept {
        return arguments.empty() || !arguments.front().is_whole ? std::string_view()
                                                                : view(arguments.front());
    }
    /// The `i`-th argument behind the name; empty where there is none.
    [[nodiscard]] std::string_view argument_at(std::size_t i) const noexcept {
        return i + 1 < arguments.size() ? view(arguments[i + 1]) : std::string_view();
    }

    void clear(std::size_t buffer_kept) {
        clear_pairing();
        number = size = replies = given = run = counted = 0;
        text.clear();
        if (text.capacity() > buffer_kept) text.shrink_to_fit();
        arguments.clear();
        if (arguments.capacity() * sizeof(piece) > buffer_kept) arguments.shrink_to_fit();
        means = meaning::unknown;
        is_behind_hole = is_seen = is_complete = is_truncated = is_pipelined = is_blocking = reply_lost =
            is_waiting = false;
        is_due = true;
        due = 1;
        replied.reset();
        last_reply = nullptr;
        rdb.reset();
        ended.reset();
        missing.clear();
        missing_reply.clear();
        notes.clear();
        found_in_replies = {};
    }
};

} // namespace weir::session::redis
