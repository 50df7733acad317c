// WebSocket as an application: what HTTP is upgraded to, and connections that were picked up in the middle.
#pragma once

#include <memory>

#include "session/application.hpp"
#include "session/context.hpp"
#include "session/websocket/limits.hpp"

namespace weir::session::websocket {

class application final : public session::application {
public:
    using limits = websocket::limits;

    /// `shared` must outlive it.
    application(context& shared, const limits& most);
    ~application() override;

    [[nodiscard]] std::string_view name() const noexcept override { return "websocket"; }
    [[nodiscard]] std::span<const std::string_view> announced_as() const noexcept override;
    [[nodiscard]] finding probe(const opening& o) const noexcept override;
    [[nodiscard]] flow::stream_consumer* open(const place& where, side asks,
                                              std::array<bool, 2> searching) override;
    [[nodiscard]] flow::stream_consumer* open_upgraded(const place& where, const upgrade& by,
                                                       const position& at) override;
    void release(flow::stream_consumer* session) noexcept override;

private:
    struct sessions;
    std::unique_ptr<sessions> sessions_;
};

} // namespace weir::session::websocket
