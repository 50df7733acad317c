// DNS's sessions, on datagrams and on streams, and the application that makes them.
#include "session/dns/conversation.hpp"
#include "session/dns/dns.hpp"
#include "session/ending.hpp"

namespace weir::session::dns {

namespace {

/// Each datagram is one message (RFC 1035 section 4.2.1).
class datagrams final : public flow::datagram_consumer {
public:
    explicit datagrams(environment& env) noexcept
        : shared_(env.shared)
        , said_(env) {}

    void open(const place& where) { said_.open(where, event::dns_transport::udp); }
    void close() noexcept { said_.close(); }

    void on_datagram(const flow::datagram& d) override {
        sighting m{d.data, d.length, 0, d.ts, d.ts, d.packet};
        if (d.data.size() < d.length)
            m.missing.add(flow::gap{d.from, d.data.size(), d.length - d.data.size(),
                                    event::missing_cause::snaplen, d.ts, d.ts, d.ts});
        said_.on_message(d.from, m);
    }
    void on_close(event::close_reason why, common::timestamp ts) override {
        for (const side s : {side::client, side::server})
            said_.on_end(s, ending_of(why, shared_.stopped), ts);
    }
    [[nodiscard]] std::optional<common::timestamp> due() const noexcept override { return said_.due(); }
    void on_due(common::timestamp ts) override { said_.on_due(ts); }

private:
    context& shared_;
    conversation said_;
};

} // namespace

struct application::sessions {
    sessions(context& shared, const limits& most)
        : env(shared, most) {}

    environment env;
    pool<datagrams> on_datagrams;
};

application::application(context& shared, const limits& most)
    : sessions_(new sessions(shared, most)) {}

application::~application() = default;

std::span<const std::uint16_t> application::ports() const noexcept {
    static constexpr std::array<std::uint16_t, 3> often{53, 5353, 5355};
    return often;
}

finding application::probe(const opening& o) const noexcept {
    for (const side s : {side::client, side::server}) {
        const common::bytes_view said = common::as_bytes(o.said[index(s)]);
        header h;
        if (!o.datagrams || !header::wire::parse(said, h)) continue;
        const bool is_known = o.expected ? is_plausible(h) : looks_like_message(said, true) == likeness::yes;
        if (!is_known) continue;
        return {verdict::yes, h.response != 0 ? other(s) : s, {true, true}};
    }
    return {};
}

flow::datagram_consumer* application::open_datagrams(const place& where, side) {
    datagrams* const d = sessions_->on_datagrams.take(sessions_->env);
    d->open(where);
    return d;
}

void application::release(flow::datagram_consumer* session) noexcept {
    auto* const d = static_cast<datagrams*>(session);
    d->close();
    sessions_->on_datagrams.give(d);
}

} // namespace weir::session::dns
