// The request line: every key, every refusal with its column, and each line cut and spoilt at every byte.
#include "common/capture_request.hpp"

#include <gtest/gtest.h>

namespace {

using namespace weir::common;

constexpr std::string_view whole = "capture interface=eth0 interface=any snaplen=1500 buffer=4096 "
                                   "promiscuous=no direction=in filter=tcp port 80";

TEST(request_line, every_key_reaches_the_request) {
    capture_request r;
    ASSERT_FALSE(parse_request_line(whole, r));
    EXPECT_EQ(r.interfaces, (std::vector<std::string>{"eth0", "any"}));
    EXPECT_EQ(r.snaplen, 1500);
    EXPECT_EQ(r.buffer_kib, 4096);
    EXPECT_FALSE(r.promiscuous);
    EXPECT_EQ(r.way, capture_direction::in);
    EXPECT_EQ(r.filter, "tcp port 80");
}

TEST(request_line, a_size_may_have_a_unit) {
    capture_request r;
    ASSERT_FALSE(parse_request_line("capture snaplen=64k buffer=4Mi", r));
    EXPECT_EQ(r.snaplen, 64'000);
    EXPECT_EQ(r.buffer_kib, 4096);
    for (const char* wrong :
         {"snaplen=64K", "snaplen=1Mi", "snaplen=1e3", "buffer=4k", "buffer=4Gi", "buffer=-1"}) {
        capture_request refused;
        EXPECT_TRUE(parse_request_line(std::string("capture ") + wrong, refused)) << wrong;
    }
}

TEST(request_line, what_is_left_out_has_a_default) {
    capture_request r;
    ASSERT_FALSE(parse_request_line("capture", r));
    EXPECT_EQ(describe(r),
              "interface=any snaplen=262144 buffer=16384 promiscuous=yes direction=inout filter=");
}

TEST(request_line, the_filter_takes_the_rest_of_the_line) {
    capture_request r;
    ASSERT_FALSE(parse_request_line("capture filter=host a  and snaplen=1", r));
    EXPECT_EQ(r.filter, "host a  and snaplen=1");
    EXPECT_EQ(r.snaplen, request_limits::max_snaplen);
}

TEST(request_line, a_refusal_names_the_column) {
    const std::pair<std::string, std::size_t> cases[] = {
        {"", 1},
        {"captur", 1},
        {"capture=1", 1},
        {"capture  colour=red", 10},
        {"capture snaplen", 9},
        {"capture snaplen=0", 9},
        {"capture snaplen=1 snaplen=1", 19},
        {"capture interface=", 9},
        {"capture interface=a interface=0123456789abcdef", 21},
        {"capture promiscuous=maybe", 9},
        {"capture direction=both", 9},
        {"capture timeout=5", 9},
        {"capture format=pcap", 9},
        {"capture filter=a\tb", 17},
        {std::string("capture\0", 8), 8},
        {"capture filter=\xc3\xbc", 16},
    };
    for (const auto& [line, column] : cases) {
        capture_request r;
        const auto wrong = parse_request_line(line, r);
        ASSERT_TRUE(wrong) << line;
        EXPECT_EQ(wrong->column, column) << line << ": " << wrong->what;
    }
}

TEST(request_line, cut_at_every_byte_is_a_smaller_request_or_a_refusal) {
    for (std::size_t n = 0; n < whole.size(); ++n) {
        capture_request r;
        const auto wrong = parse_request_line(whole.substr(0, n), r);
        if (wrong)
            EXPECT_LE(wrong->column, n + 1);
        else
            EXPECT_TRUE(whole.substr(0, n).starts_with("capture")) << n;
    }
}

TEST(request_line, spoilt_at_every_byte_is_never_misread) {
    for (std::size_t i = 0; i < whole.size(); ++i)
        for (const char c : {'\0', '\n', '\x7f', '\x80', '\t'}) {
            std::string line(whole);
            line[i] = c;
            capture_request r;
            EXPECT_TRUE(parse_request_line(line, r)) << i;
        }
}

TEST(request_line, what_was_granted_can_be_asked_for_again) {
    capture_request r, again;
    ASSERT_FALSE(parse_request_line(whole, r));
    r.mandatory_filter = "not port 22";
    ASSERT_FALSE(parse_request_line("capture " + describe(r), again));
    EXPECT_EQ(again.filter, "(not port 22) and (tcp port 80)");
    EXPECT_EQ(describe(again), describe(r));
}

TEST(joined_filter, stands_alone_where_there_is_one) {
    capture_request r;
    EXPECT_EQ(joined_filter(r), "");
    r.filter = "tcp";
    EXPECT_EQ(joined_filter(r), "tcp");
    r.mandatory_filter = "ip";
    EXPECT_EQ(joined_filter(r), "(ip) and (tcp)");
    r.filter.clear();
    EXPECT_EQ(joined_filter(r), "ip");
}

} // namespace
