// One request with its response, as far as they were seen.
#pragma once

#include <cstdint>
#include <vector>

#include "session/http/message.hpp"

namespace weir::session::http {

class sse_stream;

struct exchange : paired {
    std::uint64_t number = 0;
    common::timestamp opened;  ///< when its first byte was seen
    exchange* older = nullptr; ///< its neighbours among all that are open (open_exchanges.hpp)
    exchange* newer = nullptr;
    message* request = nullptr;
    message* response = nullptr;
    sse_stream* events = nullptr; ///< of the response, while it is a stream of them and somebody wants it
    std::vector<message*> informational;
    anomaly_set informational_found;
    /// When the response before its own was over.
    std::optional<common::timestamp> blocked_until;
    bool response_lost = false;                      ///< what came later shows that it was sent
    std::optional<event::ending> ended;              ///< why no response came, where none was seen
    std::optional<event::tcp_stalls> stalled_before; ///< of its connection, where that is told
    /// Missing bytes of a side of which no message was seen.
    loss missing_request;
    loss missing_response;

    void clear(std::uint64_t n) noexcept {
        number = n;
        request = response = nullptr;
        events = nullptr;
        informational.clear();
        informational_found = {};
        clear_pairing();
        blocked_until.reset();
        response_lost = false;
        ended.reset();
        missing_request.clear();
        missing_response.clear();
    }

    [[nodiscard]] bool is_over() const noexcept {
        if (response == nullptr || !response->over) return false;
        return request != nullptr ? request->over : !awaits_question;
    }
};

} // namespace weir::session::http
