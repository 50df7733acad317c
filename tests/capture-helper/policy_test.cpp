// The policy: its grammar with line and column of every error, which rule decides what is granted, and that
// asking for more never widens it.
#include "common/capture_policy.hpp"

#include <gtest/gtest.h>

#include "capture-helper/accounts.hpp"

namespace {

using namespace weir::common;

capture_policy policy_of(std::string_view text) {
    capture_policy out;
    const auto wrong = parse_policy(text, out);
    EXPECT_FALSE(wrong) << wrong->line << ": " << wrong->what.what;
    return out;
}

capture_request asking(std::vector<std::string> interfaces) {
    capture_request r;
    r.interfaces = std::move(interfaces);
    return r;
}

/// By number alone.
client_names user(const std::string& number, std::vector<std::string> groups = {}) {
    return {{number}, std::move(groups)};
}

bool granted(const capture_policy& p, const client_names& who, capture_request& r) {
    return !apply_policy(p, who, r);
}

TEST(policy, reads_every_key) {
    const auto r = policy_of("# who\n\nallow user=alice user=0 group=weir interface=eth* interface=lo "
                             "snaplen=128 promiscuous=yes filter=tcp port 80\n")
                       .rules;
    ASSERT_EQ(r.size(), 1U);
    EXPECT_EQ(r[0].users, (std::vector<std::string>{"alice", "0"}));
    EXPECT_EQ(r[0].groups, std::vector<std::string>{"weir"});
    EXPECT_EQ(r[0].interfaces, (std::vector<std::string>{"eth*", "lo"}));
    EXPECT_EQ(r[0].snaplen, 128);
    EXPECT_TRUE(r[0].promiscuous);
    EXPECT_EQ(r[0].filter, "tcp port 80");
    EXPECT_EQ(r[0].line, 3U);
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
        {"allow user=a interface=lo filter=tcp) or (udp\n", 1, 27},
        {"allow user=a interface=lo filter=(tcp\n", 1, 27},
        {"limit captures=0\n", 1, 7},
        {"limit connections=3\n", 1, 7},
        {"limit buffer=2047\n", 1, 7},
        {"limit interfaces=33\n", 1, 7},
        {"limit colour=red\n", 1, 7},
        {"limit captures=2 captures=3\n", 1, 18},
        {"limit captures=2\nlimit captures=3\n", 2, 7},
        {"allow user=a interface=lo", 1, 26},
        {"allow user=a interface=lo\nallow user=b interface=*", 2, 25},
    };
    for (const auto& c : cases) {
        capture_policy out;
        const auto wrong = parse_policy(c.text, out);
        ASSERT_TRUE(wrong) << c.text;
        EXPECT_EQ(wrong->line, c.line) << c.text;
        EXPECT_EQ(wrong->what.column, c.column) << c.text << wrong->what.what;
    }
}

TEST(policy, cut_at_every_byte_it_is_refused) {
    const std::string text = "allow user=12 interface=lo filter=tcp port 80\n";
    for (std::size_t n = 1; n < text.size(); ++n) {
        capture_policy out;
        EXPECT_TRUE(parse_policy(text.substr(0, n), out)) << n;
    }
}

