#include "session/dns/report.hpp"

#include <algorithm>
#include <utility>

#include "session/dns/option_text.hpp"

namespace weir::session::dns {

namespace {

/// The top bit of a class in mDNS: a unicast response is asked for, or older records are replaced.
constexpr std::uint16_t top_bit = 0x8000;

/// "aa tc rd ra ad cd z", for each set of those bits.
struct flag_names {
    std::array<std::string_view, 7> names{};
    std::size_t count = 0;
};
constexpr auto flag_table = [] {
    constexpr std::array<std::string_view, 7> all{"aa", "tc", "rd", "ra", "ad", "cd", "z"};
    std::array<flag_names, 128> table{};
    for (std::size_t bits = 0; bits < table.size(); ++bits)
        for (std::size_t i = 0; i < all.size(); ++i)
            if ((bits >> i & 1U) != 0) table[bits].names[table[bits].count++] = all[i];
    return table;
}();

std::span<const std::string_view> flags_of(const header& h) noexcept {
    const unsigned bits = unsigned{h.aa} | unsigned{h.tc} << 1 | unsigned{h.rd} << 2 | unsigned{h.ra} << 3 |
                          unsigned{h.ad} << 4 | unsigned{h.cd} << 5 | unsigned{h.z} << 6;
    const flag_names& names = flag_table[bits];
    return {names.names.data(), names.count};
}

constexpr std::array<std::string_view, 1> edns_flags{"do"};

/// To a group: who answers does so in a conversation of its own, if anybody does.
bool is_multicast(const common::ip_address& ip) noexcept {
    return ip.version == 4 ? ip.bytes[0] >> 4 == 0xe : ip.bytes[0] == 0xff;
}

/// How the stream ended within the response, or else within the query.
std::optional<event::ending> ended_within(const account& a) noexcept {
    if (a.response != nullptr) return a.response->ended;
    return a.of != nullptr ? a.of->ended : std::nullopt;
}

/// No response came, and it may have been in a hole.
bool is_lost(const account& a) noexcept { return a.response == nullptr && a.of != nullptr && a.of->hole.any; }

} // namespace

void reporter::note(const place& where, side from, std::optional<std::uint64_t> number, anomaly what,
                    const sighting& at) {
    notes_.push_back({&row(what), at.offset, at.last, at.packet, {}});
    report_notes(shared_, {where, "dns", number, from}, notes_);
}

void reporter::notes(const place& where, std::uint64_t number, side from, const message& m,
                     std::uint64_t offset, common::timestamp ts, std::uint64_t packet) {
    if (m.problems.empty()) return;
    for (const message::problem& p : m.problems)
        notes_.push_back({&row(p.what), offset + p.offset, ts, packet, {}});
    report_notes(shared_, {where, "dns", number, from}, notes_);
}

void reporter::set_questions(const message& m, bool is_multicast_dns) {
    questions_.clear();
    for (const question& q : m.questions) {
        event::dns_question out;
        out.name = {m.view(q.name)};
        out.type = {q.fixed.type};
        out.qclass = {q.fixed.qclass};
        if (is_multicast_dns) {
            out.unicast_response = (q.fixed.qclass & top_bit) != 0;
            out.qclass = {q.fixed.qclass & ~std::uint32_t{top_bit}};
        }
        questions_.push_back(out);
    }
}

void reporter::set_records(const message& m, lists& l, bool is_multicast_dns) {
    l.records.clear();
    for (const record& r : m.records) {
        event::dns_record out;
        out.name = {m.view(r.name)};
        out.type = {r.fixed.type};
        out.rclass = {r.fixed.rclass};
        if (is_multicast_dns) {
            out.cache_flush = (r.fixed.rclass & top_bit) != 0;
            out.rclass = {r.fixed.rclass & ~std::uint32_t{top_bit}};
        }
        out.ttl = r.fixed.ttl;
        out.data = {m.view(r.data)};
        l.records.push_back(out);
    }
}

std::optional<event::dns_edns> reporter::edns(const message& m, lists& l) {
    if (!m.edns) return std::nullopt;
    l.options.clear();
    l.option_text.clear();
    // the text first, for it may move while it grows
    for (const option& o : m.options) {
        const std::size_t from = l.option_text.size();
        append_option_text(l.option_text, o.code, o.data);
        event::dns_option out;
        out.code = o.code;
        out.name = event::code<event::dns_options>{o.code}.name();
        out.text = {std::string_view(l.option_text).substr(from)};
        out.data = {common::as_text(o.data)};
        l.options.push_back(out);
    }
    std::size_t at = 0;
    for (event::dns_option& o : l.options) {
        const std::size_t size = o.text.bytes.size();
        o.text = {std::string_view(l.option_text).substr(at, size)};
        at += size;
    }
    event::dns_edns out;
    out.udp_size = m.edns->udp_size;
    out.version = m.edns->version;
    if (m.edns->dnssec_ok != 0) out.flags = edns_flags;
    out.options = l.options;
    return out;
}

template <class Part>
void reporter::set_common(Part& out, const message& m, lists& l, bool is_multicast_dns) {
    set_records(m, l, is_multicast_dns);
    const std::span<const event::dns_record> all(l.records);
    out.flags = flags_of(m.head);
    out.edns = edns(m, l);
    out.answers = all.first(m.section_ends[0]);
    out.authorities = all.subspan(m.section_ends[0], m.section_ends[1] - m.section_ends[0]);
    out.additionals = all.subspan(m.section_ends[1], m.section_ends[2] - m.section_ends[1]);
}

std::optional<event::dns_missing> reporter::missing(const place& where, const account& a) const {
    const loss none;
    const loss& query = a.of != nullptr && a.with_query ? a.of->missing : none;
    const loss& response = a.response != nullptr ? a.response->missing : none;
    const bool lost = is_lost(a);
    if (!query.any && !response.any && !lost && !a.lost_query.any) return std::nullopt;
    event::dns_missing m;
    if (query.bytes > 0) m.query = query.bytes;
    if (response.bytes > 0) m.response = response.bytes;
    if (a.lost_query.any) {
        m.lost = event::dns_part::query;
        if (a.lost_query.bytes > 0) m.query = a.lost_query.bytes;
    }
    if (lost) {
        m.lost = event::dns_part::response;
        if (a.of->hole.bytes > 0) m.response = a.of->hole.bytes;
    }
    const loss& shown = response.any ? response : lost ? a.of->hole : query.any ? query : a.lost_query;
    m.cause = where.cause_now(shown.first);
    return m;
}

void reporter::report(const surroundings& around, const account& a) {
    const exchange* const of = a.of;
    const std::uint64_t number = of != nullptr ? of->number : around.where.next_exchange();
    anomaly_set found;
    const bool has_query = of != nullptr && a.with_query;
    if (has_query) {
        const bool is_cut = of->query.size() < of->length || of->missing.any;
        read_message(of->query, is_cut, most_, query_);
        notes(around.where, number, a.asker, query_, of->offset, of->last, of->packet);
        found.add(query_.found);
    }
    if (a.response != nullptr) {
        const sighting& r = *a.response;
        read_message(r.data, r.is_cut(), most_, response_);
        notes(around.where, number, other(a.asker), response_, r.offset, r.last, r.packet);
        found.add(response_.found);
    }
    sighting shown;
    shown.last = a.now;
    bool had_room = true;
    if (shared_.names != nullptr && of != nullptr && a.response != nullptr && of->responses == 1)
        had_room = learn_names(*shared_.names, around.where.end(a.asker).ip, response_, a.now);
    if (a.response != nullptr) shown = *a.response;
    const side from = a.response != nullptr ? other(a.asker) : a.asker;
    const auto add = [&](anomaly what) {
        if (found.add(what)) note(around.where, from, number, what, shown);
    };
    if (a.also) add(*a.also);
    if (!had_room && !std::exchange(names_limit_told_, true)) add(anomaly::names_limit);
    const std::optional<event::ending> cut = ended_within(a);
    if (cut == event::ending::closed || cut == event::ending::reset) add(anomaly::message_cut_short);
    ++shared_.count.exchanges;
    if (!shared_.events.wants<event::dns_exchange>()) return;

    event::dns_exchange out;
    out.connection = around.where.ref();
    out.exchange = number;
    out.transport = around.transport;
    const message& first = has_query ? query_ : response_;
    set_questions(first, around.is_multicast_dns);
    out.ts = has_query ? of->first : a.response->first;
    out.id = first.head.id;
    out.opcode = {first.head.opcode};
    out.questions = questions_;
    if (has_query) {
        event::dns_query& q = out.query.emplace();
        set_common(q, query_, of_query_, around.is_multicast_dns);
        q.size = of->length;
        if (of->queries > 1) out.queries = of->queries;
    }
    if (a.response != nullptr) {
        event::dns_response& r = out.response.emplace();
        set_common(r, response_, of_response_, around.is_multicast_dns);
        r.rcode = {response_.rcode()};
        r.size = a.response->length;
        if (of != nullptr) {
            out.timing.wait = a.response->first - of->last;
            if (of->is_transfer && of->responses > 1)
                out.part = of->responses;
            else
                out.repeated = of->responses > 1;
            out.late = of->at == stage::answered_late && of->responses == 1;
        }
    } else if (is_lost(a) || !is_multicast(around.where.end(other(a.asker)).ip)) {
        out.timing.unanswered = std::max(a.now - of->last, common::nanoseconds{});
        out.complete = false;
        out.ended = a.ended;
    }
    if (cut) {
        out.complete = false;
        out.ended = cut;
    }
    out.missing = missing(around.where, a);
    codes_.clear();
    found.for_each([this](anomaly f) { codes_.push_back(row(f).code); });
    out.anomalies = codes_;
    shared_.events.emit(out);
}

} // namespace weir::session::dns
