// Interfaces by name, and the times at which the kernel dropped packets.
#include "flow/capture_path.hpp"

#include <gtest/gtest.h>

namespace weir::flow {
namespace {

constexpr common::timestamp second(std::int64_t s) { return {s * common::nanoseconds_per_second}; }

TEST(CapturePath, OneInterfaceNeedsNoName) {
    capture_path p;
    EXPECT_EQ(p.name(p.interface("eth0")), "");
    EXPECT_EQ(p.name(p.interface("eth1")), "eth1");
    EXPECT_EQ(p.name(p.interface("eth0")), "eth0");
    EXPECT_EQ(p.interface("eth0"), 0u) << "a name keeps its number";
}

TEST(CapturePath, DropsAreKnownBetweenTheStatisticsThatShowThem) {
    capture_path p;
    const std::uint32_t i = p.interface("eth0"), other = p.interface("eth1");
    p.statistics(i, second(10), 0);
    p.statistics(i, second(11), 3);
    p.statistics(i, second(12), 3);
    p.statistics(i, second(13), 4);
    EXPECT_FALSE(p.dropped(i, second(8), second(9)));
    EXPECT_TRUE(p.dropped(i, second(9), second(10)));
    EXPECT_TRUE(p.dropped(i, second(11), second(11)));
    EXPECT_FALSE(p.dropped(i, {second(11).since_epoch + 1}, {second(12).since_epoch - 1}));
    EXPECT_TRUE(p.dropped(i, second(1), second(100)));
    EXPECT_FALSE(p.dropped(i, second(14), second(100)));
    EXPECT_FALSE(p.dropped(other, second(1), second(100)));
}

TEST(CapturePath, DropsBeforeTheFirstStatisticsMayHaveBeenAtAnyTimeBefore) {
    capture_path p;
    const std::uint32_t i = p.interface("");
    p.statistics(i, second(10), 3);
    EXPECT_TRUE(p.dropped(i, second(1), second(1)));
    EXPECT_FALSE(p.dropped(i, second(11), second(12)));
}

TEST(CapturePath, AStreamThatFollowsCountsFromZero) {
    capture_path p;
    const std::uint32_t i = p.interface("eth0");
    p.statistics(i, second(10), 9);
    p.restart();
    p.statistics(i, second(20), 0);
    EXPECT_FALSE(p.dropped(i, second(11), second(20)));
    p.statistics(i, second(21), 1);
    EXPECT_TRUE(p.dropped(i, second(20), second(20)));
}

TEST(CapturePath, OldWindowsAreForgotten) {
    capture_path p;
    const std::uint32_t i = p.interface("eth0");
    std::uint64_t dropped = 0;
    for (std::int64_t s = 0; s < 400; ++s) p.statistics(i, second(s), s % 2 == 0 ? ++dropped : dropped);
    EXPECT_FALSE(p.dropped(i, second(0), second(100)));
    EXPECT_TRUE(p.dropped(i, second(300), second(301)));
}

} // namespace
} // namespace weir::flow
