// Builds the events of DNS from messages and exchanges, in scratch memory that is reused.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "event/dns_events.hpp"
#include "session/context.hpp"
#include "session/dns/exchange.hpp"
#include "session/dns/message.hpp"
#include "session/notes.hpp"
#include "session/place.hpp"

namespace weir::session::dns {

/// What one event says.
struct account {
    const exchange* of = nullptr; ///< null where the query was never seen
    const sighting* response = nullptr;
    side asker = side::client;
    bool with_query = false;       ///< the query is part of this event; otherwise an earlier one had it
    std::optional<anomaly> also{}; ///< found by pairing
    loss lost_query{};             ///< where the query may have been, if it was never seen
    std::optional<event::ending> ended{};
    common::timestamp now{}; ///< when it became known
};

/// Where messages stand.
struct surroundings {
    const place& where;
    event::dns_transport transport;
    bool is_multicast_dns = false; ///< the top bits of classes mean something (RFC 6762)
};

class reporter {
public:
    reporter(context& shared, const limits& most) noexcept
        : shared_(shared)
        , most_(most) {}

    /// dns.exchange, and before it the anomalies of its messages.
    void report(const surroundings& around, const account& a);
    /// An anomaly outside any message that could be read.
    void note(const place& where, side from, std::optional<std::uint64_t> exchange, anomaly what,
              const sighting& at);

private:
    struct lists {
        std::vector<event::dns_record> records;
        std::vector<event::dns_option> options;
        std::string option_text;
    };

    void notes(const place& where, std::uint64_t number, side from, const message& m, std::uint64_t offset,
               common::timestamp ts, std::uint64_t packet);
    void set_questions(const message& m, bool is_multicast_dns);
    void set_records(const message& m, lists& l, bool is_multicast_dns);
    template <class Part>
    void set_common(Part& out, const message& m, lists& l, bool is_multicast_dns);
    [[nodiscard]] std::optional<event::dns_edns> edns(const message& m, lists& l);
    /// Each address that `response` gives for the name that was asked, directly or by aliases, has that name
    /// for `asker` from `now` on: while its TTL lasts, and ten minutes at least. False where a name that
    /// still held had to be forgotten. In learned_names.cpp.
    [[nodiscard]] static bool learn_names(flow::names& known, const common::ip_address& asker,
                                          const message& response, common::timestamp now);
    [[nodiscard]] std::optional<event::dns_missing> missing(const place& where, const account& a) const;

    context& shared_;
    const limits& most_;
    message query_;
    message response_;
    std::vector<event::dns_question> questions_;
    lists of_query_, of_response_;
    std::vector<std::string_view> codes_;
    std::vector<session::note> notes_;
    bool names_limit_told_ = false; ///< once is enough: it holds for all that follows
};

} // namespace weir::session::dns
