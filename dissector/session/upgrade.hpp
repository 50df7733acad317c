// What led from HTTP to another protocol on the same streams: the request that asked for it and the response
// that granted it (RFC 9110 section 7.8). Protocols that begin so read their handshake here, and nothing else
// of HTTP.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "flow/stream.hpp"

namespace weir::session {

/// Lives during the call only.
class upgrade {
public:
    upgrade() = default;
    upgrade(const upgrade&) = delete;
    upgrade& operator=(const upgrade&) = delete;

    /// Who sent the request.
    [[nodiscard]] virtual flow::side asks() const noexcept = 0;
    /// Of the exchange.
    [[nodiscard]] virtual std::uint64_t number() const noexcept = 0;
    /// False where the request was never seen: then nothing can be said about what it asked for.
    [[nodiscard]] virtual bool has_request() const noexcept = 0;
    /// The target URI where a host is known, else the target as sent; with the scheme of HTTP.
    virtual void target(std::string& out) const = 0;
    /// The values of a field of the request or the response, in order, joined by ", " (RFC 9110 section 5.3).
    /// False where it has none. `lower_name` is in lower case.
    [[nodiscard]] virtual bool field(flow::side from, std::string_view lower_name,
                                     std::string& out) const = 0;

protected:
    ~upgrade() = default;
};

} // namespace weir::session
