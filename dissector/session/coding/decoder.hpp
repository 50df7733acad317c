// A streaming decoder: bytes in, bytes out, as far as they go. Must never produce more than the caller's
// buffer holds.
#pragma once

#include <cstdint>
#include <span>

#include "common/bytes.hpp"

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
    /// The coding marks its end: without that, something is missing.
    [[nodiscard]] virtual bool has_end() const noexcept { return true; }
    /// The coding is not written as its standard says, and was undone all the same.
    [[nodiscard]] virtual bool is_odd() const noexcept { return false; }
};

} // namespace weir::session
