// Times, addresses and Base64 as text.
#include <array>
#include <gtest/gtest.h>
#include <limits>

#include "common/base64.hpp"
#include "common/ip_address.hpp"
#include "common/keyed_hash.hpp"
#include "common/timestamp.hpp"

namespace weir::common {
namespace {

std::string time_text(std::int64_t ns) {
    std::array<char, rfc3339_size> out{};
    write_rfc3339({ns}, out);
    return {out.data(), out.size()};
}

TEST(Timestamp, IsWrittenWithNineDecimals) {
    EXPECT_EQ(time_text(0), "1970-01-01T00:00:00.000000000Z");
    EXPECT_EQ(time_text(1767323045000000123), "2026-01-02T03:04:05.000000123Z");
    EXPECT_EQ(time_text(951782399999999999), "2000-02-28T23:59:59.999999999Z");
    EXPECT_EQ(time_text(951868799000000000), "2000-02-29T23:59:59.000000000Z");
}

TEST(Timestamp, BeforeTheEpochAndAtTheEndsOfTheRange) {
    EXPECT_EQ(time_text(-1), "1969-12-31T23:59:59.999999999Z");
    EXPECT_EQ(time_text(-1000000000), "1969-12-31T23:59:59.000000000Z");
    EXPECT_EQ(time_text(std::numeric_limits<std::int64_t>::max()), "2262-04-11T23:47:16.854775807Z");
    EXPECT_EQ(time_text(std::numeric_limits<std::int64_t>::min()), "1677-09-21T00:12:43.145224192Z");
}

TEST(IpAddress, IsWrittenAsRfc5952Says) {
    EXPECT_EQ(to_string(ip_address::v4(std::array<std::uint8_t, 4>{10, 0, 255, 1})), "10.0.255.1");
    std::array<std::uint8_t, 16> a{};
    a[15] = 1;
    EXPECT_EQ(to_string(ip_address::v6(a)), "::1");
    a[0] = 0x20, a[1] = 0x01, a[2] = 0x0d, a[3] = 0xb8;
    EXPECT_EQ(to_string(ip_address::v6(a)), "2001:db8::1");
}

TEST(Base64, HasTheVectorsOfRfc4648) {
    const std::array<std::pair<std::string_view, std::string_view>, 7> vectors{{{"", ""},
                                                                                {"f", "Zg=="},
                                                                                {"fo", "Zm8="},
                                                                                {"foo", "Zm9v"},
                                                                                {"foob", "Zm9vYg=="},
                                                                                {"fooba", "Zm9vYmE="},
                                                                                {"foobar", "Zm9vYmFy"}}};
    for (const auto& [in, expected] : vectors) {
        std::string out;
        append_base64(out, as_bytes(in));
        EXPECT_EQ(out, expected);
    }
}

TEST(KeyedHash, DependsOnKeyAndEveryWord) {
    const keyed_hash a({1, 2}), b({1, 3});
    const std::array<std::uint64_t, 2> words{5, 6}, other{5, 7};
    EXPECT_EQ(a(words), a(words));
    EXPECT_NE(a(words), b(words));
    EXPECT_NE(a(words), a(other));
    EXPECT_NE(a(words), a(std::span(words).first(1)));
}

} // namespace
} // namespace weir::common
