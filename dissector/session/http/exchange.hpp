// One request with its response, as far as they were seen, and the queue of those that are not over.
#pragma once

#include <cstdint>
#include <vector>

#include "session/http/message.hpp"

namespace weir::session::http {

struct exchange {
    std::uint64_t number = 0;
    message* request = nullptr;
    message* response = nullptr;
    std::vector<message*> informational;
    anomaly_set informational_found;
    /// The response acknowledged request bytes that were not told yet: the request may still come.
    bool awaits_request = false;
    /// Of the first response of an exchange that began with one: its stream offset, and what it acknowledged.
    std::uint64_t response_start = 0;
    std::uint64_t response_acked = 0;
    bool response_lost = false;         ///< what came later shows that it was sent
    std::optional<event::ending> ended; ///< why no response came, where none was seen
    /// Missing bytes of a side of which no message was seen.
    loss missing_request;
    loss missing_response;

    void clear(std::uint64_t n) noexcept {
        number = n;
        request = response = nullptr;
        informational.clear();
        informational_found = {};
        awaits_request = response_lost = false;
        ended.reset();
        missing_request = missing_response = {};
    }

    [[nodiscard]] bool is_over() const noexcept {
        if (response == nullptr || !response->over) return false;
        return request != nullptr ? request->over : !awaits_request;
    }
};

} // namespace weir::session::http
