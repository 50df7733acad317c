// The closed list of protocols. Adding one is its file and one line here; two that claim one key do not
// compile.
#pragma once

#include "protocol/icmp.hpp"
#include "protocol/ipv4.hpp"
#include "protocol/ipv6.hpp"
#include "protocol/link.hpp"
#include "protocol/tcp.hpp"
#include "protocol/udp.hpp"

namespace weir::protocol {

template <class... Protocols>
struct protocols {
    static constexpr std::size_t key_count = (Protocols::keys.size() + ...);

    static constexpr bool keys_are_unique = [] {
        std::array<key, key_count> all{};
        std::size_t n = 0;
        const auto add = [&](const auto& keys) {
            for (const key k : keys) all[n++] = k;
        };
        (add(Protocols::keys), ...);
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = i + 1; j < n; ++j)
                if (all[i] == all[j]) return false;
        return true;
    }();
    static_assert(keys_are_unique, "no two protocols claim one key");

    /// Runs the protocol that `k` names; false where none does.
    static bool dissect(key k, dissection& d, step& out) noexcept {
        return ((claims<Protocols>(k) && (out = Protocols::dissect(d), true)) || ...);
    }

private:
    template <class P>
    static constexpr bool claims(key k) noexcept {
        for (const key own : P::keys)
            if (own == k) return true;
        return false;
    }
};

/// In order of how often they are met.
using registry = protocols<tcp, ipv4, ethernet, udp, ipv6, sll, sll2, vlan, raw_ip, loopback, snap, ppp,
                           pppoe, mpls, ipv6_extension, ipv6_fragment, authentication, icmp, icmpv6>;

} // namespace weir::protocol
