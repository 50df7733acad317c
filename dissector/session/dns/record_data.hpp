// The data of a record in presentation form, as dig prints it: a table says of which pieces each type is
// made.
#pragma once

#include <string>

#include "common/bytes.hpp"

namespace weir::session::dns {

/// Appends the data of a record of this type, the `length` bytes at `at`; names in it may point to what is
/// before them. False, and nothing appended, where they are not what the type says. A type without a form of
/// its own is written as RFC 3597 section 5 says. Precondition: the data lies in the message.
[[nodiscard]] bool append_record_data(std::string& out, common::bytes_view message, std::size_t at,
                                      std::size_t length, std::uint16_t type);

/// The same in the form of RFC 3597, whatever the type: \# 4 0a000001.
void append_unknown_data(std::string& out, common::bytes_view data);

} // namespace weir::session::dns
