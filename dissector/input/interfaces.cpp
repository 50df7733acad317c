#include "input/interfaces.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <system_error>

namespace weir::input {

namespace {

std::string numeric(const sockaddr* a) {
    std::array<char, NI_MAXHOST> text{};
    const socklen_t size = a->sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    const int failed = ::getnameinfo(a, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
    return failed == 0 ? text.data() : std::string();
}

} // namespace

std::vector<interface> list_interfaces() {
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0)
        throw std::system_error(errno, std::generic_category(), "cannot list the interfaces");
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all(first, &::freeifaddrs);
    std::vector<interface> found;
    for (const ifaddrs* a = first; a != nullptr; a = a->ifa_next) {
        const std::string name(a->ifa_name, std::strcspn(a->ifa_name, ":")); // "lo:1" labels an address of lo
        auto known =
            std::find_if(found.begin(), found.end(), [&](const interface& i) { return i.name == name; });
        if (known == found.end()) {
            const auto has = [&](unsigned flag) { return (a->ifa_flags & flag) != 0; };
            known = found.insert(found.end(), {name, has(IFF_UP), has(IFF_RUNNING), has(IFF_LOOPBACK), {}});
        }
        const bool ip = a->ifa_addr != nullptr &&
                        (a->ifa_addr->sa_family == AF_INET || a->ifa_addr->sa_family == AF_INET6);
        if (ip) known->addresses.push_back(numeric(a->ifa_addr));
    }
    found.push_back({"any", true, true, false, {}});
    return found;
}

} // namespace weir::input
