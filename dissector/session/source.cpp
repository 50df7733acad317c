#include "session/source.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "session/http/http.hpp"
#include "session/pool.hpp"
#include "session/protocol.hpp"

namespace weir::session {

namespace {

using event::index;
using event::other;

using protocol_list = std::vector<std::unique_ptr<protocol>>;

/// The protocols in the order in which they are asked.
protocol_list make_protocols(context& shared, const limits& most) {
    protocol_list list;
    list.push_back(http::make_protocol(shared, most.http));
    return list;
}

struct finding {
    protocol* spoken = nullptr;
    verdict what = verdict::no;
};

finding ask(const protocol_list& protocols, std::string_view text) noexcept {
    finding best;
    for (const auto& p : protocols) {
        const verdict v = p->probe(text);
        if (v == verdict::from_client || v == verdict::from_server) return {p.get(), v};
        if (v == verdict::unsure) best.what = v;
    }
    return best;
}

/// The same where a hole follows the text.
finding ask_cut(const protocol_list& protocols, std::string_view text) noexcept {
    for (const auto& p : protocols) {
        const verdict v = p->probe_cut(text);
        if (v == verdict::from_client || v == verdict::from_server) return {p.get(), v};
    }
    return {};
}

/// One connection: looks at what its sides say until a protocol is known, then passes everything on.
class detector final : public flow::stream_consumer {
public:
    detector(const protocol_list& protocols, const limits& most) noexcept
        : protocols_(protocols)
        , most_(most) {}

    void open(const flow::identity& id) noexcept {
        id_ = &id;
        session_ = nullptr;
        ignored_ = false;
        sides_[0].open(id.midstream());
        sides_[1].open(id.midstream());
    }

    void close() noexcept {
        if (session_ != nullptr) spoken_->release(session_);
        session_ = nullptr;
    }

    void on_data(const flow::chunk& c) override {
        if (session_ != nullptr)
            session_->on_data(c);
        else if (!ignored_)
            look_at(c);
    }

    void on_gap(const flow::gap& g) override {
        if (session_ != nullptr) {
            session_->on_gap(g);
            return;
        }
        side_state& s = sides_[index(g.from)];
        if (s.held_size > 0 && !ignored_) {
            if (const finding f = ask_cut(protocols_, common::as_text(common::slice(s.held, 0, s.held_size)));
                f.spoken != nullptr) {
                flow::chunk c = s.first_held;
                c.data = common::slice(s.held, 0, s.held_size);
                s.held_size = 0;
                begin(f, c);
                session_->on_gap(g);
                return;
            }
        }
        s.lost_start = s.unaligned = true;
        s.held_size = 0;
    }

    void on_end(flow::side from, common::timestamp ts) override {
        if (session_ != nullptr)
            session_->on_end(from, ts);
        else
            sides_[index(from)].ended = true;
    }

    void on_close(event::close_reason why, common::timestamp ts) override {
        if (session_ != nullptr) session_->on_close(why, ts);
    }

    std::string_view service() const noexcept override {
        return session_ != nullptr ? spoken_->name() : std::string_view();
    }

private:
    static constexpr std::size_t most_held = 64;

    struct side_state {
        std::array<std::uint8_t, most_held> held;
        std::size_t held_size = 0;
        flow::chunk first_held; ///< of the packet that began what is held
        std::size_t probes = 0;
        bool lost_start = false; ///< bytes went by that were not HTTP, or were not seen
        bool unaligned = false;  ///< bytes were not seen: what comes first may be in the middle of anything
        bool ended = false;

        void open(bool midstream) noexcept {
            held_size = 0;
            probes = 0;
            lost_start = unaligned = midstream;
            ended = false;
        }
    };

    void look_at(const flow::chunk& c) {
        side_state& s = sides_[index(c.from)];
        const std::size_t probes = s.unaligned ? most_.probes_midstream : most_.probes;
        finding f;
        if (s.held_size > 0) {
            // What was held and what came now, as far as it fits: enough to tell.
            const std::size_t room = std::min(c.data.size(), most_held - s.held_size);
            std::copy_n(c.data.begin(), room, s.held.begin() + static_cast<std::ptrdiff_t>(s.held_size));
            f = ask(protocols_, common::as_text(common::slice(s.held, 0, s.held_size + room)));
        }
        if (f.what == verdict::no) {
            s.lost_start = s.lost_start || s.held_size > 0;
            s.held_size = 0;
            f = ask(protocols_, common::as_text(c.data));
        }
        if (f.what == verdict::unsure &&
            s.held_size + c.data.size() < std::min(most_held, most_.held_bytes)) {
            hold(s, c);
            return;
        }
        if (f.spoken != nullptr) {
            begin(f, c);
            return;
        }
        s.held_size = 0;
        s.lost_start = true;
        ignored_ = ++s.probes >= probes;
    }

    void hold(side_state& s, const flow::chunk& c) noexcept {
        if (s.held_size == 0) s.first_held = c;
        std::copy(c.data.begin(), c.data.end(), s.held.begin() + static_cast<std::ptrdiff_t>(s.held_size));
        s.held_size += c.data.size();
    }

    void begin(const finding& f, const flow::chunk& c) {
        spoken_ = f.spoken;
        const flow::side client = f.what == verdict::from_client ? c.from : other(c.from);
        std::array<bool, 2> searching{sides_[0].lost_start, sides_[1].lost_start};
        searching[index(c.from)] = false;
        session_ = spoken_->open(*id_, client, searching);
        tell_held(sides_[index(other(c.from))]);
        tell_held(sides_[index(c.from)]);
        if (sides_[index(other(c.from))].ended) session_->on_end(other(c.from), c.ts);
        session_->on_data(c);
    }

    void tell_held(side_state& s) {
        if (s.held_size == 0) return;
        flow::chunk c = s.first_held;
        c.data = common::slice(s.held, 0, s.held_size);
        s.held_size = 0;
        session_->on_data(c);
    }

    const protocol_list& protocols_;
    const limits& most_;
    const flow::identity* id_ = nullptr;
    protocol* spoken_ = nullptr;
    flow::stream_consumer* session_ = nullptr;
    bool ignored_ = false;
    std::array<side_state, 2> sides_;
};

class source final : public flow::session_source {
public:
    source(context& shared, const limits& most)
        : most_(most)
        , protocols_(make_protocols(shared, most_)) {}

    flow::stream_consumer* open(const flow::identity& id) override {
        detector* const d = detectors_.take(protocols_, most_);
        d->open(id);
        return d;
    }

    void release(flow::stream_consumer* consumer) noexcept override {
        auto* const d = static_cast<detector*>(consumer);
        d->close();
        detectors_.give(d);
    }

    std::optional<flow::side> sender_of(common::bytes_view payload) const noexcept override {
        switch (ask(protocols_, common::as_text(payload)).what) {
        case verdict::from_client:
            return flow::side::client;
        case verdict::from_server:
            return flow::side::server;
        case verdict::no:
        case verdict::unsure:
            break;
        }
        return std::nullopt;
    }

private:
    const limits most_;
    const protocol_list protocols_;
    pool<detector> detectors_;
};

} // namespace

std::unique_ptr<flow::session_source> make_source(context& shared, const limits& most) {
    return std::make_unique<source>(shared, most);
}

} // namespace weir::session
