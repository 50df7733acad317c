// Base64 (RFC 4648 section 4, padded), for wire bytes that are no UTF-8 and for Community IDs.
#pragma once

#include <string>

#include "common/bytes.hpp"

namespace weir::common {

void append_base64(std::string& out, bytes_view in);

} // namespace weir::common
