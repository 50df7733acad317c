// All exchanges that are open, in the order in which they began: how many, and since when the oldest. A list
// through the exchanges themselves. Must never own them.
#pragma once

#include <algorithm>

#include "session/context.hpp"
#include "session/http/exchange.hpp"

namespace weir::session::http {

class open_exchanges {
public:
    explicit open_exchanges(counters& count) noexcept
        : count_(count) {}

    void add(exchange& e, common::timestamp now) noexcept {
        e.opened = newest_ != nullptr ? std::max(now, newest_->opened) : now;
        e.older = newest_;
        e.newer = nullptr;
        (newest_ != nullptr ? newest_->newer : oldest_) = &e;
        newest_ = &e;
        ++count_.open_exchanges;
        count_.oldest_exchange = oldest_->opened;
    }
    void remove(exchange& e) noexcept {
        (e.older != nullptr ? e.older->newer : oldest_) = e.newer;
        (e.newer != nullptr ? e.newer->older : newest_) = e.older;
        --count_.open_exchanges;
        count_.oldest_exchange.reset();
        if (oldest_ != nullptr) count_.oldest_exchange = oldest_->opened;
    }

private:
    counters& count_;
    exchange* oldest_ = nullptr;
    exchange* newest_ = nullptr;
};

} // namespace weir::session::http
