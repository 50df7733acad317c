// The closed list of application protocols. Adding one is its folder and one line here.
#pragma once

#include <memory>
#include <tuple>
#include <vector>

#include "session/application.hpp"
#include "session/context.hpp"
#include "session/dns/dns.hpp"
#include "session/http/http.hpp"
#include "session/redis/redis.hpp"
#include "session/websocket/websocket.hpp"

namespace weir::session {

/// Each names its `limits` and is made of the context and those.
template <class... Applications>
struct application_list {
    using limits = std::tuple<typename Applications::limits...>;

    template <class A>
    static constexpr std::size_t index_of() noexcept {
        constexpr std::array is{std::is_same_v<A, Applications>...};
        std::size_t i = 0;
        while (i < is.size() && !is[i]) ++i;
        return i;
    }

    [[nodiscard]] static std::vector<std::unique_ptr<application>> make(context& shared, const limits& most) {
        std::vector<std::unique_ptr<application>> all;
        (all.push_back(std::make_unique<Applications>(shared, std::get<index_of<Applications>()>(most))),
         ...);
        return all;
    }
};

/// In the order in which they are asked.
using applications =
    application_list<http::application, dns::application, redis::application, websocket::application>;

} // namespace weir::session
