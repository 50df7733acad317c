// Streaming decoders of content codings (RFC 9110 section 8.4.1, RFC 7932, RFC 8878): bytes in, bytes out, as
// far as they go. Must never produce more than the caller's buffer holds.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "common/bytes.hpp"
#include "session/coding/coding.hpp"

namespace weir::session {

class decoder {
public:
    enum class result : std::uint8_t {
        more,   ///< all input was taken, or the buffer is full
        end,    ///< the coding says that it is over; input may be left
        broken, ///< the input is not in this coding
    };
    struct step {
        result what = result::more;
        std::size_t produced = 0;
    };

    decoder() = default;
    decoder(const decoder&) = delete;
    decoder& operator=(const decoder&) = delete;
    virtual ~decoder() = default;

    /// Ready for another body; keeps its memory where the library can.
    virtual void restart() noexcept = 0;
    /// Takes from the front of `in` and writes to `out`. Where the buffer was not filled, all input was taken
    /// unless the coding is over or broken.
    [[nodiscard]] virtual step run(common::bytes_view& in, std::span<std::uint8_t> out) noexcept = 0;
    /// The coding is not written as its standard says, and was undone all the same.
    [[nodiscard]] virtual bool is_odd() const noexcept { return false; }
};

/// Null for coding::unknown.
[[nodiscard]] std::unique_ptr<decoder> make_decoder(coding c);

} // namespace weir::session
