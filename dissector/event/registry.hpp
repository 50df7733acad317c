// The closed list of events. Adding one is its struct and one line here. Only those who must know every event
// include this: JSON, schema, reference, selection, the text view; tests/event/includes.py holds it.
#pragma once

#include <array>

#include "event/anomaly.hpp"
#include "event/any_event.hpp"
#include "event/capture_events.hpp"
#include "event/dns_events.hpp"
#include "event/form.hpp"
#include "event/http_events.hpp"
#include "event/redis_events.hpp"
#include "event/sse_events.hpp"
#include "event/tcp_detail_events.hpp"
#include "event/tcp_events.hpp"
#include "event/udp_events.hpp"
#include "event/websocket_events.hpp"

namespace weir::event {

template <class... Events>
struct list {
    static constexpr std::size_t size = sizeof...(Events);
    static_assert(size <= most_kinds, "a mask must have room for every kind");
    static_assert((is_event<Events> && ...), "an event has a name, an audience and a field table");
    static_assert((is_finite<Events>() && ...), "no struct holds itself: value nests");

    static constexpr std::array<std::string_view, size> names{Events::name...};
    static constexpr std::array<audience, size> audiences{Events::seen...};

    /// Calls f.template operator()<Event>() for each, in order.
    template <class F>
    static constexpr void for_each(F&& f) {
        (f.template operator()<Events>(), ...);
    }

    /// Calls f with the event that `e` points to.
    template <class F>
    static void visit(const any_event& e, F& f) {
        static constexpr std::array<void (*)(const void*, F&), size> calls{
            [](const void* object, F& to) { to(*static_cast<const Events*>(object)); }...};
        calls[e.kind()](e.object(), f);
    }
};

using registry = list<capture_start, capture_stats, capture_lost, capture_resumed, capture_end, tcp_open,
                      tcp_syn_retry, tcp_retransmit, tcp_out_of_order, tcp_gap, tcp_overlap, tcp_zero_window,
                      tcp_reset, tcp_data, tcp_stats, tcp_close, udp_close, icmp_error, http_request,
                      http_response, http_body_piece, http_sse, http_exchange, dns_exchange, redis_command,
                      redis_push, websocket_open, websocket_message, websocket_close, anomaly>;

} // namespace weir::event
