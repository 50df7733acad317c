// if_tsresol and if_tsoffset: every power of ten and two, large counts, no overflow that matters.
#include "input/time_resolution.hpp"

#include <gtest/gtest.h>

namespace weir::input {
namespace {

std::int64_t ns(std::uint8_t resolution, std::uint64_t ticks, std::int64_t offset = 0) {
    time_resolution r;
    r.set_resolution(resolution);
    r.set_offset(offset);
    return r.at(ticks).since_epoch;
}

TEST(TimeResolution, DecimalAndBinary) {
    EXPECT_EQ(time_resolution().at(1'500'000).since_epoch, 1'500'000'000);
    EXPECT_EQ(ns(0, 3), 3'000'000'000);
    EXPECT_EQ(ns(3, 1500), 1'500'000'000);
    EXPECT_EQ(ns(9, 1'500'000'001), 1'500'000'001);
    EXPECT_EQ(ns(12, 1'999), 1);
    EXPECT_EQ(ns(127, 5), 0);
    EXPECT_EQ(ns(0x80, 2), 2'000'000'000);
    EXPECT_EQ(ns(0x80 | 10, 1536), 1'500'000'000);
    EXPECT_EQ(ns(0x80 | 32, std::uint64_t{3} << 31), 1'500'000'000);
    EXPECT_EQ(ns(0x80 | 64, ~std::uint64_t{0}), 999'999'999);
    EXPECT_EQ(ns(0x80 | 120, ~std::uint64_t{0}), 0);
}

TEST(TimeResolution, OffsetIsAdded) {
    EXPECT_EQ(ns(9, 5, 2), 2'000'000'005);
    EXPECT_EQ(ns(9, 5, -2), -1'999'999'995);
}

} // namespace
} // namespace weir::input
