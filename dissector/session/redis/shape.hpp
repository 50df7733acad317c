// What bytes look like, without reading them: whether they begin a command, whether they are replies. For
// finding Redis on a connection, and for finding it again behind a hole.
//
// Must never say yes to what other protocols say: a number behind `$` or `*` is believed only with what it
// announces.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::session::redis {

enum class likeness : std::uint8_t {
    no,
    unsure, ///< more of it may tell
    yes,
};

struct command_shape {
    likeness as_array = likeness::no;  ///< an array of bulk strings
    likeness as_inline = likeness::no; ///< any line; cut off, only one that may be a command of Redis
    bool is_known = false;             ///< with a `yes`: a command of Redis, not of a module
    std::string_view name = {};        ///< as sent
};

/// How `text` begins.
[[nodiscard]] command_shape shape_of_command(std::string_view text) noexcept;

/// Whether its first line is an argument of a command whose beginning was not seen: the next one is announced
/// behind it.
[[nodiscard]] bool is_inside_array(std::string_view text) noexcept;

struct reply_shape {
    bool fits = false;       ///< all of it is RESP, but for the end of what is cut off
    std::size_t values = 0;  ///< whole ones, lists not counted
    std::size_t strings = 0; ///< whole bulk strings among them
    char first = 0;          ///< marker
    std::string_view line; ///< the first line, without marker and line end; empty where its end was not seen
};

/// `text` from its first byte on, as a row of values.
[[nodiscard]] reply_shape shape_of_replies(std::string_view text) noexcept;

/// Where a command begins, at the front of `data` or behind a line end in it; data.size() where none does.
/// `inline_too`: in front also a line that begins with a command of Redis.
[[nodiscard]] std::size_t find_command(std::string_view data, bool inline_too) noexcept;
/// Where a reply may begin: from there on everything fits.
[[nodiscard]] std::size_t find_reply(std::string_view data) noexcept;

} // namespace weir::session::redis
