#include "session/source.hpp"

#include <algorithm>

#include "common/ascii.hpp"
#include "session/datagram_detector.hpp"
#include "session/detector.hpp"
#include "session/inner.hpp"
#include "session/notes.hpp"

namespace weir::session {

namespace {

constexpr anomaly_row too_deep{
    "session.depth_limit", "sessions are nested more deeply than the limit; what is inside was left alone"};

class source final : public flow::session_source, private inner_source {
public:
    source(context& shared, const limits& most)
        : shared_(shared)
        , most_(most)
        , known_(applications::make(shared, most_.each)) {
        shared_.inner = this;
    }
    ~source() override { shared_.inner = nullptr; }

    flow::stream_consumer* open(const flow::identity& connection) override {
        detector* const d = detectors_.take(detection_);
        d->open(connection);
        return d;
    }

    void release(flow::stream_consumer* consumer) noexcept override {
        auto* const d = static_cast<detector*>(consumer);
        d->close();
        detectors_.give(d);
    }

    flow::datagram_consumer* open_datagrams(const flow::identity& conversation) override {
        datagram_detector* const d = datagram_detectors_.take(detection_);
        d->open(conversation);
        return d;
    }

    void release(flow::datagram_consumer* consumer) noexcept override {
        auto* const d = static_cast<datagram_detector*>(consumer);
        d->close();
        datagram_detectors_.give(d);
    }

    std::optional<side> sender_of(common::bytes_view payload) const noexcept override {
        return sender_of(payload, false);
    }

    std::optional<side> datagram_sender_of(common::bytes_view payload) const noexcept override {
        return sender_of(payload, true);
    }

private:
    [[nodiscard]] std::optional<side> sender_of(common::bytes_view payload, bool datagram) const noexcept {
        // The first payload stands for the client's: who asks is who it would be.
        opening o;
        o.datagrams = datagram;
        o.said[index(side::client)] = common::as_text(payload);
        const recognised r = ask(known_, nullptr, o);
        return r.by != nullptr ? std::optional(r.found.asks) : std::nullopt;
    }

    flow::stream_consumer* open(const place& outer, const inner_stream& what,
                                const position& where) override {
        if (outer.depth() >= most_.depth) {
            std::vector<note> notes{{&too_deep, where.offset, where.ts, where.packet, {}}};
            report_notes(shared_, {outer, "session", std::nullopt, std::nullopt}, notes);
            return nullptr;
        }
        const auto announced = [&](const auto& a) {
            const auto names = a->announced_as();
            return std::find(names.begin(), names.end(), what.hint) != names.end();
        };
        const auto hinted = std::find_if(known_.begin(), known_.end(), announced);
        detector* const d = detectors_.take(detection_);
        d->open(outer, what, hinted != known_.end() ? hinted->get() : nullptr, where);
        return d;
    }

    context& shared_;
    const limits most_;
    const application_vector known_;
    pool<held_stream> beginnings_;
    const detection detection_{known_, most_, beginnings_};
    pool<detector> detectors_;
    pool<datagram_detector> datagram_detectors_;
};

} // namespace

std::unique_ptr<flow::session_source> make_source(context& shared, const limits& most) {
    return std::make_unique<source>(shared, most);
}

} // namespace weir::session
