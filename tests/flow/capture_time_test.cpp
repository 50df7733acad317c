// Capture time: the greatest seen, and what is not believed at once.
#include "flow/capture_time.hpp"

#include <gtest/gtest.h>

namespace weir::flow {
namespace {

constexpr common::timestamp second(std::int64_t s) { return {s * common::nanoseconds_per_second}; }

TEST(CaptureTime, NeverGoesBack) {
    capture_time c;
    EXPECT_FALSE(c.now());
    EXPECT_EQ(c.see(second(10)), second(10));
    EXPECT_EQ(c.see(second(5)), second(10));
    EXPECT_EQ(c.see(second(11)), second(11));
    EXPECT_EQ(c.now(), second(11));
}

TEST(CaptureTime, ALeapIsBelievedWhenTheNextRecordAgrees) {
    capture_time c;
    c.see(second(0));
    EXPECT_EQ(c.see(second(10'000)), second(0));
    EXPECT_EQ(c.see(second(10'005)), second(10'005));
    EXPECT_EQ(c.see(second(30'005)), second(10'005));
    EXPECT_EQ(c.see(second(30'001)), second(30'005)) << "the one that leapt came later";
    EXPECT_EQ(c.see(second(33'605)), second(33'605)) << "an hour is no leap";
}

TEST(CaptureTime, OneWildStampIsForgotten) {
    capture_time c;
    c.see(second(0));
    c.see(second(1'000'000));
    EXPECT_EQ(c.see(second(1)), second(1));
    EXPECT_EQ(c.see(second(900'000)), second(1)) << "each leap is a new one";
    EXPECT_EQ(c.see(second(2)), second(2));
    c.settle();
    EXPECT_EQ(c.now(), second(2));
}

TEST(CaptureTime, TheLastRecordIsBelievedAtTheEnd) {
    capture_time c;
    c.see(second(0));
    c.see(second(10'000));
    c.settle();
    EXPECT_EQ(c.now(), second(10'000));
}

TEST(CaptureTime, AnyTimeIsATime) {
    capture_time c;
    const common::timestamp least{std::numeric_limits<std::int64_t>::min()},
        most{std::numeric_limits<std::int64_t>::max()};
    EXPECT_EQ(c.see(least), least);
    c.see(most);
    EXPECT_EQ(c.see(most), most);
    EXPECT_EQ(c.see(least), most);
}

} // namespace
} // namespace weir::flow
