// Pieces of HAR that come off the wire: strings, URLs, query strings, cookies, dates. HAR has no place for
// bytes: what is not UTF-8 is read as ISO-8859-1, which loses nothing, and whoever writes it says so.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/timestamp.hpp"
#include "event/line_buffer.hpp"

namespace weir::output::har {

/// A JSON string; false where the bytes are not UTF-8 and were read as ISO-8859-1.
bool put_string(event::line_buffer& out, std::string_view bytes);

/// Milliseconds with six decimals.
void put_milliseconds(event::line_buffer& out, common::nanoseconds d);

/// `url` as a JSON string that RFC 3986 allows: any other byte as %XX.
void put_url(event::line_buffer& out, std::string_view url);

/// [{"name":..,"value":..}] of a query, percent-decoded as a form is (WHATWG URL section 5.1); `target` may
/// have none.
void put_query(event::line_buffer& out, std::string_view target);

/// The elements of a Cookie field (RFC 6265 section 4.2), each with a comma before it.
void put_cookies(event::line_buffer& out, std::string_view field);

/// The cookie of a Set-Cookie field (RFC 6265 section 5.2), with a comma before it.
void put_set_cookie(event::line_buffer& out, std::string_view field);

/// The date of a cookie (RFC 6265 section 5.1.1); nothing where it is none.
[[nodiscard]] std::optional<common::timestamp> cookie_date(std::string_view text) noexcept;

} // namespace weir::output::har
