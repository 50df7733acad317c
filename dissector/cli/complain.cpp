#include "cli/complain.hpp"

#include <cstdio>

namespace weir::cli {

void complain(const std::string& what) {
    // a service, a helper or a file's name may have part in it, and standard error is a terminal at times
    std::string line;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(what.c_str()[i]); };
    const auto is_c1 = [&](std::size_t i) { // U+0080 to U+009F in UTF-8
        return byte(i) == 0xc2 && byte(i + 1) >= 0x80 && byte(i + 1) < 0xa0;
    };
    for (std::size_t i = 0; i < what.size(); ++i) {
        constexpr char digits[] = "0123456789abcdef";
        if (byte(i) < 0x20 || byte(i) == 0x7f || is_c1(i) || (i > 0 && is_c1(i - 1)))
            line.append({'\\', 'x', digits[byte(i) >> 4], digits[byte(i) & 15]});
        else
            line += what[i];
    }
    std::fprintf(stderr, "weir: %s\n", line.c_str());
}

} // namespace weir::cli
