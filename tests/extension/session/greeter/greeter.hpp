// An application made up for the test: "HELLO name" is answered by "WELCOME name", over TCP or UDP. Neither
// says alone what is spoken: only both together do.
#pragma once

#include <memory>

#include "session/application.hpp"
#include "session/context.hpp"

namespace weir::session::greeter {

/// What it may hold.
struct limits {
    std::size_t line_bytes = 100; ///< of one line; a longer one is no greeting
};

class application final : public session::application {
public:
    using limits = greeter::limits;

    application(context& shared, const limits& most);
    ~application() override;

    [[nodiscard]] std::string_view name() const noexcept override { return "greeter"; }
    [[nodiscard]] finding probe(const opening& o) const noexcept override;
    [[nodiscard]] flow::stream_consumer* open(const place& where, side asks,
                                              std::array<bool, 2> searching) override;
    void release(flow::stream_consumer* session) noexcept override;
    [[nodiscard]] flow::datagram_consumer* open_datagrams(const place& where, side asks) override;
    void release(flow::datagram_consumer* session) noexcept override;

private:
    struct sessions;
    std::unique_ptr<sessions> sessions_;
};

} // namespace weir::session::greeter
