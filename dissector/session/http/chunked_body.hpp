// The chunked transfer coding (RFC 9112 section 7.1), as bytes and holes come: what is body, where it ends,
// and what to think of it where it is not what it should be.
//
// Must never wait for bytes that are missing: behind a hole in the framing it looks for the framing again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "session/http/anomalies.hpp"
#include "session/http/chunk_search.hpp"

namespace weir::session::http {

class chunked_body {
public:
    enum class state : std::uint8_t {
        line, ///< of a chunk size
        data,
        line_end, ///< behind the data
        lost,     ///< a hole in the framing: looks for the next chunk size line
        over,     ///< the last chunk was read, or the framing broke
    };
    enum class outcome : std::uint8_t {
        need_more,
        data,       ///< `piece` is body
        last,       ///< the last chunk: trailers follow
        broken,     ///< this is no chunked framing; `piece` was taken for it
        too_long,   ///< a chunk size line is longer than the limit
        found,      ///< behind a hole: the framing goes on, and some of `unframed` was framing
        found_last, ///< the same, with the last chunk: trailers follow
        end,        ///< behind a hole: the body ends here, if nothing or a message follows
    };
    struct step {
        outcome what = outcome::need_more;
        std::string_view piece = {}; ///< lives until the next call
        std::uint64_t framing =
            0; ///< with `found`, `found_last` and `end`: bytes of framing among those behind the hole
    };

    /// `guessing`: whether it is chunked at all, its first line tells.
    void begin(bool guessing) noexcept;
    /// Takes from the front of `data`, which is not empty and begins at `where`, until there is something to
    /// say.
    [[nodiscard]] step next(std::string_view& data, const position& where, findings& notes,
                            std::size_t most_line);
    void skip(const flow::gap& g) noexcept;

    [[nodiscard]] state now() const noexcept { return state_; }
    [[nodiscard]] bool is_guessing() const noexcept { return guessing_; }
    /// Nothing was read yet.
    [[nodiscard]] bool is_at_start() const noexcept { return at_start_ && line_.empty(); }
    /// Bytes of the chunk that did not come.
    [[nodiscard]] std::uint64_t remaining() const noexcept { return state_ == state::data ? remaining_ : 0; }
    /// Of a line that has not ended.
    [[nodiscard]] std::string_view unfinished() const noexcept { return line_; }

private:
    [[nodiscard]] step read_line(std::string_view& data, const position& where, findings& notes,
                                 std::size_t most_line);
    [[nodiscard]] step read_data(std::string_view& data) noexcept;
    [[nodiscard]] step read_line_end(std::string_view& data, const position& where, findings& notes);
    [[nodiscard]] step search(std::string_view& data, const position& where) noexcept;
    [[nodiscard]] step give_up(anomaly why, std::string_view taken, const position& where, findings& notes);

    state state_ = state::over;
    bool guessing_ = false;
    bool at_start_ = true;
    std::uint64_t remaining_ = 0; ///< of the chunk
    chunk_search search_;
    std::string line_; ///< a chunk size line, or a line end, that came in parts
};

} // namespace weir::session::http
