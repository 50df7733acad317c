// Which request a response answers. In order (RFC 9112 section 9.3.2) while nothing was lost; after a loss by
// what acknowledged what: a request was sent when the client had acknowledged everything it had been answered
// before, and a response cannot answer a request that its sender had not received.
//
// Must never pair a response with a request that was sent after it.
#pragma once

#include <cstdint>
#include <vector>

#include "session/http/exchange.hpp"

namespace weir::session::http {

class pairing {
public:
    /// Exchanges that are not over, in the order of their numbers.
    [[nodiscard]] const std::vector<exchange*>& waiting() const noexcept { return waiting_; }
    void add(exchange* e) { waiting_.push_back(e); }
    void remove(const exchange* e) noexcept;
    void clear() noexcept;

    /// Messages may have been lost on either side: order alone tells nothing any more.
    void lose_order() noexcept { ordered_ = false; }
    [[nodiscard]] bool is_ordered() const noexcept { return ordered_; }

    /// The exchange whose response came before this request in the capture; null where there is none.
    [[nodiscard]] exchange* for_request(const message& request) noexcept;
    /// The exchange that this response, interim or final, answers; null where there is none. Exchanges that
    /// wait before it have lost their response.
    [[nodiscard]] exchange* for_response(const message& response) noexcept;

private:
    std::vector<exchange*> waiting_;
    bool ordered_ = true;
    bool pipelined_ = false; ///< the client has sent a request before the last one was answered
};

} // namespace weir::session::http
