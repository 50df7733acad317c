// The data of an EDNS option in a form that one can read.
#pragma once

#include <string>

#include "common/bytes.hpp"

namespace weir::session::dns {

/// Appends it; nothing where the option has no such form, or its data is not what it says.
void append_option_text(std::string& out, std::uint16_t code, common::bytes_view data);

} // namespace weir::session::dns
