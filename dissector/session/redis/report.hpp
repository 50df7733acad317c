// Builds the events of Redis from what was read. Must never let a secret out: what an argument holds is asked
// of command_table.hpp before it is written.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "session/context.hpp"
#include "session/place.hpp"
#include "session/redis/command.hpp"

namespace weir::session::redis {

class reporter {
public:
    explicit reporter(context& c) noexcept
        : shared_(c) {}

    /// A command is over; `answer` is its last reply, or null.
    void over(const place& id, const command& c, const reply* answer, common::timestamp now);
    /// The server said a list that is no reply; its first element is the kind.
    void push(const place& id, const reply& said);
    /// A line of MONITOR.
    void monitor_line(const place& id, const reply& said);
    /// A command that the server sends to its replica.
    void replicated(const place& id, const command& c);

    void notes(const place& id, std::optional<std::uint64_t> number, flow::side from, findings& found);

private:
    void arguments(const command& c);
    void set_reply(event::redis_reply& out, const reply& r, bool is_secret);
    [[nodiscard]] event::value value_at(const reply& r, std::size_t& i);
    [[nodiscard]] event::value list_at(const reply& r, std::size_t& i);
    void make_room(const reply& r);
    void emit_push(const place& id, event::redis_push& out);

    context& shared_;
    event::redis_command command_; ///< reused: its strings and lists point into what follows
    std::vector<argument> words_;
    std::vector<event::wire> args_;
    std::vector<event::value> values_;
    std::vector<event::value_pair> pairs_;
    std::size_t values_used_ = 0, pairs_used_ = 0;
    std::vector<std::string_view> codes_;
    std::vector<std::string> monitored_; ///< words of a line of MONITOR
    std::vector<event::value> pushed_;
};

} // namespace weir::session::redis
