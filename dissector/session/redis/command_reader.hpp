// Reads commands, one after the other: arrays of bulk strings, and inline ones. Must never keep more of one
// than the limits, whatever it says it has.
#pragma once

#include "session/context.hpp"
#include "session/position.hpp"
#include "session/redis/command.hpp"
#include "session/redis/scanner.hpp"

namespace weir::session::redis {

class command_reader {
public:
    enum class outcome : std::uint8_t {
        need_more,
        over,   ///< the command is whole
        none,   ///< an empty line or array, which Redis passes over: nothing was read
        broken, ///< the command ends here: where the next one begins is not known
    };

    command_reader(const limits& most, const options& asked) noexcept;

    void reset() noexcept;
    /// Takes from the front of `data`, whose first byte is at `where`, until there is something to say. `to`
    /// was cleared when the command began, and stays the same until it is over.
    [[nodiscard]] outcome next(std::string_view& data, const position& where, command& to);
    /// False where the hole ends the command: what follows is not known to belong to it.
    [[nodiscard]] bool skip(const flow::gap& g, command& to);

    /// The side ends inside the command.
    void cut(command& to) noexcept;

    /// Between the first byte of a command and its last.
    [[nodiscard]] bool is_inside() const noexcept { return state_ != state::start; }

private:
    enum class state : std::uint8_t { start, inline_line, count, arguments };

    [[nodiscard]] outcome take(const token& t, const position& where, command& to);
    [[nodiscard]] outcome take_inline(const token& t, const position& where, command& to);
    [[nodiscard]] outcome over(command& to) noexcept;
    void add(command& to);
    void append(command& to, std::string_view bytes);

    const std::size_t most_elements_;
    const std::uint64_t most_bytes_;
    const std::uint64_t most_all_bytes_;
    scanner scanner_;
    state state_ = state::start;
    std::uint64_t remaining_ = 0; ///< arguments that are still to come
    bool is_kept_ = false;        ///< the argument being read is
    std::string word_;            ///< scratch
};

} // namespace weir::session::redis
