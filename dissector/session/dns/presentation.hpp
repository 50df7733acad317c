// The small forms that presentation is made of: numbers, hexadecimal, base64, quoted text, as BIND's dig
// writes them.
#pragma once

#include <string>
#include <string_view>

#include "common/bytes.hpp"
#include "common/ip_address.hpp"

namespace weir::session::dns {

/// Long encoded data is broken with a space after this many characters.
inline constexpr std::size_t word_size = 56;

void append_number(std::string& out, std::uint64_t n);
/// `width` digits at least.
void append_padded(std::string& out, std::uint64_t n, unsigned width);
enum class letters : bool { upper, lower };
/// In one word.
void append_hex(std::string& out, common::bytes_view data, letters which);
/// Breaks what was appended since `from` into words.
void break_words(std::string& out, std::size_t from);
/// RFC 4648 section 7, without padding.
void append_base32hex(std::string& out, common::bytes_view data);
/// In quotation marks; bytes that are not printable ASCII as \DDD.
void append_quoted(std::string& out, common::bytes_view text);
/// The bytes of an address; version 4 or 6 by how many there are, which is 4 or 16.
void append_address(std::string& out, common::bytes_view bytes);
/// YYYYMMDDHHMMSS, UTC (RFC 4034 section 3.2).
void append_time(std::string& out, std::uint32_t seconds);
/// Groups of hexadecimal digits: 00-1a-2b with one byte each, 1a2b:0:1 with two.
void append_octets(std::string& out, common::bytes_view data);
void append_groups(std::string& out, common::bytes_view data);
/// TYPE65280 where it has no name.
void append_type(std::string& out, std::uint16_t type);
/// The parameters of SVCB and HTTPS records (RFC 9460 section 2.2), each with a space before it. False where
/// they are malformed; what was appended is to be dropped then.
[[nodiscard]] bool append_service_parameters(std::string& out, common::bytes_view data);

} // namespace weir::session::dns
