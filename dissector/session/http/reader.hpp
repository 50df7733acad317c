// Reads one direction of a connection: stream bytes in, messages out, one at a time. "Need more" is a value;
// a hole is told with skip(). It knows nothing of the other direction: who reads the messages says how each
// body is framed. Must never wait for bytes that were reported missing.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flow/stream.hpp"
#include "session/context.hpp"
#include "session/http/chunked_body.hpp"
#include "session/http/framing.hpp"
#include "session/http/head_parser.hpp"
#include "session/http/message_pool.hpp"
#include "session/http/probe.hpp"

namespace weir::session::http {

/// Hears of the bytes of a body as they come.
class body_listener {
public:
    /// `offset`: in the body, without the transfer coding.
    virtual void on_body(message_kind from, std::uint64_t offset, std::string_view bytes,
                         const position& where) = 0;

protected:
    ~body_listener() = default;
};

class reader {
public:
    enum class outcome : std::uint8_t {
        need_more,  ///< all data was taken
        head,       ///< the head of current() is complete: call frame() before anything else
        over,       ///< current() is over: call release() before anything else
        cut_head,   ///< current() lost its way inside its head, and some of it can be told
        unexpected, ///< current() begins no message: call take_as_body() or skip_junk() before anything else
    };

    reader(message_pool& pool, const limits& most, const options& asked) noexcept
        : pool_(pool)
        , most_(most)
        , asked_(asked) {}

    /// Null: nobody listens.
    void report_body_to(body_listener* listener) noexcept { listener_ = listener; }

    /// `searching`: the first byte may be in the middle of anything.
    void open(message_kind kind, bool searching) noexcept;
    /// Gives back what is being read.
    void close() noexcept;

    /// Takes from the front of `data` until there is something to tell. `where` is the place of its first
    /// byte; `chunk_start`: that is the first byte of a packet.
    [[nodiscard]] outcome next(std::string_view& data, position where, bool chunk_start);
    /// `over` where there is no body.
    [[nodiscard]] outcome frame(const framing& f, const position& where);
    [[nodiscard]] outcome skip(const flow::gap& g);
    /// The side ends here. `closed` is its FIN; all but that and `reset` are the capture's end, not the
    /// connection's.
    [[nodiscard]] outcome finish(event::ending why, const position& where);

    [[nodiscard]] message* current() const noexcept { return current_; }
    /// Hands the message over to the caller, for good.
    message* release() noexcept;

    /// An HTTP/0.9 response: what was taken for a head is the body (RFC 1945 section 5). After `unexpected`
    /// only.
    void take_as_body(const position& where);
    /// What was taken for a head belongs to no message; one may begin with any line that follows. After
    /// `unexpected` only.
    void skip_junk();
    /// After `unexpected`: no message was found behind it, as far as it was looked for.
    [[nodiscard]] bool was_hunted() const noexcept { return junk_.hunted; }
    /// The other side answers: a request line without a version is a whole HTTP/0.9 request, for which no
    /// empty line need follow (RFC 1945 section 5), nor a line end where the answer is no HTTP either.
    [[nodiscard]] outcome end_http09_head(std::string_view answer = {});
    /// The message whose body was announced will not have one (RFC 9110 section 10.1.1).
    void abandon_body() noexcept;
    /// The status says that there is no body, and what follows is to tell whether there is.
    [[nodiscard]] bool awaits_denied_body() const noexcept { return state_ == state::denied_body; }
    /// There is none, or what follows a lost head is not the message's any more.
    [[nodiscard]] outcome end_here(const position& where);
    /// The head is complete and no byte of a body came.
    [[nodiscard]] bool awaits_first_body_byte() const noexcept;
    /// After that: there will be none.
    [[nodiscard]] outcome end_without_body(const position& where);
    /// Some of the head is lost; what follows may be body.
    [[nodiscard]] bool has_lost_head() const noexcept { return state_ == state::lost_head; }
    /// Behind a hole messages may begin in the middle of packets.
    void expect_pipelined(bool may_be) noexcept { pipelined_ = may_be; }
    /// Whatever follows is no HTTP.
    void ignore() noexcept { state_ = state::ignoring; }

    /// Missing bytes that belong to no message that was seen; asking resets them.
    [[nodiscard]] loss take_lost() noexcept { return std::exchange(lost_, {}); }
    /// They are counted elsewhere; what is seen behind them is not.
    void disown_lost() noexcept { lost_.bytes = 0; }

    [[nodiscard]] bool is_between_messages() const noexcept { return state_ == state::start; }
    [[nodiscard]] bool is_inside_message() const noexcept { return current_ != nullptr; }
    /// What comes next is not known to begin a message, or to belong to the current one.
    [[nodiscard]] bool is_searching() const noexcept {
        return state_ == state::searching || state_ == state::lost_head ||
               (state_ == state::chunked && chunks_.now() == chunked_body::state::lost);
    }
    [[nodiscard]] bool awaits_body() const noexcept;

    /// What the reader expects next; reader.cpp has one function for each and each kind of input.
    enum class state : std::uint8_t {
        start,     ///< a message, or empty lines before one
        searching, ///< behind a hole: a message may begin with any packet
        junk,      ///< behind bytes that belong to none: a message may begin with any line
        head,
        lost_head, ///< behind a hole in a head: its body, until something begins like a message
        body_length,
        body_until_end,
        chunked,
        trailers,
        denied_body, ///< announced where the status allows none
        lost_body,   ///< chunked framing broke: the rest belongs to the body, until something begins like a
                     ///< message
        ignoring,
    };
    static constexpr std::size_t state_count = 12;
    [[nodiscard]] state now() const noexcept { return state_; }

private:
    /// Bytes that are to be read; what is taken of `data` moves `where` along.
    struct input {
        std::string_view& data;
        position where;
        bool chunk_start; ///< `data` begins with the first byte of a packet
    };
    /// How each state takes bytes, a hole and the end.
    struct row {
        outcome (reader::*read)(input&);
        outcome (reader::*skip)(const flow::gap&);
        outcome (reader::*end)(event::ending, const position&);
    };
    static const std::array<row, state_count> rows;

