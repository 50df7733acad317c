// One UDP conversation: two ends that send each other datagrams (RFC 768). Its client is who spoke first,
// unless content tells otherwise.
#pragma once

#include "event/udp_events.hpp"
#include "flow/any_flow.hpp"
#include "flow/datagram.hpp"

namespace weir::flow::udp {

class conversation final : public any_flow {
public:
    conversation(environment& shared, const keyed_ends& k, std::uint64_t number,
                 const protocol::packet& first, const sighting& seen);

    void feed(const protocol::packet& p, bool from_low, const sighting& seen);

    [[nodiscard]] flow::patience patience() const noexcept override { return flow::patience::datagrams; }
    [[nodiscard]] std::optional<common::timestamp> next_due() const noexcept override;
    void on_due(common::timestamp due) override;
    void close(event::close_reason why, common::timestamp ts) override;

    [[nodiscard]] std::optional<common::nanoseconds> handshake() const override { return std::nullopt; }
    [[nodiscard]] bool midstream() const override { return false; }

private:
    datagram_consumer* session_ = nullptr;
    std::array<event::udp_side, 2> count_{};
};

} // namespace weir::flow::udp
