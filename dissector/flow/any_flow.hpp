// What a TCP connection and a UDP conversation have in common: who its ends are, when it lived, what
// flows.cpp asks of it.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "flow/community_id.hpp"
#include "flow/environment.hpp"
#include "flow/table.hpp"

namespace weir::flow {

class any_flow : public entry, public identity {
public:
    /// How long it may be silent now.
    [[nodiscard]] virtual flow::patience patience() const noexcept = 0;
    /// When it wants on_due() besides that, in time of the capture clock.
    [[nodiscard]] virtual std::optional<common::timestamp> next_due() const noexcept = 0;
    /// The clock has reached `due`, which next_due() had answered.
    virtual void on_due(common::timestamp due) = 0;
    /// Ends it: its session is closed, its closing event emitted. `ts` is the time of the cause.
    virtual void close(event::close_reason why, common::timestamp ts) = 0;

    /// A packet of it, or a copy of one, was seen there.
    void see_place(const sighting& seen) {
        if (seen.interface != interface_ || seen.link_interface != link_interface_) see_other_place(seen);
    }

    /// Of its last packet.
    [[nodiscard]] common::timestamp last() const noexcept { return last_; }

    [[nodiscard]] event::connection_ref ref() const override {
        if (!community_id_) community_id_ = community_id(id());
        return {number(),
                {community_id_->data(), community_id_->size()},
                end(side::client),
                end(side::server),
                {shared_.path.name(interface_)}};
    }

    [[nodiscard]] event::endpoint end(side s) const override {
        const bool is_low = (s == side::client) == client_is_low_;
        event::endpoint e = id().end(is_low);
        if (particulars_ != nullptr) e.name = {particulars_->end_names[is_low ? 0 : 1].view()};
        return e;
    }

protected:
    any_flow(environment& shared, const keyed_ends& k, std::uint64_t number, const sighting& first)
        : entry(k, number, first.packet)
        , shared_(shared)
        , start_(first.ts)
        , last_(first.ts)
        , interface_(first.interface)
        , link_interface_(first.link_interface) {
        if (shared.known_names == nullptr || shared.known_names->empty()) return;
        const common::ip_address low = k.id.end(true).ip, high = k.id.end(false).ip;
        const std::array found{shared.known_names->find(high, low, shared.now.time),
                               shared.known_names->find(low, high, shared.now.time)};
        if (!found[0].view().empty() || !found[1].view().empty()) particular().end_names = found;
    }
    ~any_flow() override {
        if (particulars_ != nullptr) shared_.particulars.destroy(*particulars_);
    }

    [[nodiscard]] side sender(bool from_low) const noexcept {
        return from_low == client_is_low_ ? side::client : side::server;
    }

    /// Where it was seen, if that was at several places; what the words point to lives as long as `texts`.
    [[nodiscard]] std::vector<event::wire> interfaces(std::vector<std::string>& texts) const;

    environment& shared_;
    common::timestamp start_;
    common::timestamp last_;
    std::uint32_t interface_;

private:
    std::uint32_t link_interface_;
    flow::particulars* particulars_ = nullptr;

protected:
    bool client_is_low_ = true;

private:
    [[nodiscard]] flow::particulars& particular();
    void see_other_place(const sighting& seen);

    mutable std::optional<std::array<char, community_id_size>> community_id_; ///< of first use
};

} // namespace weir::flow
