// The blocks of the stream, byte by byte, and as a reader sees them: lengths, padding, options, directions.
#include "common/capture_writer.hpp"

#include <gtest/gtest.h>

namespace {

using namespace weir::common;
constexpr auto little = std::endian::little;

template <typename T>
T number(std::string_view text, std::size_t at) {
    return load<T, little>(as_bytes(text), at);
}

/// Every block's two lengths agree and fill the text.
std::vector<std::string_view> blocks(std::string_view text) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        const auto size = number<std::uint32_t>(text, 4);
        EXPECT_EQ(size % 4, 0U);
        EXPECT_LE(size, text.size());
        EXPECT_EQ(number<std::uint32_t>(text, size - 4), size);
        out.push_back(text.substr(0, size));
        text.remove_prefix(size);
    }
    return out;
}

TEST(capture_writer, writes_an_enhanced_packet_block) {
    capture_writer w(capture_format::pcapng, capture_direction::both);
    const std::array<std::uint8_t, 5> data{1, 2, 3, 4, 5};
    w.packet({7, 0x0102030405060708, 99, data}, 1);
    const std::string_view b = w.gathered();
    ASSERT_EQ(b.size(), 40U);
    EXPECT_EQ(number<std::uint32_t>(b, 0), 6U);
    EXPECT_EQ(number<std::uint32_t>(b, 4), 40U);
    EXPECT_EQ(number<std::uint32_t>(b, 8), 7U);
    EXPECT_EQ(number<std::uint32_t>(b, 12), 0x01020304U);
    EXPECT_EQ(number<std::uint32_t>(b, 16), 0x05060708U);
    EXPECT_EQ(number<std::uint32_t>(b, 20), 5U);
    EXPECT_EQ(number<std::uint32_t>(b, 24), 99U);
    EXPECT_EQ(b.substr(28, 8), std::string_view("\1\2\3\4\5\0\0\0", 8));
}

TEST(capture_writer, every_length_gives_whole_blocks) {
    capture_writer w(capture_format::pcapng, capture_direction::in);
    std::vector<std::uint8_t> data;
    for (std::size_t n = 0; n < 70; ++n, data.push_back(0xff)) {
        w.section(std::string(n, 'a'), std::string(n, 'b'));
        w.interface_block(std::string(n, 'c'), 1, 96, std::string(n, 'd'));
        w.packet({0, n, 1, data}, 1);
        w.statistics(0, n, {1, 2, 3});
    }
    EXPECT_EQ(blocks(w.gathered()).size(), 280U);
}

TEST(capture_writer, interface_block_tells_name_resolution_and_filter) {
    capture_writer w(capture_format::pcapng, capture_direction::both);
    w.interface_block("lo", 113, 1500, "tcp");
    const std::string_view b = w.gathered();
    EXPECT_EQ(number<std::uint32_t>(b, 0), 1U);
    EXPECT_EQ(number<std::uint16_t>(b, 8), 113U);
    EXPECT_EQ(number<std::uint32_t>(b, 12), 1500U);
    EXPECT_EQ(b.substr(16, 32),
              std::string_view("\2\0\2\0lo\0\0\x09\0\1\0\x09\0\0\0\x0b\0\4\0\0tcp\0\0\0\0\x30\0\0\0", 32));
}

TEST(capture_writer, statistics_are_cumulative_counters) {
    capture_writer w(capture_format::pcapng, capture_direction::both);
    w.statistics(3, 1, {0x100000001, 2, 3});
    const std::string_view b = w.gathered();
    EXPECT_EQ(number<std::uint32_t>(b, 0), 5U);
    EXPECT_EQ(number<std::uint32_t>(b, 8), 3U);
    EXPECT_EQ(number<std::uint16_t>(b, 20), 4U);
    EXPECT_EQ(number<std::uint64_t>(b, 24), 0x100000001U);
    EXPECT_EQ(number<std::uint16_t>(b, 32), 7U);
    EXPECT_EQ(number<std::uint16_t>(b, 44), 8U);
}

TEST(capture_writer, direction_comes_from_a_cooked_header_or_the_request) {
    std::array<std::uint8_t, 20> data{};
    const auto flags = [&](std::uint32_t link, capture_direction way) {
        capture_writer w(capture_format::pcapng, way);
        w.packet({0, 0, 20, data}, link);
        return w.gathered().size() == 52 ? 0U : number<std::uint32_t>(w.gathered(), 52);
    };
    constexpr std::uint32_t ethernet = 1, sll = 113, sll2 = 276;
    EXPECT_EQ(flags(ethernet, capture_direction::both), 0U);
    EXPECT_EQ(flags(ethernet, capture_direction::in), 1U);
    EXPECT_EQ(flags(ethernet, capture_direction::out), 2U);
    EXPECT_EQ(flags(sll, capture_direction::both), 1U);
    EXPECT_EQ(flags(sll2, capture_direction::both), 1U);
    data[1] = data[10] = 4;
    EXPECT_EQ(flags(sll, capture_direction::both), 2U);
    EXPECT_EQ(flags(sll2, capture_direction::both), 2U);
}

TEST(capture_writer, a_cooked_packet_cut_at_every_byte_is_only_of_unknown_direction) {
    std::array<std::uint8_t, 20> data{};
    for (const std::uint32_t link : {113U, 276U})
        for (std::size_t n = 0; n <= data.size(); ++n) {
            capture_writer w(capture_format::pcapng, capture_direction::both);
            w.packet({0, 0, 20, bytes_view(data).first(n)}, link);
            EXPECT_EQ(blocks(w.gathered()).size(), 1U);
        }
}

TEST(capture_writer, pcap_has_nanoseconds_and_no_other_blocks) {
    capture_writer w(capture_format::pcap, capture_direction::both);
    const std::array<std::uint8_t, 3> data{1, 2, 3};
    w.section("a", "b");
    w.interface_block("lo", 1, 96, "tcp");
    w.packet({0, 2'000'000'003, 9, data}, 1);
    w.statistics(0, 1, {});
    const std::string_view b = w.gathered();
    ASSERT_EQ(b.size(), 24U + 16U + 3U);
    EXPECT_EQ(number<std::uint32_t>(b, 0), 0xa1b23c4dU);
    EXPECT_EQ(number<std::uint32_t>(b, 16), 96U);
    EXPECT_EQ(number<std::uint32_t>(b, 24), 2U);
    EXPECT_EQ(number<std::uint32_t>(b, 28), 3U);
    EXPECT_EQ(number<std::uint32_t>(b, 32), 3U);
    EXPECT_EQ(number<std::uint32_t>(b, 36), 9U);
}

} // namespace
