// --events lists: names, globs, and a word that names nothing is said.
#include "event/selection.hpp"

#include <gtest/gtest.h>

namespace weir::event {
namespace {

TEST(Selection, TakesNamesAndGlobs) {
    mask m;
    EXPECT_EQ(parse_selection("http.*,tcp.close", m), "");
    EXPECT_TRUE(m[kind<http_request>()] && m[kind<http_response>()] && m[kind<http_exchange>()] &&
                m[kind<tcp_close>()]);
    EXPECT_EQ(m.count(), 4u);
    EXPECT_EQ(parse_selection("*", m), "");
    EXPECT_TRUE(m.all());
    EXPECT_EQ(parse_selection("*.close", m), "");
    EXPECT_EQ(m.count(), 1u);
}

TEST(Selection, NamesTheWordThatIsNoEvent) {
    mask m = default_selection();
    EXPECT_EQ(parse_selection("tcp.close,tpc.open", m), "tpc.open");
    EXPECT_EQ(parse_selection("", m), "an empty name");
    EXPECT_EQ(parse_selection("tcp.close,", m), "an empty name");
    EXPECT_EQ(m, default_selection());
}

TEST(Selection, DefaultIsWhatAPipeGets) {
    const mask m = default_selection();
    EXPECT_FALSE(m[kind<tcp_open>()]);
    EXPECT_FALSE(m[kind<http_request>()]);
    EXPECT_TRUE(m[kind<http_exchange>()] && m[kind<anomaly>()] && m[kind<capture_end>()]);
}

} // namespace
} // namespace weir::event
