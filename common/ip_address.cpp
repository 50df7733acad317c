#include "common/ip_address.hpp"

#include <arpa/inet.h>
#include <charconv>

namespace weir::common {

ip_address ip_address::v4(bytes_view four) noexcept {
    check(four.size() == 4, "an IPv4 address is four bytes");
    ip_address a;
    std::copy(four.begin(), four.end(), a.bytes.begin());
    return a;
}

ip_address ip_address::v6(bytes_view sixteen) noexcept {
    check(sixteen.size() == 16, "an IPv6 address is sixteen bytes");
    ip_address a;
    a.version = 6;
    std::copy(sixteen.begin(), sixteen.end(), a.bytes.begin());
    return a;
}

std::size_t write_ip(const ip_address& a, std::span<char, ip_text_size> out) noexcept {
    if (a.version == 4) {
        char* p = out.data();
        for (std::size_t i = 0; i < 4; ++i) {
            if (i > 0) *p++ = '.';
            p = std::to_chars(p, out.data() + out.size(), a.bytes[i]).ptr;
        }
        return static_cast<std::size_t>(p - out.data());
    }
    inet_ntop(AF_INET6, a.bytes.data(), out.data(), static_cast<socklen_t>(out.size()));
    return std::char_traits<char>::length(out.data());
}

std::string to_string(const ip_address& a) {
    std::array<char, ip_text_size> text{};
    return {text.data(), write_ip(a, text)};
}

} // namespace weir::common
