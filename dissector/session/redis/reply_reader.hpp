// Reads what a server says, one reply after the other, each with what is kept of it. Must never lose count of
// a list that is nested less deeply than the limit, however long it is.
#pragma once

#include <vector>

#include "session/context.hpp"
#include "session/position.hpp"
#include "session/redis/reply.hpp"
#include "session/redis/scanner.hpp"

namespace weir::session::redis {

class reply_reader {
public:
    enum class outcome : std::uint8_t {
        need_more,
        over,   ///< current() is a whole reply: call next_reply() before anything else
        broken, ///< current() ends here, for its bytes are no RESP; where the next one begins is not known
    };

    reply_reader(const limits& most, const options& asked) noexcept;

    void reset();
    /// Takes from the front of `data`, whose first byte is at `where`, until there is something to say.
    [[nodiscard]] outcome next(std::string_view& data, const position& where);
    /// False where the hole ends the reply: what follows is not known to belong to it.
    [[nodiscard]] bool skip(const flow::gap& g);
    /// Nothing more of the value at hand comes.
    void cut() noexcept;
    /// The packet goes away; call it after `need_more`.
    void settle() {
        if (is_inside()) current_.settle();
    }

    /// Between the first byte of a reply and its last.
    [[nodiscard]] bool is_inside() const noexcept { return is_begun_; }
    [[nodiscard]] reply& current() noexcept { return current_; }
    /// Forgets current().
    void next_reply();

private:
    /// A list whose elements are being read.
    struct frame {
        std::uint64_t remaining = 0; ///< elements, where it is not streamed
        std::size_t node = not_kept;
        std::size_t kept = 0; ///< elements
        char marker = 0;
        bool is_streamed = false;
        bool is_aside = false; ///< attributes of an element, which are not kept
    };
    static constexpr std::size_t not_kept = static_cast<std::size_t>(-1);

    [[nodiscard]] outcome take(const token& t, const position& where);
    [[nodiscard]] std::size_t add(redis_type type);
    void add_line(const token& t, const position& where);
    void add_text(std::size_t at, std::string_view bytes, bool is_passing);
    [[nodiscard]] bool open_list(const token& t);
    [[nodiscard]] bool element_over() noexcept;
    [[nodiscard]] bool close_list() noexcept;

    const limits& most_;
    const std::size_t most_elements_;
    const std::size_t most_values_;
    const std::uint64_t most_bytes_;     ///< of one element
    const std::uint64_t most_all_bytes_; ///< of all
    scanner scanner_;
    reply current_;
    bool is_begun_ = false;
    std::vector<frame> open_;
    std::size_t bulk_ = not_kept;  ///< the bulk string being read
    std::uint64_t kept_bytes_ = 0; ///< of current()
};

} // namespace weir::session::redis
