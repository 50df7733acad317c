// Server-sent events from the bytes of a response (WHATWG HTML, section 9.2.6), wherever those are cut. Must
// never hold more of an event than it reports.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "session/position.hpp"

namespace weir::session::http {

/// A field of an event; keeps its memory.
struct sse_field {
    bool is_there = false;
    std::string text;

    void begin() noexcept {
        is_there = true;
        text.clear();
    }
};

/// One event, as far as it came.
struct server_event {
    sse_field type, id, data;
    std::optional<std::uint64_t> retry;
    std::uint64_t size = 0;     ///< of data, kept or not
    std::uint64_t comments = 0; ///< also those between the event before and this one
    bool is_cut = false;
    bool is_whole = false;

    [[nodiscard]] bool empty() const noexcept {
        return !type.is_there && !id.is_there && !data.is_there && !retry;
    }
    void clear() noexcept {
        for (sse_field* const f : {&type, &id, &data}) f->is_there = false;
        retry.reset();
        size = comments = 0;
        is_cut = is_whole = false;
    }
};

class sse_listener {
public:
    virtual void on_server_event(const server_event& e, const position& where) = 0;

protected:
    ~sse_listener() = default;
};

class sse_parser {
public:
    /// Of each event, `keep` bytes of each field are kept.
    void open(std::uint64_t keep, sse_listener& to) noexcept;
    void feed(std::string_view bytes, const position& where);
    /// Bytes are missing here: the event at hand is over, and the next one begins behind an empty line.
    void interrupt(const position& where);
    /// Nothing follows: an event without the empty line behind it is not whole.
    void finish(const position& where);

private:
    /// Where in a line the next byte stands.
    enum class state : std::uint8_t {
        mark,    ///< at the beginning of all: it may be a byte order mark
        name,    ///< of a field
        space,   ///< behind the colon
        value,   ///< of a known field
        ignored, ///< until the end of the line: a comment, an unknown field
    };
    enum class field : std::uint8_t { data, event, id, retry, none };

    void read_line_part(std::string_view part);
    void begin_value();
    void append(std::string& to, std::string_view part);
    void end_line(const position& where);
    void end_field();
    void emit(bool is_whole, const position& where);

    sse_listener* to_ = nullptr;
    std::uint64_t keep_ = 0;
    state state_ = state::mark;
    field field_ = field::none;
    std::string name_;  ///< no longer than the longest that is known, and one
    std::string value_; ///< of id and retry, for those may turn out to be none
    bool is_line_empty_ = true;
    bool is_behind_cr_ = false;  ///< a LF belongs to it
    bool is_behind_gap_ = false; ///< until the next empty line nothing is believed
    server_event event_;
};

} // namespace weir::session::http