TEST(policy, a_filter_has_at_most_4096_bytes) {
    const auto text = [](std::size_t n) {
        return "allow user=1 interface=lo filter=" + std::string(n, 'x') + '\n';
    };
    capture_policy out;
    EXPECT_FALSE(parse_policy(text(4'096), out));
    EXPECT_TRUE(parse_policy(text(4'097), out));
}

TEST(policy, limits_have_safe_defaults_and_can_be_set) {
    const capture_bounds usual = policy_of("").bounds;
    EXPECT_EQ(usual.captures, 8);
    EXPECT_EQ(usual.connections, 128);
    EXPECT_EQ(usual.connections_of_user(), 32);
    EXPECT_EQ(usual.buffer_kib, 65'536);
    EXPECT_EQ(usual.interfaces, 4);
    const capture_bounds set =
        policy_of("limit captures=3 connections=20\nlimit buffer=4Mi interfaces=1\n").bounds;
    EXPECT_EQ(set.captures, 3);
    EXPECT_EQ(set.connections_of_user(), 5);
    EXPECT_EQ(set.buffer_kib, 4'096);
    EXPECT_EQ(set.interfaces, 1);
}

TEST(policy, no_rule_no_capture) {
    auto r = asking({"lo"});
    EXPECT_FALSE(granted({}, user("0", {"0"}), r));
    EXPECT_FALSE(granted(policy_of("allow user=12 interface=lo\n"), user("13", {"12"}), r));
    EXPECT_FALSE(granted(policy_of("allow group=12 interface=lo\n"), user("12", {"13"}), r));
    EXPECT_FALSE(granted(policy_of("allow user=nobody-has-this-name interface=lo\n"), user("12"), r));
}

TEST(policy, names_and_numbers_decide) {
    using weir::capture_helper::names_of;
    auto r = asking({"lo"});
    EXPECT_TRUE(granted(policy_of("allow user=root interface=lo\n"), names_of(0, {}), r));
    EXPECT_TRUE(granted(policy_of("allow group=root interface=lo\n"), names_of(12, {5, 0}), r));
    EXPECT_TRUE(granted(policy_of("allow user=12 interface=lo\n"), names_of(12, {}), r));
    EXPECT_FALSE(granted(policy_of("allow user=root interface=lo\n"), names_of(12, {0}), r));
}

TEST(policy, every_interface_asked_for_must_match) {
    const auto p = policy_of("allow user=1 interface=eth* interface=lo\n");
    for (const auto& [names, expected] :
         std::vector<std::pair<std::vector<std::string>, bool>>{{{"eth0"}, true},
                                                                {{"lo", "eth12"}, true},
                                                                {{"lo", "wlan0"}, false},
                                                                {{"any"}, false},
                                                                {{"lo0"}, false}}) {
        auto r = asking(names);
        EXPECT_EQ(granted(p, user("1"), r), expected) << names.back();
    }
}

TEST(policy, the_first_rule_that_matches_lowers_the_request) {
    const auto p = policy_of("allow user=1 interface=lo snaplen=128 filter=tcp\n"
                             "allow user=1 interface=* promiscuous=yes\n");
    auto r = asking({"lo"});
    ASSERT_TRUE(granted(p, user("1"), r));
    EXPECT_EQ(r.snaplen, 128);
    EXPECT_FALSE(r.promiscuous);
    EXPECT_EQ(r.mandatory_filter, "tcp");
    r = asking({"eth0"});
    r.snaplen = 64;
    ASSERT_TRUE(granted(p, user("1"), r));
    EXPECT_EQ(r.snaplen, 64);
    EXPECT_TRUE(r.promiscuous);
    EXPECT_EQ(r.mandatory_filter, "");
}

TEST(policy, asking_for_another_interface_beside_it_never_widens_one) {
    const auto p = policy_of("allow user=1 interface=lo snaplen=128 filter=tcp port 80\n"
                             "allow user=1 interface=eth0 filter=udp\n"
                             "allow user=1 interface=* promiscuous=yes\n");
    for (const auto& names : {std::vector<std::string>{"lo", "wlan0"}, {"wlan0", "lo"}}) {
        auto r = asking(names);
        ASSERT_TRUE(granted(p, user("1"), r));
        EXPECT_EQ(r.snaplen, 128);
        EXPECT_FALSE(r.promiscuous);
        EXPECT_EQ(r.mandatory_filter, "tcp port 80");
    }
    auto r = asking({"lo", "eth0"});
    ASSERT_TRUE(granted(p, user("1"), r));
    EXPECT_EQ(r.mandatory_filter, "(tcp port 80) and (udp)");
}

TEST(policy, filters_that_bind_a_request_are_bounded_together) {
    std::string text;
    for (const char* name : {"a", "b", "c"})
        text += std::string("allow user=1 interface=") + name + " filter=" + std::string(4'000, *name) + '\n';
    const auto p = policy_of(text);
    auto two = asking({"a", "b"}), three = asking({"a", "b", "c"});
    EXPECT_TRUE(granted(p, user("1"), two));
    EXPECT_FALSE(granted(p, user("1"), three));
}

TEST(policy, a_request_holds_no_more_than_the_limits) {
    const auto p = policy_of("allow user=1 interface=*\nlimit interfaces=2 buffer=8192\n");
    auto r = asking({"a", "b", "c"});
    r.buffer_kib = 2'048;
    EXPECT_FALSE(granted(p, user("1"), r));
    r.interfaces.pop_back();
    EXPECT_TRUE(granted(p, user("1"), r));
    r.buffer_kib = 4'096;
    EXPECT_TRUE(granted(p, user("1"), r));
    r.buffer_kib = 4'097;
    EXPECT_FALSE(granted(p, user("1"), r));
}

} // namespace
