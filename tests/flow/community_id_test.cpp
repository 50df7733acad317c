// Community ID v1 against the values that its specification publishes for TCP.
#include "flow/community_id.hpp"

#include <gtest/gtest.h>

namespace weir::flow {
namespace {

std::string id_of(transport over, std::uint16_t a_port, std::uint16_t b_port, bool turned) {
    const auto a = common::ip_address::v4(std::array<std::uint8_t, 4>{128, 232, 110, 120});
    const auto b = common::ip_address::v4(std::array<std::uint8_t, 4>{66, 35, 250, 204});
    const protocol::packet_ends p = turned ? protocol::packet_ends{b, a, b_port, a_port, over, 0}
                                           : protocol::packet_ends{a, b, a_port, b_port, over, 0};
    const auto id = community_id(key_of(p).id);
    return {id.data(), id.size()};
}

TEST(CommunityId, HasThePublishedValueInBothDirections) {
    for (const bool turned : {false, true})
        EXPECT_EQ(id_of(transport::tcp, 34855, 80, turned), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
}

TEST(CommunityId, KnowsTheTransport) {
    EXPECT_NE(id_of(transport::udp, 34855, 80, false), id_of(transport::tcp, 34855, 80, false));
    EXPECT_EQ(id_of(transport::udp, 34855, 80, false), id_of(transport::udp, 34855, 80, true));
}

} // namespace
} // namespace weir::flow
