// --events lists: names, globs, and a word that names nothing is said.
#include "event/selection.hpp"

#include <gtest/gtest.h>

#include "event/registry.hpp"

namespace weir::event {
namespace {

TEST(Selection, TakesNamesAndGlobs) {
    mask m;
    EXPECT_EQ(parse_selection("http.*,tcp.close", m), "");
    EXPECT_TRUE(m[kind<http_request>()] && m[kind<http_response>()] && m[kind<http_body_piece>()] &&
                m[kind<http_exchange>()] && m[kind<http_sse>()] && m[kind<tcp_close>()]);
    EXPECT_EQ(m.count(), 6u);
    EXPECT_EQ(parse_selection("*", m), "");
    EXPECT_EQ(m.count(), registry::size);
    EXPECT_EQ(parse_selection("*.close", m), "");
    EXPECT_TRUE(m[kind<tcp_close>()] && !m[kind<tcp_open>()] && !m[kind<capture_end>()]);
}

TEST(Selection, NamesTheWordThatIsNoEvent) {
    mask m = default_selection(audience::lines);
    EXPECT_EQ(parse_selection("tcp.close,tpc.open", m), "tpc.open");
    EXPECT_EQ(parse_selection("", m), "an empty name");
    EXPECT_EQ(parse_selection("tcp.close,", m), "an empty name");
    EXPECT_EQ(m, default_selection(audience::lines));
}

TEST(Selection, EachAudienceSeesWhatNamesIt) {
    const mask lines = default_selection(audience::lines), terminal = default_selection(audience::terminal);
    EXPECT_FALSE(lines[kind<tcp_open>()] || lines[kind<http_request>()] || terminal[kind<tcp_open>()]);
    EXPECT_TRUE(lines[kind<http_exchange>()] && lines[kind<anomaly>()] && lines[kind<capture_end>()]);
    EXPECT_TRUE(terminal[kind<http_request>()] && terminal[kind<http_exchange>()]);
}

TEST(Kinds, AreNumberedAsTheRegistryListsThem) {
    std::size_t i = 0;
    registry::for_each([&]<class E>() {
        EXPECT_EQ(kind<E>(), i);
        EXPECT_EQ(registry::names[i++], E::name);
    });
    EXPECT_EQ(i, registry::size);
    EXPECT_DEATH((void)kind_of_name("no.such"), "registry");
}

TEST(Kinds, AnEventIsOfItsOwnKindOnly) {
    const tcp_open e;
    const any_event any = &e;
    EXPECT_EQ(any.get_if<tcp_open>(), &e);
    EXPECT_EQ(any.get_if<tcp_close>(), nullptr);
}

} // namespace
} // namespace weir::event