    [[nodiscard]] outcome read_start(input& in);
    [[nodiscard]] outcome search(input& in);
    [[nodiscard]] outcome read_junk(input& in);
    [[nodiscard]] outcome read_head(input& in);
    [[nodiscard]] outcome read_lost_head(input& in);
    [[nodiscard]] outcome read_body(input& in);
    [[nodiscard]] outcome read_to_end(input& in);
    [[nodiscard]] outcome read_chunks(input& in);
    [[nodiscard]] outcome read_trailers(input& in);
    [[nodiscard]] outcome read_denied_body(input& in);
    [[nodiscard]] outcome read_lost_body(input& in);
    [[nodiscard]] outcome read_nothing(input& in);

    [[nodiscard]] outcome skip_between(const flow::gap& g);
    [[nodiscard]] outcome skip_in_junk(const flow::gap& g);
    [[nodiscard]] outcome skip_in_head(const flow::gap& g);
    [[nodiscard]] outcome skip_in_body(const flow::gap& g);
    [[nodiscard]] outcome skip_in_open_body(const flow::gap& g);
    [[nodiscard]] outcome skip_in_chunks(const flow::gap& g);
    [[nodiscard]] outcome skip_in_trailers(const flow::gap& g);
    [[nodiscard]] outcome skip_nothing(const flow::gap& g);

    [[nodiscard]] outcome end_between(event::ending why, const position& where);
    [[nodiscard]] outcome end_in_junk(event::ending why, const position& where);
    [[nodiscard]] outcome end_in_head(event::ending why, const position& where);
    [[nodiscard]] outcome end_in_body(event::ending why, const position& where);
    [[nodiscard]] outcome end_open_body(event::ending why, const position& where);
    [[nodiscard]] outcome end_in_chunks(event::ending why, const position& where);
    [[nodiscard]] outcome end_in_trailers(event::ending why, const position& where);
    [[nodiscard]] outcome end_denied_body(event::ending why, const position& where);
    [[nodiscard]] outcome end_lost_body(event::ending why, const position& where);

    [[nodiscard]] head_parser::result read_section(input& in, bool& too_long);
    [[nodiscard]] outcome begin_if_message(input& in);
    void begin_trailers(const position& where);
    [[nodiscard]] outcome resume_chunks(input& in, const chunked_body::step& found);
    [[nodiscard]] outcome lose_framing(std::string_view taken, const position& where);
    [[nodiscard]] outcome cut_body(std::uint64_t announced, event::ending why, const position& where);
    [[nodiscard]] outcome end_message(bool complete, const position& where, state then);
    [[nodiscard]] outcome cut_off();
    void give_back_after_line(input& in, std::string_view fresh);
    void take_junk(std::string_view bytes);
    [[nodiscard]] outcome present_junk();
    [[nodiscard]] bool may_begin_message(std::string_view data) const noexcept;
    [[nodiscard]] std::size_t find_inner_message(std::string_view data) const noexcept;
    void look_for_smuggled(std::string_view bytes, const position& where);
    [[nodiscard]] bool holds_http09_head() const noexcept;
    [[nodiscard]] outcome end_head();
    void forget_junk() noexcept;
    [[nodiscard]] guess look_for_message(std::string_view data) const noexcept;
    [[nodiscard]] bool has_no_body_here(const input& in) const noexcept;
    void begin_message(const position& where);
    void body(std::string_view bytes, const position& where);
    void begin_kept_body(const position& where);

    message_pool& pool_;
    const limits& most_;
    const options& asked_;
    message_kind kind_ = message_kind::request;
    state state_ = state::start;
    bool tentative_ = false; ///< the message was begun on too few bytes to be sure
    message* current_ = nullptr;
    head_parser parser_;
    std::size_t section_base_ = 0; ///< where the head or trailer section begins in the message's text
    framing framing_;
    std::uint64_t remaining_ = 0; ///< bytes of a body of known length
    chunked_body chunks_;
    loss lost_;                ///< missing bytes that belong to no message that was seen
    bool behind_hole_ = false; ///< since then no message was found
    bool pipelined_ = false;
    body_listener* listener_ = nullptr;
    /// What may be a request inside the body of another, from a place on: no more than tells whether it is.
    struct suspect {
        bool is_open = false;
        std::string text;
        [[nodiscard]] bool is_request(std::string_view bytes);
    };
    suspect at_body_start_, at_length_end_;
    std::uint64_t announced_end_ = 0; ///< where Content-Length ended a request that was read by its chunks

    /// What belongs to no message, since the last one.
    struct junk {
        std::uint64_t bytes = 0;
        std::string text; ///< of responses, up to the limit: it may be a body without a head
        turn begins;
        common::timestamp first;
        bool in_line = false;   ///< the line at hand has not ended
        bool hunted = false;    ///< it was presented as a whole
        bool tentative = false; ///< the message at hand is looked at
    };
    junk junk_;
    std::vector<coding> codings_; ///< scratch
};

} // namespace weir::session::http
