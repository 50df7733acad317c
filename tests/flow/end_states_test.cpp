// The table of end states: every (state, segment) is decided, every row is reached, and each has a script
// that is played into a real connection too.
#include "flow/tcp/end_states.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>

#include "tests/flow/harness.hpp"

namespace weir::flow::test {
namespace {

using tcp::end_state;
using tcp::end_states;
using tcp::segment_kind;
using enum tcp::end_state;

/// A segment by its history letter: upper case is the client, B is bare (an acknowledgement).
struct step {
    segment_kind kind;
    side from;
};

step step_of(char letter) {
    const side from = letter >= 'a' ? side::server : side::client;
    switch (letter | 0x20) {
    case 's':
        return {segment_kind::syn, from};
    case 'h':
        return {segment_kind::syn_ack, from};
    case 'r':
        return {segment_kind::rst, from};
    case 'd':
        return {segment_kind::data, from};
    case 'f':
        return {segment_kind::fin, from};
    default:
        return {segment_kind::bare, from};
    }
}

/// The row that the last step of a script uses, and where it leads.
std::pair<std::size_t, end_states> run(std::string_view script) {
    end_states ends{};
    std::size_t row = tcp::rows::table.size();
    for (const char letter : script) {
        const step s = step_of(letter);
        const std::size_t own = event::index(s.from);
        row = tcp::row_of(ends[own], s.kind, s.from, ends[1 - own]);
        tcp::see(ends, s.kind, s.from);
    }
    return {row, ends};
}

struct script {
    const char* letters;
    end_states leads_to;
    const char* conn_state;
};

/// In the order of the rows; several may show one row.
const std::vector<script> scripts{
    {"S", {syn_sent, silent}, "S0"},
    {"sH", {syn_ack_sent, established}, "OTH"},
    {"Ss", {established, established}, "S1"},
    {"Sds", {established, established}, "S1"},
    {"Sh", {established, established}, "S1"},
    {"Sdh", {established, established}, "S1"},
    {"s", {silent, established}, "OTH"},
    {"h", {silent, established}, "OTH"},
    {"DS", {syn_sent, silent}, "S0"},
    {"ds", {silent, syn_sent}, "OTH"},
    {"ShS", {established, established}, "S1"},
    {"Shh", {established, established}, "S1"},
    {"Sa", {syn_sent, silent}, "S0"},
    {"hA", {established, established}, "S1"},
    {"hD", {established, established}, "S1"},
    {"A", {partial, silent}, "OTH"},
    {"Sd", {syn_sent, partial}, "OTH"},
    {"D", {partial, silent}, "OTH"},
    {"ShA", {established, established}, "S1"},
    {"ShD", {established, established}, "S1"},
    {"DdFRf", {closed, closed}, "SF"},
    {"ShRF", {end_state::reset, established}, "RSTO"},
    {"ShFRF", {aborted, established}, "RSTO"},
    {"ShF", {closed, established}, "S2"},
    {"Shf", {established, closed}, "S3"},
    {"ShFf", {closed, closed}, "SF"},
    {"SF", {closed, silent}, "SH"},
    {"hf", {silent, closed}, "SHR"},
    {"ShFfR", {closed, closed}, "SF"},
    {"ShFR", {aborted, established}, "RSTO"},
    {"Shfr", {established, aborted}, "RSTR"},
    {"ShRR", {end_state::reset, established}, "RSTO"},
    {"Sr", {syn_sent, end_state::reset}, "REJ"},
    {"ShR", {end_state::reset, established}, "RSTO"},
    {"ShDr", {established, end_state::reset}, "RSTR"},
    {"SR", {end_state::reset, silent}, "RSTOS0"},
    {"hr", {silent, end_state::reset}, "RSTRH"},
};

std::string name(end_states e) {
    return std::to_string(static_cast<int>(e[0])) + ',' + std::to_string(static_cast<int>(e[1]));
}

TEST(EndStates, EveryStateDecidesEverySegment) {
    for (std::size_t own = 0; own < tcp::end_state_count; ++own)
        for (std::size_t other = 0; other < tcp::end_state_count; ++other)
            for (std::size_t kind = 0; kind < tcp::segment_kind_count; ++kind)
                for (const side from : {side::client, side::server})
                    EXPECT_LT(tcp::row_of(static_cast<end_state>(own), static_cast<segment_kind>(kind), from,
                                          static_cast<end_state>(other)),
                              tcp::rows::table.size())
                        << own << ' ' << other << ' ' << kind;
}

TEST(EndStates, EveryRowHasAScript) {
    std::set<std::size_t> shown;
    std::size_t last = 0;
    for (const script& s : scripts) {
        const auto [row, ends] = run(s.letters);
        EXPECT_EQ(name(ends), name(s.leads_to)) << s.letters;
        EXPECT_GE(row, last) << s.letters << " is out of order";
        last = row;
        shown.insert(row);
    }
    for (std::size_t row = 0; row < tcp::rows::table.size(); ++row)
        EXPECT_TRUE(shown.contains(row)) << "row " << row << " has no script, or nothing leads to it";
}

TEST(EndStates, OnlyAFinOrARstEndsAndNeitherIsTakenBack) {
    std::set<end_states> known{end_states{}};
    std::vector<end_states> open{end_states{}};
    while (!open.empty()) {
        const end_states at = open.back();
        open.pop_back();
        for (const char letter : std::string_view("ShHsRrDdAaFf")) {
            end_states next = at;
            const step s = step_of(letter);
            tcp::see(next, s.kind, s.from);
            for (std::size_t i = 0; i < 2; ++i) {
                const bool may_end =
                    event::index(s.from) == i && (s.kind == segment_kind::fin || s.kind == segment_kind::rst);
                EXPECT_TRUE(next[i] >= closed ? at[i] >= closed || may_end : at[i] < closed)
                    << name(at) << letter;
            }
            if (known.insert(next).second) open.push_back(next);
        }
    }
    EXPECT_GT(known.size(), 20u);
}

/// A script on the wire: numbers and acknowledgements as an orderly end would send them.
TEST(EndStates, ConnectionsPlayedOnTheWireSayTheSame) {
    for (const script& s : scripts) {
        wire w;
        std::array<std::uint32_t, 2> next{};
        for (const char letter : std::string_view(s.letters)) {
            const auto [kind, from] = step_of(letter);
            std::uint32_t& seq = next[event::index(from)];
            const std::uint32_t acked = next[1 - event::index(from)];
            segment out{from == side::client, flag::ack, seq, acked, ""};
            switch (kind) {
            case segment_kind::syn:
            case segment_kind::syn_ack:
                out.seq = 0;
                out.flags = kind == segment_kind::syn ? flag::syn : flag::syn | flag::ack;
                seq = std::max(seq, 1u);
                break;
            case segment_kind::rst:
                out.flags = seq == 0 ? flag::rst | flag::ack : flag::rst;
                break;
            case segment_kind::data:
                out.payload = "x";
                seq = std::max(seq, 1u);
                out.seq = seq++;
                break;
            case segment_kind::fin:
                out.flags = flag::fin | flag::ack;
                seq = std::max(seq, 1u);
                out.seq = seq++;
                break;
            case segment_kind::bare:
                break;
            }
            w.play(out);
        }
        w.flows.close_all(w.now);
        // a server that speaks first in mid-stream is not known to be one
        const std::string_view letters = s.letters;
        if (letters[0] == 's' || letters[0] == 'd' || letters.starts_with("DS")) continue;
        ASSERT_EQ(w.log.states.size(), 1u) << s.letters;
        EXPECT_EQ(w.log.states[0], s.conn_state) << s.letters << " as " << w.log.histories[0];
    }
}

} // namespace
} // namespace weir::flow::test
