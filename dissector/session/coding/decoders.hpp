// The decoders of content codings (RFC 9110 section 8.4.1, RFC 7932, RFC 8878), each by its library. Must
// never know HTTP.
#pragma once

#include <memory>

#include "session/coding/coding.hpp"
#include "session/coding/decoder.hpp"

namespace weir::session {

/// Null for coding::unknown.
[[nodiscard]] std::unique_ptr<decoder> make_decoder(coding c);

} // namespace weir::session
