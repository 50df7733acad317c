// Redis as an application.
#pragma once

#include <memory>

#include "session/application.hpp"
#include "session/context.hpp"
#include "session/redis/limits.hpp"

namespace weir::session::redis {

class application final : public session::application {
public:
    using limits = redis::limits;

    /// `shared` must outlive it.
    application(context& shared, const limits& most);
    ~application() override;

    [[nodiscard]] std::string_view name() const noexcept override { return "redis"; }
    [[nodiscard]] finding probe(const opening& o) const noexcept override;
    [[nodiscard]] flow::stream_consumer* open(const place& where, side asks,
                                              std::array<bool, 2> searching) override;
    void release(flow::stream_consumer* session) noexcept override;

private:
    struct sessions;
    std::unique_ptr<sessions> sessions_;
};

} // namespace weir::session::redis
