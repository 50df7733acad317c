// The cursor and load: every read is inside the view or answers false; integers in both byte orders.
#include "common/bytes.hpp"

#include <array>
#include <gtest/gtest.h>

namespace weir::common {
namespace {

constexpr std::array<std::uint8_t, 8> sample{0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0xf8};

TEST(Load, ReadsBothByteOrders) {
    EXPECT_EQ(load<std::uint16_t>(sample, 0), 0x0102);
    EXPECT_EQ((load<std::uint16_t, std::endian::little>(sample, 0)), 0x0201);
    EXPECT_EQ(load<std::uint32_t>(sample, 4), 0x050607f8u);
    EXPECT_EQ(load<std::uint64_t>(sample, 0), 0x01020304050607f8u);
    EXPECT_EQ((load<std::uint64_t, std::endian::little>(sample, 0)), 0xf807060504030201u);
}

TEST(Load, ReadsOddWidths) {
    EXPECT_EQ((load<std::uint32_t, std::endian::big, 3>(sample, 1)), 0x020304u);
    EXPECT_EQ((load<std::uint32_t, std::endian::little, 3>(sample, 1)), 0x040302u);
}

TEST(LoadDeathTest, AbortsOutsideTheView) {
    const bytes_view three = bytes_view(sample).first(3);
    EXPECT_DEATH((void)load<std::uint32_t>(three, 0), "load outside the view");
    EXPECT_DEATH((void)load<std::uint8_t>(three, 3), "load outside the view");
    EXPECT_DEATH((void)load<std::uint8_t>(three, static_cast<std::size_t>(-1)), "load outside the view");
}

TEST(Slice, IsClampedToTheView) {
    EXPECT_EQ(slice(sample, 2, 3).size(), 3u);
    EXPECT_EQ(slice(sample, 2).size(), 6u);
    EXPECT_EQ(slice(sample, 6, 10).size(), 2u);
    EXPECT_TRUE(slice(sample, 100, 1).empty());
    EXPECT_EQ(slice(sample, 1, static_cast<std::size_t>(-1)).size(), 7u);
}

TEST(Cursor, MovesOnlyWhenItCanRead) {
    cursor c{bytes_view(sample).first(3)};
    std::uint16_t two = 0;
    EXPECT_TRUE(c.read(two));
    EXPECT_EQ(two, 0x0102);
    EXPECT_FALSE(c.read(two));
    EXPECT_EQ(c.size(), 1u);
    EXPECT_FALSE(c.skip(2));
    EXPECT_TRUE(c.skip(1));
    EXPECT_TRUE(c.empty());
}

} // namespace
} // namespace weir::common
