// The policy: its grammar with line and column of every error, and which rule decides what is granted.
#include <gtest/gtest.h>

#include "capture-helper/service.hpp"

namespace {

using namespace weir::common;
using weir::capture_helper::apply_policy;
using weir::capture_helper::client;

std::vector<capture_rule> rules(std::string_view text) {
    std::vector<capture_rule> out;
    const auto wrong = parse_policy(text, out);
    EXPECT_FALSE(wrong) << wrong->line << ": " << wrong->what.what;
    return out;
}

capture_request asking(std::vector<std::string> interfaces) {
    capture_request r;
    r.interfaces = std::move(interfaces);
    return r;
}

TEST(policy, reads_every_key) {
    const auto r = rules("# who\n\nallow user=alice user=0 group=weir interface=eth* interface=lo "
                         "snaplen=128 promiscuous=yes filter=tcp port 80\n");
    ASSERT_EQ(r.size(), 1U);
    EXPECT_EQ(r[0].users, (std::vector<std::string>{"alice", "0"}));
    EXPECT_EQ(r[0].groups, std::vector<std::string>{"weir"});
    EXPECT_EQ(r[0].interfaces, (std::vector<std::string>{"eth*", "lo"}));
    EXPECT_EQ(r[0].snaplen, 128);
    EXPECT_TRUE(r[0].promiscuous);
    EXPECT_EQ(r[0].filter, "tcp port 80");
}

TEST(policy, an_error_has_line_and_column) {
    struct {
        const char* text;
        std::size_t line, column;
    } const cases[] = {
        {"permit user=a interface=b\n", 1, 1},
        {"# fine\n  allow user=a interface=b colour=red\n", 2, 28},
        {"allow interface=lo\n", 1, 1},
        {"allow user=a\n", 1, 1},
        {"allow user= interface=lo\n", 1, 7},
        {"allow user=a interface=lo snaplen=big\n", 1, 27},
        {"allow user=a interface=lo snaplen=1 snaplen=2\n", 1, 37},
        {"allow user=a interface=lo promiscuous=1\n", 1, 27},
        {"allow user=a interface=lo filter=\n", 1, 27},
        {"allow user=a interface=lo\n\nallow\x01\n", 3, 6},
    };
    for (const auto& c : cases) {
        std::vector<capture_rule> out;
        const auto wrong = parse_policy(c.text, out);
        ASSERT_TRUE(wrong) << c.text;
        EXPECT_EQ(wrong->line, c.line) << c.text;
        EXPECT_EQ(wrong->what.column, c.column) << c.text << wrong->what.what;
    }
}

TEST(policy, cut_at_every_byte_it_never_permits_more) {
    const std::string text = "allow user=12 interface=lo filter=tcp port 80\n";
    for (std::size_t n = 0; n < text.size(); ++n) {
        std::vector<capture_rule> out;
        if (parse_policy(text.substr(0, n), out)) continue;
        auto r = asking({"eth0"});
        EXPECT_FALSE(apply_policy(out, {12, 1, {}}, r)) << n;
    }
}

TEST(policy, no_rule_no_capture) {
    auto r = asking({"lo"});
    EXPECT_FALSE(apply_policy({}, {0, 1, {0}}, r));
    EXPECT_FALSE(apply_policy(rules("allow user=12 interface=lo"), {13, 1, {12}}, r));
    EXPECT_FALSE(apply_policy(rules("allow group=12 interface=lo"), {12, 1, {13}}, r));
    EXPECT_FALSE(apply_policy(rules("allow user=nobody-has-this-name interface=lo"), {12, 1, {}}, r));
}

TEST(policy, names_and_numbers_decide) {
    auto r = asking({"lo"});
    EXPECT_TRUE(apply_policy(rules("allow user=root interface=lo"), {0, 1, {}}, r));
    EXPECT_TRUE(apply_policy(rules("allow group=root interface=lo"), {12, 1, {5, 0}}, r));
    EXPECT_TRUE(apply_policy(rules("allow user=12 interface=lo"), {12, 1, {}}, r));
}

TEST(policy, every_interface_asked_for_must_match) {
    const auto p = rules("allow user=1 interface=eth* interface=lo");
    const client who{1, 1, {}};
    for (const auto& [names, granted] :
         std::vector<std::pair<std::vector<std::string>, bool>>{{{"eth0"}, true},
                                                                {{"lo", "eth12"}, true},
                                                                {{"lo", "wlan0"}, false},
                                                                {{"any"}, false},
                                                                {{"lo0"}, false}}) {
        auto r = asking(names);
        EXPECT_EQ(apply_policy(p, who, r), granted) << names.back();
    }
}

TEST(policy, the_first_rule_that_matches_lowers_the_request) {
    const auto p =
        rules("allow user=1 interface=lo snaplen=128 filter=tcp\nallow user=1 interface=* promiscuous=yes\n");
    auto r = asking({"lo"});
    ASSERT_TRUE(apply_policy(p, {1, 1, {}}, r));
    EXPECT_EQ(r.snaplen, 128);
    EXPECT_FALSE(r.promiscuous);
    EXPECT_EQ(r.mandatory_filter, "tcp");
    r = asking({"eth0"});
    r.snaplen = 64;
    ASSERT_TRUE(apply_policy(p, {1, 1, {}}, r));
    EXPECT_EQ(r.snaplen, 64);
    EXPECT_TRUE(r.promiscuous);
    EXPECT_EQ(r.mandatory_filter, "");
}

} // namespace
