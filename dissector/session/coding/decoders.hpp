// The decoders of content codings (RFC 9110 section 8.4.1, RFC 7932, RFC 8878), each by its library. Must
// never know HTTP.
#pragma once

#include <memory>

#include "session/coding/decoder.hpp"

namespace weir::session {

/// `gzip` undoes gzip that goes by the name of deflate.
[[nodiscard]] std::unique_ptr<decoder> make_deflate_decoder(std::unique_ptr<decoder> gzip);
[[nodiscard]] std::unique_ptr<decoder> make_brotli_decoder();
[[nodiscard]] std::unique_ptr<decoder> make_zstd_decoder();
[[nodiscard]] std::unique_ptr<decoder> make_lzma_decoder();

} // namespace weir::session
