// DNS as an application: on datagrams and on streams, multicast too.
#pragma once

#include <memory>

#include "session/application.hpp"
#include "session/context.hpp"
#include "session/dns/limits.hpp"

namespace weir::session::dns {

class application final : public session::application {
public:
    using limits = dns::limits;

    /// `shared` must outlive it.
    application(context& shared, const limits& most);
    ~application() override;

    [[nodiscard]] std::string_view name() const noexcept override { return "dns"; }
    [[nodiscard]] finding probe(const opening& o) const noexcept override;
    [[nodiscard]] std::span<const std::uint16_t> ports() const noexcept override;
    [[nodiscard]] flow::stream_consumer* open(const place& where, side asks,
                                              std::array<bool, 2> searching) override;
    void release(flow::stream_consumer* session) noexcept override;
    [[nodiscard]] flow::datagram_consumer* open_datagrams(const place& where, side asks) override;
    void release(flow::datagram_consumer* session) noexcept override;

private:
    struct sessions;
    std::unique_ptr<sessions> sessions_;
};

} // namespace weir::session::dns
