// How long a sender was held up, by what: as statistics of a connection, and as part of an exchange.
#pragma once

#include "event/field.hpp"

namespace weir::event {

struct tcp_stalls {
    common::nanoseconds loss;
    common::nanoseconds window;
    common::nanoseconds application;

    static constexpr auto fields() {
        return std::tuple{
            field{"loss", &tcp_stalls::loss, "bytes were lost and sent again, seconds"},
            field{"window", &tcp_stalls::window, "the receiver's window was full or closed, seconds"},
            field{"application", &tcp_stalls::application,
                  "everything was acknowledged and nothing more was sent, seconds"},
        };
    }
};

/// Of both sides together.
struct exchange_stalls {
    common::nanoseconds loss;
    common::nanoseconds window;

    /// Between two sums of a connection.
    [[nodiscard]] static exchange_stalls between(const tcp_stalls& before, const tcp_stalls& now) noexcept {
        return {{now.loss.count - before.loss.count}, {now.window.count - before.window.count}};
    }

    static constexpr auto fields() {
        return std::tuple{
            field{"loss", &exchange_stalls::loss, "bytes were lost and sent again, seconds"},
            field{"window", &exchange_stalls::window, "a receiver's window was full or closed, seconds"},
        };
    }
};

} // namespace weir::event
