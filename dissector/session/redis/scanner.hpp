// Cuts one direction of RESP2 or RESP3 into tokens: headers, lines, pieces of bulk strings. What came in one
// packet is not copied. It counts nothing: who reads the tokens knows how they nest.
//
// Must never wait for more of a line than it keeps, nor believe a length above the limits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "session/redis/anomalies.hpp"
#include "session/redis/limits.hpp"

namespace weir::session::redis {

struct token {
    enum class kind : std::uint8_t {
        need_more,
        line,       ///< + - : _ # , ( and an inline command: `text` is all of it
        list,       ///< * ~ % > |: `count` elements; of maps and attributes twice as many follow
        bulk,       ///< $ ! =: `count` bytes follow as pieces
        piece,      ///< of a bulk string: `text`
        bulk_end,   ///< the bulk string is over
        stream_end, ///< `.`: the streamed list is over
        broken,     ///< nothing was taken of `data` but a line: `why`
    };
    kind what = kind::need_more;
    char marker = 0; ///< the first byte; 0 for an inline command
    bool is_null = false;
    bool is_streamed = false; ///< its length is not known: RESP3's `?`
    bool is_cut = false;      ///< `text` is a line that was longer than the limit
    bool is_odd = false;      ///< no CRLF behind a bulk string; an inline command without CR
    bool is_passing = false;  ///< `text` lives until the next call only; otherwise as long as `data`
    std::uint64_t count = 0;
    std::string_view text = {};
    anomaly why = anomaly::type_unknown;
};

/// An integer as RESP writes it: no sign but `-`, no leading zero. False where it is none, or too large.
[[nodiscard]] bool parse_integer(std::string_view text, std::int64_t& out) noexcept;

class scanner {
public:
    explicit scanner(const limits& most) noexcept
        : most_(most) {}

    void reset() noexcept;

    /// Takes one token from the front of `data`, which may be empty: a hole may have ended a bulk string.
    [[nodiscard]] token next(std::string_view& data);
    /// The same where an inline command must follow: a line that LF ends.
    [[nodiscard]] token next_inline(std::string_view& data);

    /// Bytes are missing here. False where it is lost by that: the hole is not inside a bulk string of known
    /// length.
    [[nodiscard]] bool skip(std::uint64_t length) noexcept;

    /// Between two tokens that are not parts of one bulk string.
    [[nodiscard]] bool is_at_start() const noexcept { return state_ == state::start; }
    [[nodiscard]] bool is_inside_bulk() const noexcept { return state_ == state::bulk; }

private:
    enum class state : std::uint8_t {
        start,
        line,     ///< behind a marker
        bulk,     ///< in the data of a bulk string, or of a chunk of one
        bulk_end, ///< the CRLF behind it
        chunk,    ///< the header of a streamed string's next chunk
    };

    [[nodiscard]] bool take_line(std::string_view& data, std::string_view& line, bool needs_cr);
    void keep(std::string_view part);
    [[nodiscard]] token header(std::string_view line);
    [[nodiscard]] token chunk_header(std::string_view line);
    void begin_bulk(std::uint64_t length) noexcept;
    [[nodiscard]] token read_bulk(std::string_view& data) noexcept;
    [[nodiscard]] token read_bulk_end(std::string_view& data) noexcept;
    [[nodiscard]] token give_up(anomaly why) noexcept;

    const limits& most_;
    state state_ = state::start;
    char marker_ = 0;
    bool is_streamed_ = false;    ///< the bulk string comes in chunks
    bool end_is_odd_ = false;     ///< of the CRLF behind it
    bool is_cut_ = false;         ///< the line is longer than what is kept of it
    bool ended_in_cr_ = false;    ///< what came of the line so far
    unsigned end_seen_ = 0;       ///< bytes of the CRLF behind a bulk string
    std::uint64_t remaining_ = 0; ///< bytes of the bulk string or chunk
    std::string line_;            ///< a line that came in parts
};

} // namespace weir::session::redis
