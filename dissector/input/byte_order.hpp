// Integers of a capture file in the byte order of the machine that wrote it.
#pragma once

#include "common/bytes.hpp"

namespace weir::input {

struct byte_order {
    bool big = false;

    template <std::unsigned_integral T>
    [[nodiscard]] T load(common::bytes_view b, std::size_t offset) const noexcept {
        return big ? common::load<T, std::endian::big>(b, offset)
                   : common::load<T, std::endian::little>(b, offset);
    }
    [[nodiscard]] std::uint16_t u16(common::bytes_view b, std::size_t o) const noexcept {
        return load<std::uint16_t>(b, o);
    }
    [[nodiscard]] std::uint32_t u32(common::bytes_view b, std::size_t o) const noexcept {
        return load<std::uint32_t>(b, o);
    }
    [[nodiscard]] std::uint64_t u64(common::bytes_view b, std::size_t o) const noexcept {
        return load<std::uint64_t>(b, o);
    }
};

} // namespace weir::input
