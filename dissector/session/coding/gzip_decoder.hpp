// gzip (RFC 1952) as browsers read it: reserved flags, or a checksum of the header that is wrong, are no
// reason to show nothing. Must never believe the data's own word on its size.
#pragma once

#include <memory>

#include "session/coding/decoder.hpp"

namespace weir::session {

[[nodiscard]] std::unique_ptr<decoder> make_gzip_decoder();

} // namespace weir::session
