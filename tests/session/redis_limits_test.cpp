// Every limit of Redis is reached here with small numbers: it is told, memory stays bounded, and reading goes
// on.
#include <gtest/gtest.h>

#include <set>

#include "session/redis/anomalies.hpp"
#include "tests/session/redis_harness.hpp"

namespace weir::session::test {
namespace {

limits with(void (*change)(redis::limits&)) {
    limits most;
    change(most.of<redis::application>());
    return most;
}

TEST(redis_limits, arguments_and_values_are_cut_and_say_so) {
    wire w;
    const std::string long_value(300, 'x');
    std::string many = "*20\r\n" + bulk("MSET"), list = "*20\r\n";
    for (int i = 1; i < 20; ++i) many += bulk(std::to_string(i));
    for (int i = 0; i < 20; ++i) list += ":" + std::to_string(i) + "\r\n";
    w.client(many + resp({"SET", "k", long_value}));
    w.server(list + bulk(long_value));
    const std::vector<json> e = w.events("redis.command");
    ASSERT_EQ(e.size(), 2U);
    EXPECT_EQ(e[0]["args"].size(), 16U);
    EXPECT_EQ(e[0]["truncated"], true);
    EXPECT_EQ(e[0]["reply"]["value"].size(), 16U);
    EXPECT_EQ(e[0]["reply"]["truncated"], true);
    EXPECT_EQ(e[0]["size"], many.size());
    EXPECT_EQ(e[1]["args"][1], std::string(256, 'x'));
    EXPECT_EQ(e[1]["truncated"], true);
    EXPECT_EQ(e[1]["reply"]["value"], std::string(256, 'x'));
    EXPECT_FALSE(e[1].contains("complete"));
}

TEST(redis_limits, bodies_keeps_as_much_as_it_is_asked_for) {
    wire w({.bodies = true, .body_limit = 1000});
    std::string list = "*100\r\n";
    for (int i = 0; i < 100; ++i) list += ":" + std::to_string(i) + "\r\n";
    w.client(resp({"SET", "k", std::string(900, 'x')}) + resp({"SET", "k", std::string(1100, 'x')}) +
             resp({"A"}));
    w.server("+OK\r\n+OK\r\n" + list);
    const std::vector<json> e = w.events("redis.command");
    ASSERT_EQ(e.size(), 3U);
    EXPECT_EQ(e[0]["args"][1].get<std::string>().size(), 900U);
    EXPECT_FALSE(e[0].contains("truncated"));
    EXPECT_EQ(e[1]["args"][1].get<std::string>().size(), 1000U - std::string("SETk").size());
    EXPECT_EQ(e[1]["truncated"], true);
    EXPECT_EQ(e[2]["reply"]["value"].size(), 100U);
}

TEST(redis_limits, nesting_is_written_eight_deep_and_followed_further) {
    wire w;
    std::string deep;
    for (int i = 0; i < 100; ++i) deep += "*2\r\n:" + std::to_string(i) + "\r\n";
    w.client(resp({"A"}) + resp({"B"}));
    w.server(deep + ":100\r\n+OK\r\n");
    const std::vector<json> e = w.events("redis.command");
    ASSERT_EQ(e.size(), 2U);
    EXPECT_EQ(e[0]["reply"]["value"].dump(), R"([0,[1,[2,[3,[4,[5,[6,[7,{"truncated":true}]]]]]]]])");
    EXPECT_EQ(e[0]["reply"]["truncated"], true);
    EXPECT_EQ(e[1]["reply"]["value"], "OK");
}

TEST(redis_limits, what_is_nested_too_deeply_is_given_up) {
    wire w({}, with([](redis::limits& l) { l.depth = 4; }));
    w.client(resp({"A"}));
    w.server("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n");
    w.client(resp({"B"}));
    w.server("+OK\r\n");
    const std::vector<json> e = w.events("redis.command");
    ASSERT_EQ(e.size(), 2U);
    EXPECT_EQ(codes(e[0]), std::vector<std::string>{"redis.depth_limit"});
    EXPECT_EQ(e[0]["complete"], false);
    EXPECT_EQ(e[1]["reply"]["value"], "OK");
}

TEST(redis_limits, all_lists_together_are_bounded) {
    wire w({}, with([](redis::limits& l) { l.values = 10; }));
    w.client(resp({"A"}));
    w.server("*4\r\n*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n%1\r\n+a\r\n:1\r\n");
    const std::vector<json> e = w.events("redis.command");
    ASSERT_EQ(e.size(), 1U);
    EXPECT_EQ(e[0]["reply"]["value"].dump(), "[[1,2,3,4],[1,2,3]]");
    EXPECT_EQ(e[0]["reply"]["truncated"], true);
    EXPECT_FALSE(e[0].contains("complete"));
}

TEST(redis_limits, a_long_line_is_cut_and_read_to_its_end) {
    wire w({}, with([](redis::limits& l) { l.line_bytes = 20; }));
    w.client(resp({"A"}));
    w.server("+012345678");
    w.server("abcdefghijklmnopqrstuvwxyz\r\n");
    w.client("ECHO 0123456789abcdefghijklmnopqrstuvwxyz\r\n");
    w.server("+OK\r\n");
    const std::vector<json> e = w.events("redis.command");
    ASSERT_EQ(e.size(), 2U);
    EXPECT_EQ(e[0]["reply"]["value"], "012345678abcdefghijk");
    EXPECT_EQ(e[0]["reply"]["truncated"], true);
    EXPECT_EQ(codes(e[0]), std::vector<std::string>{"redis.line_limit"});
    EXPECT_EQ(codes(e[1]), std::vector<std::string>{"redis.line_limit"});
    EXPECT_EQ(e[1]["truncated"], true);
}

TEST(redis_limits, a_length_that_nobody_would_believe_is_none) {
    for (const std::string_view line :
         {"$4294967297\r\n", "*2147483648\r\n", "$-2\r\n", "$01\r\n", "*9999999999999999999\r\n", "$x\r\n",
          "$12345678901234567890123456789012345"}) {
        wire w;
        w.client(resp({"A"}));
        w.server(line);
        w.client(resp({"B"}));
        w.server("+OK\r\n");
        const std::vector<json> e = w.events("redis.command");
        ASSERT_EQ(e.size(), 2U) << line;
        EXPECT_EQ(e[1]["reply"]["value"], "OK") << line;
        ASSERT_EQ(w.events("anomaly").size(), 1U) << line;
        EXPECT_EQ(w.events("anomaly")[0]["code"], "redis.length_invalid") << line;
    }
}

TEST(redis_limits, strings_that_may_be_rests_are_bounded) {
    wire w({}, with([](redis::limits& l) { l.remnants = 5; }));
    w.identity.is_midstream = true;
    for (int i = 0; i < 8; ++i) w.server(bulk("value" + std::to_string(i)));
    const std::vector<json> e = w.events("redis.command");
    ASSERT_EQ(e.size(), 8U);
    for (std::size_t i = 0; i < 8; ++i)
        EXPECT_EQ(e[i]["reply"]["value"], i < 5 ? "<redacted>" : "value" + std::to_string(i));
}

TEST(redis_limits, replies_that_wait_for_their_command_are_bounded) {
    for (const bool by_bytes : {false, true}) {
        wire w({}, by_bytes ? with([](redis::limits& l) { l.waiting_bytes = 2500; })
                            : with([](redis::limits& l) { l.waiting = 5; }));
        w.client(resp({"PING"}));
        w.server("+PONG\r\n");
        for (int i = 0; i < 100; ++i) w.say_acking(side::server, bulk(std::string(400, 'x')), 1'000'000);
        const std::vector<json> e = w.events("redis.command");
        EXPECT_GE(e.size(), 92U);
        EXPECT_LE(e.size(), 98U);
        EXPECT_EQ(codes(e.back()), std::vector<std::string>{"redis.waiting_limit"});
        w.client(resp({"GET", "k"}));
        w.server(bulk("v"));
    }
}

TEST(redis_limits, what_waits_is_bounded_and_the_rest_pairs_on) {
    for (const bool by_bytes : {false, true}) {
        wire w({}, by_bytes ? with([](redis::limits& l) { l.waiting_bytes = 40; })
                            : with([](redis::limits& l) { l.waiting = 5; }));
        for (int i = 0; i < 8; ++i) w.client(resp({"GET", "key" + std::to_string(i)}));
        for (int i = 0; i < 8; ++i) w.server(bulk("value" + std::to_string(i)));
        const std::vector<json> e = w.events("redis.command");
        ASSERT_EQ(e.size(), 8U);
        for (std::size_t i = 0; i < 8; ++i) {
            EXPECT_EQ(e[i]["args"][0], "key" + std::to_string(i));
            if (i < 3) {
                EXPECT_EQ(e[i]["ended"], "evicted");
                EXPECT_EQ(codes(e[i]), std::vector<std::string>{"redis.waiting_limit"});
            } else {
                EXPECT_EQ(e[i]["reply"]["value"], "value" + std::to_string(i));
            }
        }
    }
}

TEST(redis_limits, every_anomaly_can_be_met) {
    wire w({}, with([](redis::limits& l) {
               l.line_bytes = 60;
               l.depth = 4;
               l.waiting = 2;
           }));
    const auto after_a_good_one = [&](std::string_view bad) {
        w.client(resp({"A"}));
        w.server("+OK\r\n");
        w.client(resp({"A"}));
        w.server(bad);
    };
    w.client(resp({"A"}) + resp({"B"}) + resp({"C"}));        // waiting_limit
    w.server("+a\r\n+b\r\n$1\r\nxyz");                        // bulk_end_invalid
    w.client("ECHO \"x\n");                                   // bare_lf, unbalanced_quotes
    w.server("+" + std::string(100, 'x') + "\r\n");           // line_limit
    w.server("+OK\r\n");                                      // reply_without_command
    after_a_good_one(":x\r\n");                               // number_invalid
    after_a_good_one(".\r\n");                                // end_unexpected
    after_a_good_one("?what\r\n");                            // type_unknown
    after_a_good_one("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"); // depth_limit
    after_a_good_one("$-5\r\n");                              // length_invalid
    w.client("*1\r\n:5\r\n");                                 // argument_invalid
    after_a_good_one("*2\r\n:1\r\n");                         // reply_cut_short
    w.client("*2\r\n$1\r\nA\r\n");                            // command_cut_short
    w.end_and_close();
    std::set<std::string> seen;
    for (const json& a : w.events("anomaly")) seen.insert(a["code"]);
    for (const anomaly_row& r : redis::anomaly_table)
        EXPECT_TRUE(seen.contains(std::string(r.code))) << r.code;
}

} // namespace
} // namespace weir::session::test
