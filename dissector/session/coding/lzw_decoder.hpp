// The "compress" coding (RFC 9110 section 8.4.1.1): LZW as UNIX compress(1) writes it, .Z. Must never hold
// more than its dictionary of 65,536 entries, nor follow a code that is not in it.
#pragma once

#include <memory>

#include "session/coding/decoder.hpp"

namespace weir::session {

[[nodiscard]] std::unique_ptr<decoder> make_lzw_decoder();

} // namespace weir::session
