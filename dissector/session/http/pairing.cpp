#include "session/http/pairing.hpp"

#include <algorithm>

#include "common/check.hpp"

namespace weir::session::http {

void pairing::remove(const exchange* e) noexcept {
    const auto at = std::find(waiting_.begin(), waiting_.end(), e);
    common::check(at != waiting_.end(), "an exchange leaves its conversation once");
    waiting_.erase(at);
    if (waiting_.empty()) ordered_ = true;
}

void pairing::clear() noexcept {
    waiting_.clear();
    ordered_ = true;
    pipelined_ = false;
}

exchange* pairing::for_request(const message& request) noexcept {
    exchange* first = nullptr;
    for (exchange* const e : waiting_) {
        if (e->request != nullptr) {
            pipelined_ = pipelined_ || (ordered_ && e->response == nullptr);
            continue;
        }
        if (!e->awaits_request || e->response_acked <= request.start) continue;
        if (e->response_start == request.acked) return e;
        if (first == nullptr) first = e;
    }
    return first;
}

exchange* pairing::for_response(const message& response) noexcept {
    const auto waits = [](const exchange* e) { return e->response == nullptr; };
    // Nothing acknowledged at all is what made-up captures say, not a sign of order.
    const auto can_answer = [&](const exchange* e) {
        return waits(e) &&
               (response.acked == 0 || e->request == nullptr || e->request->start < response.acked);
    };
    if (ordered_) {
        const auto oldest = std::find_if(waiting_.begin(), waiting_.end(), waits);
        return oldest != waiting_.end() && can_answer(*oldest) ? *oldest : nullptr;
    }
    exchange* first = nullptr;
    exchange* last = nullptr;
    for (exchange* const e : waiting_) {
        if (!can_answer(e)) continue;
        if (e->request != nullptr && e->request->acked == response.start) return e;
        if (first == nullptr) first = e;
        last = e;
    }
    return pipelined_ ? first : last;
}

} // namespace weir::session::http
