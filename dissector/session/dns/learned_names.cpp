// What an answer says about the names of addresses (flow/names.hpp). Must learn from answers to questions
// that were seen only: nobody else can say what a host asked for.
#include <algorithm>

#include "common/ascii.hpp"
#include "session/dns/report.hpp"

namespace weir::session::dns {

namespace {

constexpr std::uint16_t a = 1, cname = 5, aaaa = 28, internet = 1;
/// Resolvers follow 8 to 16 aliases.
constexpr int most_aliases = 16;
/// Connections are opened, and shown, long after a short TTL has ended.
constexpr std::int64_t least_seconds = 600;

bool is_same_name(std::string_view one, std::string_view two) noexcept {
    return std::equal(one.begin(), one.end(), two.begin(), two.end(),
                      [](char x, char y) { return common::to_lower(x) == common::to_lower(y); });
}

std::string_view without_final_dot(std::string_view name) noexcept {
    return name.size() > 1 && name.ends_with('.') ? name.substr(0, name.size() - 1) : name;
}

} // namespace

bool reporter::learn_names(flow::names& known, const common::ip_address& asker, const message& response,
                           common::timestamp now) {
    if (response.questions.size() != 1 || response.head.opcode != 0) return true;
    const std::string_view asked = response.view(response.questions.front().name);
    const auto answers = std::span(response.records).first(response.section_ends[0]);
    flow::names::held name;
    bool had_room = true;
    std::string_view owner = asked;
    for (int aliases = 0; aliases <= most_aliases; ++aliases) {
        std::string_view next;
        for (const record& r : answers) {
            if (r.fixed.rclass != internet || !is_same_name(response.view(r.name), owner)) continue;
            if (r.fixed.type == cname) next = without_final_dot(response.view(r.data));
            const bool is_v4 = r.fixed.type == a && r.raw.size() == 4;
            const bool is_v6 = r.fixed.type == aaaa && r.raw.size() == 16;
            if (!is_v4 && !is_v6) continue;
            if (name.view().empty()) name = known.make(asked);
            const common::nanoseconds lasts{std::max(std::int64_t{r.fixed.ttl}, least_seconds) *
                                            common::nanoseconds_per_second};
            const auto address = is_v4 ? common::ip_address::v4(r.raw) : common::ip_address::v6(r.raw);
            had_room = known.learn(asker, address, name, now + lasts, now) && had_room;
        }
        if (next.empty()) break;
        owner = next;
    }
    return had_room;
}

} // namespace weir::session::dns
