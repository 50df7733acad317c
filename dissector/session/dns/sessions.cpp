// DNS's sessions, on datagrams and on streams, and the application that makes them.
#include "session/dns/conversation.hpp"
#include "session/dns/dns.hpp"
#include "session/dns/framing.hpp"
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

/// Each message has its length before it (RFC 1035 section 4.2.2).
class streams final : public flow::stream_consumer, private frame_reader::receiver {
public:
    explicit streams(environment& env) noexcept
        : env_(env)
        , said_(env) {}

    void open(const place& where, side asks, std::array<bool, 2> searching) {
        where_ = &where;
        said_.open(where, where.is_secure() ? event::dns_transport::tls : event::dns_transport::tcp);
        for (const side s : {side::client, side::server})
            frames_[index(s)].open(s, asks, searching[index(s)]);
        ended_ = {};
    }
    void close() noexcept {
        said_.close();
        for (frame_reader& f : frames_) f.close(env_.most.buffer_kept);
    }

    void on_data(const flow::chunk& c) override {
        frames_[index(c.from)].on_data(c, *this);
        wait();
    }
    void on_gap(const flow::gap& g) override {
        frames_[index(g.from)].on_gap(g, *this);
        wait();
    }
    void on_end(side from, common::timestamp ts) override {
        end(from, event::ending::closed, ts);
        wait();
    }
    void on_close(event::close_reason why, common::timestamp ts) override {
        const event::ending ending = ending_of(why, env_.shared.stopped);
        for (const side s : {side::client, side::server}) end(s, ending, ts);
        // what was asked after the other side's end
        for (const side s : {side::client, side::server}) said_.on_end(s, ending, ts);
    }
    void on_due(common::timestamp ts) override {
        said_.on_due(ts);
        wait();
    }

private:
    void on_message(side from, const sighting& m) override { said_.on_message(from, m); }
    void on_lost(side from, const flow::gap& g) override { said_.on_lost(from, g); }
    void on_wrong(side from, anomaly what, const sighting& at) override { said_.note(from, what, at); }

    void end(side from, event::ending why, common::timestamp ts) {
        if (ended_[index(from)]) return;
        ended_[index(from)] = true;
        frames_[index(from)].on_end(why, ts, *this);
        said_.on_end(from, why, ts);
    }
    void wait() const { where_->wake_at(said_.due()); }

    environment& env_;
    const place* where_ = nullptr;
    conversation said_;
    std::array<frame_reader, 2> frames_;
    std::array<bool, 2> ended_{};
};

} // namespace

struct application::sessions {
    sessions(context& shared, const limits& most)
        : env(shared, most) {}

    environment env;
    pool<datagrams> on_datagrams;
    pool<streams> on_streams;
};

application::application(context& shared, const limits& most)
    : sessions_(new sessions(shared, most)) {}

application::~application() = default;

std::span<const std::uint16_t> application::ports() const noexcept {
    static constexpr std::array<std::uint16_t, 3> often{53, 5353, 5355};
    return often;
}

finding application::probe(const opening& o) const noexcept {
    finding f;
    for (const side s : {side::client, side::server}) {
        common::bytes_view said = common::as_bytes(o.said[index(s)]);
        if (said.empty()) continue;
        likeness found = likeness::unsure;
        if (o.datagrams) {
            found = looks_like_message(said, true, o.expected);
        } else if (said.size() >= sizeof(std::uint16_t)) {
            const std::size_t size = common::load<std::uint16_t>(said, 0);
            said = common::slice(said, sizeof(std::uint16_t), size);
            found = size < header::wire::size ? likeness::no
                                              : looks_like_message(said, said.size() == size, o.expected);
        }
        header h;
        const bool has_header = header::wire::parse(said, h);
        if (found != likeness::yes && o.expected && has_header && is_plausible(h)) found = likeness::yes;
        if (found == likeness::yes) return {verdict::yes, h.response != 0 ? other(s) : s, {true, true}};
        if (found == likeness::unsure && o.aligned[index(s)] && !o.cut[index(s)]) f.what = verdict::unsure;
    }
    return f;
}

flow::stream_consumer* application::open(const place& where, side asks, std::array<bool, 2> searching) {
    streams* const s = sessions_->on_streams.take(sessions_->env);
    s->open(where, asks, searching);
    return s;
}

void application::release(flow::stream_consumer* session) noexcept {
    auto* const s = static_cast<streams*>(session);
    s->close();
    sessions_->on_streams.give(s);
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
