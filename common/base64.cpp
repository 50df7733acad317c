#include "common/base64.hpp"

namespace weir::common {

void write_base64(bytes_view in, std::span<char> out) noexcept {
    static constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    check(out.size() == base64_size(in.size()), "Base64 has room for its text");
    std::size_t at = 0;
    const auto put = [&](std::uint32_t group, int characters) {
        for (int i = 0; i < 4; ++i) out[at++] = i < characters ? alphabet[group >> (18 - 6 * i) & 63] : '=';
    };
    std::size_t i = 0;
    for (; in.size() - i >= 3; i += 3) put(load<std::uint32_t, std::endian::big, 3>(in, i), 4);
    if (in.size() - i == 2) put(std::uint32_t{in[i]} << 16 | std::uint32_t{in[i + 1]} << 8, 3);
    if (in.size() - i == 1) put(std::uint32_t{in[i]} << 16, 2);
}

void append_base64(std::string& out, bytes_view in) {
    const std::size_t before = out.size();
    out.resize(before + base64_size(in.size()));
    write_base64(in, std::span(out).subspan(before));
}

} // namespace weir::common
