// The queries and responses between two ends, whatever carries them: which belong together, what was asked
// again, what nobody answered. Pooled.
//
// A response is paired by id and question (RFC 5452 section 9.1), never by order: nothing that is lost
// confuses it.
#pragma once

#include <vector>

#include "session/dns/report.hpp"
#include "session/pool.hpp"

namespace weir::session::dns {

/// What the conversations of one source share. One thread only.
struct environment {
    environment(context& c, const limits& l) noexcept
        : shared(c)
        , most(l)
        , report(c, most) {}

    context& shared;
    const limits most;
    pool<exchange> exchanges;
    reporter report;
};

class conversation {
public:
    explicit conversation(environment& env) noexcept
        : env_(env) {}

    void open(const place& where, event::dns_transport transport);
    /// Gives back everything; for a connection whose end is not told.
    void close() noexcept;

    void on_message(side from, const sighting& m);
    /// Bytes of this side's stream that belong to no known message will never be seen.
    void on_lost(side from, const flow::gap& g);
    /// This side says nothing more: what waits for it is given up.
    void on_end(side from, event::ending why, common::timestamp ts);
    /// When on_due() is wanted next.
    [[nodiscard]] std::optional<common::timestamp> due() const noexcept;
    /// Capture time has reached `ts`: queries that have waited for too long are given up.
    void on_due(common::timestamp ts);

    /// Something is wrong with what is no message.
    void note(side from, anomaly what, const sighting& at) {
        env_.report.note(*where_, from, std::nullopt, what, at);
    }

private:
    [[nodiscard]] surroundings around() const noexcept { return {*where_, transport_, is_multicast_dns_}; }
    void on_query(side from, const header& h, const sighting& m);
    void on_response(side from, const header& h, const sighting& m);
    [[nodiscard]] exchange* waiting_for(side from, const header& h, const sighting& m,
                                        bool& id_waits) const noexcept;
    [[nodiscard]] exchange* remembered_for(side from, const header& h, const sighting& m) const noexcept;
    void give_up(std::size_t place, event::ending why, common::timestamp ts,
                 std::optional<anomaly> also = std::nullopt);
    void remember(exchange& e);
    void forget(const exchange& like) noexcept;
    void give_back(exchange& e) noexcept;
    void stop_waiting(std::size_t index) noexcept;

    environment& env_;
    const place* where_ = nullptr;
    event::dns_transport transport_ = event::dns_transport::udp;
    bool is_multicast_dns_ = false;
    std::vector<exchange*> waiting_;    ///< in the order in which they were asked
    std::vector<std::uint16_t> ids_;    ///< of each that waits, so that one is found at a glance
    std::vector<exchange*> remembered_; ///< those that are over, oldest first
    std::array<loss, 2> lost_;          ///< of each side, whole messages perhaps; reported once
};

} // namespace weir::session::dns
