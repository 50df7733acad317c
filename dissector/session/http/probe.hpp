// Tells by content whether bytes begin an HTTP/1 message, and which side would send them. Strict, for it must
// not fire on other protocols: RTSP, SIP, the HTTP/2 preface, inline commands of Redis.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::session::http {

enum class guess : std::uint8_t {
    no,
    unsure, ///< too few bytes; never answered for `enough` bytes or more
    request,
    response,
};

inline constexpr std::size_t enough = 64;

[[nodiscard]] constexpr bool is_message(guess g) noexcept {
    return g == guess::request || g == guess::response;
}

/// `text` begins where a message might; empty lines and blanks before it are allowed.
[[nodiscard]] guess probe(std::string_view text) noexcept;
/// The same where only one of the two can be.
[[nodiscard]] guess probe_request(std::string_view text) noexcept;
[[nodiscard]] guess probe_response(std::string_view text) noexcept;
/// A request line without an end, which the other side answers in no HTTP: one of HTTP/0.9.
[[nodiscard]] bool is_bare_request(std::string_view text) noexcept;
/// The same where a hole follows: as far as the text goes it is never unsure.
[[nodiscard]] guess probe_cut(std::string_view text) noexcept;
/// Whether it begins, as far as it goes, with a method in common use: behind a hole another one is more
/// likely what is left of one.
[[nodiscard]] bool begins_common_method(std::string_view text) noexcept;

} // namespace weir::session::http
