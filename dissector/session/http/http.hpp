// HTTP/1 as an application.
#pragma once

#include <memory>

#include "session/application.hpp"
#include "session/context.hpp"
#include "session/http/limits.hpp"

namespace weir::session::http {

class application final : public session::application {
public:
    using limits = http::limits;

    /// `shared` must outlive it.
    application(context& shared, const limits& most);
    ~application() override;

    [[nodiscard]] std::string_view name() const noexcept override { return "http"; }
    [[nodiscard]] finding probe(const opening& o) const noexcept override;
    [[nodiscard]] std::span<const std::string_view> announced_as() const noexcept override;
    [[nodiscard]] flow::stream_consumer* open(const place& where, side asks,
                                              std::array<bool, 2> searching) override;
    void release(flow::stream_consumer* session) noexcept override;

private:
    struct sessions;
    std::unique_ptr<sessions> sessions_;
};

} // namespace weir::session::http
