#include "common/base64.hpp"

namespace weir::common {

void append_base64(std::string& out, bytes_view in) {
    static constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const auto put = [&](std::uint32_t group, int characters) {
        for (int i = 0; i < 4; ++i) out += i < characters ? alphabet[group >> (18 - 6 * i) & 63] : '=';
    };
    std::size_t i = 0;
    for (; in.size() - i >= 3; i += 3) put(load<std::uint32_t, std::endian::big, 3>(in, i), 4);
    if (in.size() - i == 2) put(std::uint32_t{in[i]} << 16 | std::uint32_t{in[i + 1]} << 8, 3);
    if (in.size() - i == 1) put(std::uint32_t{in[i]} << 16, 2);
}

} // namespace weir::common
