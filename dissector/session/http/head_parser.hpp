// Reads start lines and field lines (RFC 9112 sections 2 to 5) from text that grows. It records pieces
// relative to the first byte of the message and copies nothing. Tolerant: what is odd but readable is noted,
// not refused.
#pragma once

#include <cstdint>
#include <string_view>

#include "session/http/message.hpp"
#include "session/position.hpp"

namespace weir::session::http {

class head_parser {
public:
    enum class result : std::uint8_t {
        need_more,
        done,   ///< the empty line was read
        broken, ///< the first line is no start line
    };

    /// A new head, or with `trailers` a section of field lines that begins at `base` in the message's text.
    void begin(bool trailers, std::uint32_t base, std::uint64_t offset) noexcept;

    /// `section` is all of it that was seen, from its first byte, and may not shrink between calls. `where`
    /// is only used for the time and the packet of notes.
    [[nodiscard]] result parse(std::string_view section, message& m, const position& where,
                               std::size_t max_fields);

    /// What was read last may be the end of the head, unless more of it follows: a line of white space alone.
    [[nodiscard]] bool may_be_done() const noexcept { return doubtful_end_ != 0; }
    /// Nothing follows: it is the end.
    void take_doubtful_end() noexcept { line_ = doubtful_end_; }

    /// Bytes of the section with its empty line, after `done`; bytes of whole lines before that.
    [[nodiscard]] std::size_t consumed() const noexcept { return line_; }

    /// The head ends within its first line. False where that says nothing. Precondition: the section is in
    /// message::text.
    [[nodiscard]] bool cut_start_line(message& m) noexcept;

    /// Once the section is in message::text: values that go on over several lines become one line
    /// (RFC 9112 section 5.2).
    void finish(message& m) const;

private:
    [[nodiscard]] std::size_t odd_line_end(std::string_view section, std::size_t at, message& m,
                                           const position& where);
    void odd_control(char c, std::size_t at, message& m, const position& where);
    enum class blank_line : std::uint8_t { need_more, is_end, is_line };
    [[nodiscard]] blank_line look_behind_blank_line(std::string_view section, std::size_t next) noexcept;
    void continue_value(std::string_view line, message& m, const position& where);
    void field_line(std::string_view section, std::size_t end, message& m, const position& where,
                    std::size_t max_fields);
    void odd_field_line(std::string_view line, message& m, const position& where, std::size_t max_fields);
    void add(message& m, piece name, piece value, known_field known, const position& where,
             std::size_t max_fields);
    void note_at(message& m, anomaly a, std::size_t at, const position& where,
                 std::string_view line = {}) const;

    std::size_t line_ = 0;         ///< where the line being read begins
    std::size_t scanned_ = 0;      ///< no LF before this
    std::size_t kept_ = 0;         ///< fields of this section in the message
    std::size_t doubtful_end_ = 0; ///< behind a line of white space alone that may end the head
    std::uint32_t base_ = 0;
    std::uint64_t offset_ = 0;
    bool trailers_ = false;
    bool first_line_ = true;
    bool folded_ = false;
    bool odd_control_ = false;   ///< the section holds control characters that it must not
    bool skipping_fold_ = false; ///< the field before was left out, and so are the lines that continue it
    piece name_before_;          ///< the line before, where it had no colon: the next may begin with it
    known_field known_before_ = known_field::other;
};

} // namespace weir::session::http
