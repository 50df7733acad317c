// Layouts: what they assemble they parse, odd widths included.
#include "protocol/layout.hpp"

#include <gtest/gtest.h>
#include <string>

#include "protocol/registry.hpp"

namespace weir::protocol {
namespace {

TEST(Layout, ParsesWhatItAssembles) {
    ipv6 in;
    in.version = 6, in.traffic_class = 0xa5, in.flow_label = 0xbcdef, in.payload_length = 0x1234;
    in.next_header = 17, in.hop_limit = 3;
    in.src[0] = 0x20, in.dst[15] = 1;
    std::array<std::uint8_t, ipv6::header::size> bytes{};
    ipv6::header::assemble(in, bytes);
    EXPECT_EQ(bytes[0], 0x6a);
    EXPECT_EQ(bytes[1], 0x5b);
    ipv6 out;
    ASSERT_TRUE(ipv6::header::parse(bytes, out));
    EXPECT_EQ(out.traffic_class, in.traffic_class);
    EXPECT_EQ(out.flow_label, in.flow_label);
    EXPECT_EQ(out.payload_length, in.payload_length);
    EXPECT_EQ(out.src, in.src);
    EXPECT_EQ(out.dst, in.dst);
}

TEST(Layout, RefusesOneByteLess) {
    std::array<std::uint8_t, tcp::header::size> bytes{};
    tcp out;
    EXPECT_TRUE(tcp::header::parse(bytes, out));
    for (std::size_t n = 0; n < bytes.size(); ++n)
        EXPECT_FALSE(tcp::header::parse(common::bytes_view(bytes).first(n), out)) << n;
}

TEST(Layout, NamesItsFieldsInWireOrder) {
    std::string names;
    unsigned bits = 0;
    mpls::header::for_each([&](std::string_view name, unsigned width, std::string_view meaning) {
        names += std::string(name) + ' ';
        bits += width;
        EXPECT_FALSE(meaning.empty());
    });
    EXPECT_EQ(names, "label traffic_class bottom ttl ");
    EXPECT_EQ(bits, 32u);
}

TEST(Layout, AssemblesOverOldBits) {
    std::array<std::uint8_t, vlan::header::size> bytes{0xff, 0xff, 0xff, 0xff};
    vlan v;
    v.priority = 5, v.drop_eligible = 0, v.id = 0x123, v.type = 0x0800;
    vlan::header::assemble(v, bytes);
    EXPECT_EQ(bytes, (std::array<std::uint8_t, 4>{0xa1, 0x23, 0x08, 0x00}));
}

} // namespace
} // namespace weir::protocol
