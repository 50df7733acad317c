#include "session/http/http.hpp"

#include "session/http/conversation.hpp"
#include "session/http/probe.hpp"

namespace weir::session::http {

namespace {

verdict verdict_of(guess g) noexcept {
    switch (g) {
    case guess::request:
        return verdict::from_client;
    case guess::response:
        return verdict::from_server;
    case guess::unsure:
        return verdict::unsure;
    case guess::no:
        break;
    }
    return verdict::no;
}

class http_protocol final : public protocol {
public:
    http_protocol(context& shared, const limits& most)
        : env_(shared, most) {}

    std::string_view name() const noexcept override { return "http"; }

    verdict probe(std::string_view text) const noexcept override { return verdict_of(http::probe(text)); }
    verdict probe_cut(std::string_view text) const noexcept override {
        return verdict_of(http::probe_cut(text));
    }

    flow::stream_consumer* open(const flow::identity& id, flow::side client,
                                std::array<bool, 2> searching) override {
        conversation* const c = conversations_.take(env_);
        c->open(id, client, searching);
        return c;
    }

    void release(flow::stream_consumer* session) noexcept override {
        auto* const c = static_cast<conversation*>(session);
        c->close();
        conversations_.give(c);
    }

private:
    environment env_;
    pool<conversation> conversations_;
};

} // namespace

std::unique_ptr<protocol> make_protocol(context& shared, const limits& most) {
    return std::make_unique<http_protocol>(shared, most);
}

} // namespace weir::session::http
