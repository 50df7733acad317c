// The closed list of events. Adding one is its struct and one line here.
#pragma once

#include <bitset>
#include <tuple>
#include <variant>

#include "event/anomaly.hpp"
#include "event/capture_events.hpp"
#include "event/http_events.hpp"
#include "event/tcp_events.hpp"

namespace weir::event {

template <class... Events>
struct list {
    using reference = std::variant<const Events*...>;
    static constexpr std::size_t size = sizeof...(Events);
    static constexpr std::array<std::string_view, size> names{Events::name...};

    template <class E>
    static constexpr std::size_t index_of() noexcept {
        std::size_t i = 0, at = size;
        ((at = std::is_same_v<E, Events> ? i : at, ++i), ...);
        return at;
    }

    /// Calls f.template operator()<Event>() for each, in order.
    template <class F>
    static constexpr void for_each(F&& f) {
        (f.template operator()<Events>(), ...);
    }
};

using registry = list<capture_start, capture_stats, capture_lost, capture_resumed, capture_end, tcp_open,
                      tcp_close, http_request, http_response, http_exchange, anomaly>;

using any_event = registry::reference;
using mask = std::bitset<registry::size>;

template <class E>
[[nodiscard]] constexpr std::size_t kind() noexcept {
    static_assert(registry::index_of<E>() < registry::size, "an event must be in the registry");
    return registry::index_of<E>();
}

} // namespace weir::event
