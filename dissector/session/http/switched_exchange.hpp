// The exchange that ends HTTP on its streams, as the protocol behind it may ask about it.
#pragma once

#include "session/http/exchange.hpp"
#include "session/upgrade.hpp"

namespace weir::session::http {

class switched_exchange final : public upgrade {
public:
    /// `e` has a response, and outlives it.
    switched_exchange(const exchange& e, flow::side client, bool secure) noexcept
        : exchange_(e)
        , client_(client)
        , secure_(secure) {}

    [[nodiscard]] flow::side asks() const noexcept override { return client_; }
    [[nodiscard]] std::uint64_t number() const noexcept override { return exchange_.number; }
    [[nodiscard]] bool has_request() const noexcept override { return exchange_.request != nullptr; }
    void target(std::string& out) const override;
    [[nodiscard]] bool field(flow::side from, std::string_view lower_name, std::string& out) const override;

    /// What the streams were switched to, in lower case: the first token of Upgrade.
    void token(std::string& out) const;

private:
    const http::exchange& exchange_;
    const flow::side client_;
    const bool secure_;
};

} // namespace weir::session::http
