// Every form of a size that is documented, and nothing else.
#include "common/size.hpp"

#include <gtest/gtest.h>

namespace weir::common {
namespace {

TEST(Size, ANumberAndAUnit) {
    EXPECT_EQ(parse_size("0"), 0U);
    EXPECT_EQ(parse_size("100"), 100U);
    EXPECT_EQ(parse_size("100B"), 100U);
    EXPECT_EQ(parse_size("1k"), 1000U);
    EXPECT_EQ(parse_size("1kB"), 1000U);
    EXPECT_EQ(parse_size("1M"), 1'000'000U);
    EXPECT_EQ(parse_size("2GB"), 2'000'000'000U);
    EXPECT_EQ(parse_size("1Ki"), 1024U);
    EXPECT_EQ(parse_size("1MiB"), 1'048'576U);
    EXPECT_EQ(parse_size("3Gi"), 3ULL << 30);
}

TEST(Size, ANumberAloneCountsTheUnitOfItsOption) {
    EXPECT_EQ(parse_size("16", 1024), 16'384U);
    EXPECT_EQ(parse_size("16B", 1024), 16U);
    EXPECT_EQ(parse_size("4Mi", 1024), 4U << 20);
}

TEST(Size, AnythingElseIsRefused) {
    for (const char* text : {"",
                             "B",
                             "k",
                             "-1",
                             "+1",
                             "1e3",
                             "1.5k",
                             "1 k",
                             " 1",
                             "1 ",
                             "1K",
                             "1m",
                             "1g",
                             "1ki",
                             "1kk",
                             "1kiB",
                             "1Bk",
                             "1BB",
                             "1T",
                             "0x10",
                             "1Mi ",
                             "many",
                             "99999999999999999999",
                             "18446744073709551615k",
                             "1Mx"})
        EXPECT_EQ(parse_size(text), std::nullopt) << text;
    EXPECT_EQ(parse_size("18446744073709551615"), ~0ULL);
    EXPECT_EQ(parse_size("18014398509481984", 1024), std::nullopt);
}

} // namespace
} // namespace weir::common
