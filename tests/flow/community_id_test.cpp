// Community ID v1 against the values that its specification publishes for TCP.
#include "flow/community_id.hpp"

#include <gtest/gtest.h>

namespace weir::flow {
namespace {

TEST(CommunityId, HasThePublishedValueInBothDirections) {
    const auto a = common::ip_address::v4(std::array<std::uint8_t, 4>{128, 232, 110, 120});
    const auto b = common::ip_address::v4(std::array<std::uint8_t, 4>{66, 35, 250, 204});
    const auto forward = community_id(a, 34855, b, 80), back = community_id(b, 80, a, 34855);
    EXPECT_EQ(std::string_view(forward.data(), forward.size()), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
    EXPECT_EQ(forward, back);
}

} // namespace
} // namespace weir::flow
