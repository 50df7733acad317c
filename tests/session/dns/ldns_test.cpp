// ldns reads the same records: what both understand, both write alike. Blanks and the case of letters apart,
// for dig breaks long data into words and writes some of it in capitals.
#include <gtest/gtest.h>

#include <cctype>
#include <ldns/ldns.h>
#include <map>
#include <memory>
#include <random>

#include "session/dns/message.hpp"
#include "tests/session/dns/messages.hpp"
#include "tests/session/dns/vectors.hpp"

namespace weir::session::dns::test {
namespace {

/// Without what dig writes otherwise than ldns: blanks, capitals, quotation marks, padding, backslashes
/// before what could be taken for syntax, zeros before a number, types that ldns 1.8 has no names for.
std::string plain(std::string_view text) {
    constexpr std::string_view dropped = " \"\\=";
    const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
    std::string out;
    bool leads = true; // a number may begin here
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\t')
            out.push_back('9');
        else if (dropped.find(c) == std::string_view::npos &&
                 !(c == '0' && leads && i + 1 < text.size() && is_word(text[i + 1])))
            out.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
        leads = !is_word(c) || (leads && c == '0');
    }
    constexpr auto others =
        std::to_array<std::pair<std::string_view, std::string_view>>({{"ninfo", "type56"},
                                                                      {"rkey", "type57"},
                                                                      {"avc", "type258"},
                                                                      {"doa", "type259"},
                                                                      {"amtrelay", "type260"},
                                                                      {"resinfo", "type261"},
                                                                      {"wallet", "type262"},
                                                                      {".m", "m"}});
    for (const auto& [ours, theirs] : others)
        for (std::size_t at = out.find(ours); at != std::string::npos; at = out.find(ours, at))
            out.replace(at, ours.size(), theirs);
    return out;
}

/// What ldns prints of the data of the first answer; nothing where it rejects the message.
std::optional<std::string> by_ldns(const std::string& bytes) {
    ldns_pkt* raw = nullptr;
    const auto data = common::as_bytes(bytes);
    if (ldns_wire2pkt(&raw, data.data(), data.size()) != LDNS_STATUS_OK) return std::nullopt;
    const std::unique_ptr<ldns_pkt, decltype(&ldns_pkt_free)> packet(raw, ldns_pkt_free);
    const ldns_rr_list* const answers = ldns_pkt_answer(raw);
    if (answers == nullptr || ldns_rr_list_rr_count(answers) != 1) return std::nullopt;
    const ldns_rr* const record = ldns_rr_list_rr(answers, 0);
    std::string out;
    for (std::size_t i = 0; i < ldns_rr_rd_count(record); ++i) {
        const std::unique_ptr<char, decltype(&std::free)> text(ldns_rdf2str(ldns_rr_rdf(record, i)),
                                                               std::free);
        if (!text) return std::nullopt;
        if (i > 0) out.push_back(' ');
        out.append(text.get());
    }
    return out;
}

std::optional<std::string> by_weir(const std::string& bytes) {
    message m;
    if (!read_message(common::as_bytes(bytes), false, {}, m) || m.records.size() != 1) return std::nullopt;
    const std::string text(m.view(m.records.front().data));
    return text.starts_with("\\# ") ? std::nullopt : std::optional(text);
}

/// Types that ldns has no form for, or one that dig has not.
bool is_comparable(unsigned type) {
    switch (type) {
    case 11: // ldns names protocol and ports
    case 23: // ldns reads NSAP-PTR as text
    case 24: // ldns does not know SIG's dates
    case 27: // ldns leaves out the quotation marks
    case 20: // a second string is one of two members there
    case 30: // NXT's bit map is read as NSEC's
    case 37: // ldns writes the algorithm as a number
    case 38: // A6 is obsolete: written as bytes there
    case 40: // so is SINK
    case 42: // dig rejects what is beyond the prefix, ldns does not
    case 45: // ldns takes the data apart later
    case 57: // RKEY, TALINK and what follows are not of ldns 1.8
    case 58:
    case 258: // no form there
    case 249: // ldns counts other data differently
    case 250:
    case 259:
    case 260:
    case 65280:
        return false;
    default:
        return true;
    }
}

TEST(DnsAgainstLdns, RecordsAreWrittenAlike) {
    std::mt19937 generator(11);
    const auto random = [&] { return static_cast<std::uint32_t>(generator()); };
    std::map<unsigned, unsigned> compared, differ;
    unsigned total = 0;
    for (const record_vector& v : record_vectors) {
        if (!is_comparable(v.type)) continue;
        for (int n = 0; n < 500; ++n) {
            std::string data = from_hex(v.hex);
            for (unsigned changes = n == 0 ? 0 : 1 + random() % 3; changes > 0 && !data.empty(); --changes) {
                const std::size_t at = random() % data.size();
                switch (random() % 4) {
                case 0:
                    data[at] = static_cast<char>(random());
                    break;
                case 1:
                    data[at] = static_cast<char>(data[at] ^ 1 << random() % 8);
                    break;
                case 2:
                    data.insert(at, 1, static_cast<char>(random()));
                    break;
                default:
                    data.erase(at, 1);
                    break;
                }
            }
            const std::string bytes =
                message_builder().ask("example.com", 1).answer("a", v.type, data).bytes();
            // ldns takes dates for those nearest to now
            if (v.type == 46 && data.size() > 12 && ((data[8] | data[12]) & 0x80) != 0) continue;
            const auto theirs = by_ldns(bytes), ours = by_weir(bytes);
            if (n == 0) {
                EXPECT_TRUE(theirs && ours) << v.type;
            }
            if (!theirs || !ours) continue;
            ++compared[v.type];
            ++total;
            if (plain(*theirs) == plain(*ours)) continue;
            if (++differ[v.type] == 1)
                ADD_FAILURE() << "type " << v.type << "\nldns: " << *theirs << "\nweir: " << *ours;
        }
    }
    for (const record_vector& v : record_vectors) {
        if (is_comparable(v.type)) {
            EXPECT_GE(compared[v.type], 20u) << "type " << v.type << " is hardly ever understood";
        }
    }
    RecordProperty("compared", static_cast<int>(total));
    EXPECT_GT(total, 10'000u);
}

} // namespace
} // namespace weir::session::dns::test
