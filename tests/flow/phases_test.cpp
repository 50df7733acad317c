// The tables of states: every state decides every occasion, and never forgets what has happened.
#include "flow/tcp/phases.hpp"

#include <gtest/gtest.h>

namespace weir::flow::tcp {
namespace {

template <class State>
constexpr State nth(std::size_t i) {
    return static_cast<State>(i);
}

TEST(Phases, AConnectionOnlyGoesForward) {
    for (std::size_t s = 0; s < next_phase.rows.size(); ++s) {
        const auto from = nth<phase>(s);
        EXPECT_EQ(next_phase(from, occasion::ended), phase::over);
        EXPECT_GE(next_phase(from, occasion::both_fins), phase::closing);
        EXPECT_GE(next_phase(from, occasion::opened), phase::established);
        for (std::size_t o = 0; o < next_phase.rows[s].size(); ++o) {
            const bool back = nth<occasion>(o) == occasion::reopened && from == phase::over;
            EXPECT_EQ(next_phase(from, nth<occasion>(o)) < from, back);
        }
    }
}

TEST(Phases, AStreamKeepsWhatIsKnownOfIt) {
    for (std::size_t s = 0; s < next_stream_phase.rows.size(); ++s)
        for (std::size_t o = 0; o < next_stream_phase.rows[s].size(); ++o) {
            const auto from = nth<stream_phase>(s), to = next_stream_phase(from, nth<stream_occasion>(o));
            EXPECT_TRUE(numbered(to) || !numbered(from));
            EXPECT_TRUE(fin_seen(to) || !fin_seen(from));
            EXPECT_TRUE(ended(to) || !ended(from));
            EXPECT_TRUE(fin_acked(to) || !fin_acked(from));
            EXPECT_FALSE(fin_acked(to) && !fin_seen(to));
        }
}

TEST(Phases, AStreamEndsByItsFinWhateverComesFirst) {
    for (const bool acked_first : {false, true}) {
        stream_phase p = stream_phase::unnumbered;
        p = next_stream_phase(p, stream_occasion::numbered);
        EXPECT_EQ(p, stream_phase::flowing);
        p = next_stream_phase(p, stream_occasion::fin);
        EXPECT_TRUE(fin_seen(p) && !ended(p) && !fin_acked(p));
        p = next_stream_phase(p, acked_first ? stream_occasion::acked : stream_occasion::whole);
        EXPECT_EQ(fin_acked(p), acked_first);
        EXPECT_NE(ended(p), acked_first);
        p = next_stream_phase(p, acked_first ? stream_occasion::whole : stream_occasion::acked);
        EXPECT_EQ(p, stream_phase::ended_acked);
    }
}

} // namespace
} // namespace weir::flow::tcp
