// Redis cut at every byte, byte by byte, truncated at every byte, and with a hole at every byte: the same is
// told, or a part of it; never a reply with a command that it does not answer, never a secret.
#include <gtest/gtest.h>

#include <set>

#include "tests/session/redis_harness.hpp"

namespace weir::session::test {
namespace {

constexpr std::string_view secret = "s3cret";
/// As ACL GETUSER gives it.
constexpr std::string_view hash = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

std::vector<std::string> finish(wire& w) {
    w.close(event::close_reason::end_of_capture);
    for (const json& e : w.events()) {
        const std::string line = e.dump();
        EXPECT_EQ(line.find(secret), std::string::npos) << line;
        EXPECT_EQ(line.find(hash.substr(8, 16)), std::string::npos) << line;
    }
    return short_forms(w);
}

std::vector<std::string> whole(const redis_case& v) {
    wire w;
    for (const step& s : v.steps) w.say(s.first, s.second);
    return finish(w);
}

TEST(redis_cut, says_the_same_wherever_a_packet_ends) {
    for (const redis_case& v : redis_cases()) {
        const std::vector<std::string> expected = whole(v);
        for (std::size_t i = 0; i < v.steps.size(); ++i) {
            const std::string_view text = v.steps[i].second;
            for (std::size_t cut = 1; cut < text.size(); ++cut) {
                wire w;
                for (std::size_t j = 0; j < v.steps.size(); ++j) {
                    w.say(v.steps[j].first, j == i ? text.substr(0, cut) : v.steps[j].second);
                    if (j == i) w.say(v.steps[j].first, text.substr(cut));
                }
                ASSERT_EQ(finish(w), expected) << v.name << ", step " << i << " cut at " << cut;
            }
        }
    }
}

TEST(redis_cut, says_the_same_byte_by_byte) {
    for (const redis_case& v : redis_cases()) {
        wire w;
        for (const step& s : v.steps)
            for (const char& c : s.second) w.say(s.first, {&c, 1});
        EXPECT_EQ(finish(w), whole(v)) << v.name;
    }
}

TEST(redis_cut, truncated_it_says_a_part_and_what_is_not_complete) {
    for (const redis_case& v : redis_cases()) {
        const std::vector<std::string> expected = whole(v);
        const std::multiset<std::string> may_say(expected.begin(), expected.end());
        for (std::size_t i = 0; i < v.steps.size(); ++i) {
            for (std::size_t cut = 0; cut < v.steps[i].second.size(); ++cut) {
                wire w;
                for (std::size_t j = 0; j < i; ++j) w.say(v.steps[j].first, v.steps[j].second);
                w.say(v.steps[i].first, std::string_view(v.steps[i].second).substr(0, cut));
                for (const std::string& told : finish(w)) {
                    if (told.find("incomplete") != std::string::npos) continue;
                    ASSERT_TRUE(may_say.contains(told)) << v.name << " " << i << "/" << cut << ": " << told;
                }
            }
        }
    }
}

/// Each key has a value of its own, so that a wrong pair shows.
std::vector<step> many_pairs(bool in_pipelines) {
    std::vector<step> steps;
    for (int i = 0; i < 6; ++i) {
        std::string asked, answered;
        for (int j = 0; j < (in_pipelines ? 3 : 1); ++j) {
            const std::string n = std::to_string(i * 10 + j);
            asked += resp({"GET", "key" + n});
            answered += bulk("value" + n);
        }
        steps.emplace_back(side::client, asked);
        steps.emplace_back(side::server, answered);
    }
    return steps;
}

struct tally {
    std::size_t right = 0, wrong = 0, incomplete = 0;
};

tally pairs_of(const wire& w) {
    tally t;
    for (const json& e : w.events("redis.command")) {
        if (!e.contains("name") || !e.contains("reply") || e.contains("complete")) {
            ++t.incomplete;
            continue;
        }
        if (e["args"].size() != 1 || !e["reply"].contains("value")) {
            ADD_FAILURE() << e;
            continue;
        }
        const std::string key = e["args"][0].get<std::string>(),
                          value = e["reply"]["value"].get<std::string>();
        (key.substr(3) == value.substr(5) ? t.right : t.wrong) += 1;
    }
    return t;
}

TEST(redis_cut, a_hole_anywhere_pairs_nothing_wrong_and_is_found_again) {
    const std::vector<step> steps = many_pairs(false);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        for (std::size_t at = 0; at < steps[i].second.size(); ++at) {
            for (const std::size_t length : {std::size_t{1}, std::size_t{4}, steps[i].second.size() - at}) {
                if (at + length > steps[i].second.size()) continue;
                wire w;
                for (std::size_t j = 0; j < steps.size(); ++j) {
                    const std::string_view text = steps[j].second;
                    w.say(steps[j].first, j == i ? text.substr(0, at) : text);
                    if (j != i) continue;
                    w.lose(steps[j].first, length);
                    w.say(steps[j].first, text.substr(at + length));
                }
                w.close();
                const tally t = pairs_of(w);
                EXPECT_EQ(t.wrong, 0U) << i << "/" << at << "+" << length;
                EXPECT_GE(t.right, i == 0 ? 4U : 5U) << i << "/" << at << "+" << length;
            }
        }
    }
}

TEST(redis_cut, a_lost_packet_of_a_pipeline_is_made_up_for_at_the_next_one) {
    const std::vector<step> steps = many_pairs(true);
    for (std::size_t i = 1; i < steps.size() - 2; ++i) {
        wire w;
        for (std::size_t j = 0; j < steps.size(); ++j) {
            if (j == i)
                w.lose(steps[j].first, steps[j].second.size());
            else
                w.say(steps[j].first, steps[j].second);
        }
        w.close();
        const tally t = pairs_of(w);
        EXPECT_EQ(t.wrong, 0U) << i;
        EXPECT_EQ(t.right, 15U) << i;
    }
}

TEST(redis_cut, a_hole_in_a_bulk_string_is_counted_and_passed_over) {
    wire w;
    w.client("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100\r\nabc");
    w.lose(side::client, 90);
    w.client("defghij\r\n" + resp({"GET", "k"}));
    w.server("+OK\r\n$100\r\nab");
    w.lose(side::server, 98, event::missing_cause::kernel_drop);
    w.server("\r\n");
    w.client(resp({"PING"}));
    w.server("+PONG\r\n");
    w.close();
    const std::vector<json> e = w.events("redis.command");
    ASSERT_EQ(e.size(), 3U);
    EXPECT_EQ(e[0]["args"], (json{"k", "abc"}));
    EXPECT_EQ(e[0]["missing"], (json{{"command", 90}, {"cause", "upstream"}}));
    EXPECT_EQ(e[0]["reply"]["value"], "OK");
    EXPECT_EQ(e[1]["missing"], (json{{"reply", 98}, {"cause", "kernel_drop"}}));
    EXPECT_EQ(e[1]["reply"]["value"], "ab");
    EXPECT_EQ(e[1]["complete"], false);
    EXPECT_FALSE(e[2].contains("complete"));
    EXPECT_TRUE(w.events("anomaly").empty());
}

TEST(redis_cut, holes_anywhere_let_no_secret_out) {
    for (const redis_case& v : redis_cases()) {
        if (v.name != "secrets") continue;
        for (std::size_t i = 0; i < v.steps.size(); ++i) {
            const std::string_view text = v.steps[i].second;
            for (std::size_t at = 0; at < text.size(); ++at) {
                for (const std::size_t length : {std::size_t{1}, std::size_t{9}}) {
                    if (at + length > text.size()) continue;
                    wire w;
                    for (std::size_t j = 0; j < v.steps.size(); ++j) {
                        if (j != i) {
                            w.say(v.steps[j].first, v.steps[j].second);
                            continue;
                        }
                        w.say(v.steps[j].first, text.substr(0, at));
                        w.lose(v.steps[j].first, length);
                        w.say(v.steps[j].first, text.substr(at + length));
                    }
                    (void)finish(w);
                }
            }
        }
    }
}

/// What asks for secrets, and the reply, alone and within a transaction.
struct secret_case {
    std::vector<std::string> asked;
    std::vector<std::string> answered;
};

std::vector<secret_case> secret_cases() {
    const std::string plus = "+" + std::string(secret);
    const std::string list = bulk("port") + bulk("6379") + bulk("requirepass") + bulk(secret) +
                             bulk("masterauth") + bulk(plus) + bulk("save") + bulk("");
    const std::string user = bulk("flags") + "*1\r\n+on\r\n" + bulk("passwords") + "*2\r\n" + bulk(hash) +
                             bulk(hash) + bulk("commands") + bulk("+@all");
    const std::string lines = "*1\r\n" + bulk("user bob on #" + std::string(hash) + " ~*") + ":7\r\n";
    std::vector<secret_case> all;
    for (const auto& [asked, answered] :
         std::vector<std::pair<std::string, std::string>>{{resp({"CONFIG", "GET", "*"}), "*8\r\n" + list},
                                                          {resp({"CONFIG", "GET", "*"}), "%4\r\n" + list},
                                                          {resp({"ACL", "GETUSER", "bob"}), "*6\r\n" + user},
                                                          {resp({"ACL", "GETUSER", "bob"}), "%3\r\n" + user},
                                                          {resp({"ACL", "LIST"}), lines},
                                                          {resp({"ACL", "GENPASS"}), bulk(hash)}}) {
        all.push_back({{asked}, {answered}});
        all.push_back({{resp({"MULTI"}), asked, resp({"GET", "k"}), resp({"EXEC"})},
                       {"+OK\r\n", "+QUEUED\r\n", "+QUEUED\r\n", "*2\r\n" + answered + bulk("v")}});
    }
    return all;
}

TEST(redis_cut, transactions_let_no_secret_out) {
    for (const secret_case& c : secret_cases()) {
        wire w;
        for (std::size_t i = 0; i < c.asked.size(); ++i) {
            w.client(c.asked[i]);
            w.server(c.answered[i]);
        }
        EXPECT_GE(finish(w).size(), c.asked.size());
    }
}

enum class before : std::uint8_t { seen, lost, mid_stream };

/// `length` bytes of the last reply are missing from `at` on, and perhaps what asked for it.
void say_with_hole(wire& w, const secret_case& c, before b, bool is_pipelined, std::size_t at,
                   std::size_t length) {
    const std::string_view last = c.answered.back();
    w.identity.is_midstream = b == before::mid_stream;
    if (b != before::mid_stream) {
        w.client(resp({"PING"}));
        w.server("+PONG\r\n");
        for (std::size_t i = 0; i < c.asked.size(); ++i) {
            if (b == before::lost)
                w.lose(side::client, c.asked[i].size());
            else
                w.client(c.asked[i]);
            if (i + 1 < c.asked.size()) w.server(c.answered[i]);
        }
        if (is_pipelined) w.client(resp({"GET", "a"}) + resp({"GET", "b"}));
        w.server(last.substr(0, at));
        w.lose(side::server, length);
    }
    w.server(last.substr(at + length));
    if (is_pipelined) w.server(bulk("1") + bulk("2"));
    w.client(resp({"GET", "c"}));
    w.server(bulk("see me"));
}

TEST(redis_cut, holes_in_replies_that_hold_secrets_let_none_out) {
    for (const secret_case& c : secret_cases()) {
        const std::size_t size = c.answered.back().size();
        for (const before b : {before::seen, before::lost, before::mid_stream}) {
            for (const bool is_pipelined : {false, true}) {
                for (std::size_t at = 0; at<size; at += c.asked.size()> 1 ? 3U : 1U) {
                    const std::size_t length = std::min<std::size_t>(at % 2 == 0 ? 1 : 30, size - at);
                    wire w;
                    say_with_hole(w, c, b, is_pipelined, at, length);
                    const std::vector<std::string> told = finish(w);
                    ASSERT_FALSE(told.empty());
                    if (!HasFailure()) continue;
                    FAIL() << testing::PrintToString(told) << c.answered.back() << static_cast<int>(b)
                           << is_pipelined << " " << at << "+" << length;
                }
            }
        }
    }
}

std::size_t redacted_in(const wire& w) {
    std::size_t n = 0;
    for (const json& e : w.events("redis.command"))
        if (e.contains("reply") && e["reply"].value("value", json()) == "<redacted>") ++n;
    return n;
}

TEST(redis_cut, values_behind_a_hole_are_written_where_nothing_asked_for_secrets) {
    for (const bool in_pipelines : {false, true}) {
        const std::vector<step> steps = many_pairs(in_pipelines);
        for (std::size_t i = 1; i < steps.size(); i += 2) {
            for (std::size_t at = 0; at < steps[i].second.size(); ++at) {
                wire w;
                for (std::size_t j = 0; j < steps.size(); ++j) {
                    const std::string_view text = steps[j].second;
                    w.say(steps[j].first, j == i ? text.substr(0, at) : text);
                    if (j != i) continue;
                    w.lose(steps[j].first, 1);
                    w.say(steps[j].first, text.substr(at + 1));
                }
                w.close();
                EXPECT_EQ(redacted_in(w), 0U) << i << "/" << at;
            }
        }
    }
}

TEST(redis_cut, a_hole_in_an_element_takes_no_other_with_it) {
    wire w;
    w.client(resp({"LRANGE", "l", "0", "-1"}));
    w.server("*2\r\n$8\r\n");
    w.lose(side::server, 3);
    w.server("lost.\r\n" + bulk("seen"));
    w.close();
    const std::vector<json> e = w.events("redis.command");
    ASSERT_EQ(e.size(), 1U);
    EXPECT_EQ(e[0]["reply"]["value"], (json{"", "seen"}));
}

TEST(redis_cut, values_in_mid_stream_are_written_from_the_first_turn_on) {
    for (const bool in_pipelines : {false, true}) {
        const std::vector<step> steps = many_pairs(in_pipelines);
        for (const std::size_t from : {std::size_t{0}, std::size_t{1}}) {
            wire w;
            w.identity.is_midstream = true;
            // What it had received before is not known.
            w.say_acking(steps[from].first, steps[from].second, std::nullopt);
            for (std::size_t i = from + 1; i < steps.size(); ++i) w.say(steps[i].first, steps[i].second);
            w.close();
            // A value whose command was not seen may be anything.
            EXPECT_EQ(redacted_in(w), from == 0 ? 0U : in_pipelines ? 3U : 1U);
            EXPECT_EQ(pairs_of(w).right, (in_pipelines ? 3U : 1U) * (from == 0 ? 6U : 5U));
            EXPECT_EQ(pairs_of(w).wrong, 0U);
        }
    }
}

TEST(redis_cut, where_the_capture_ends_in_a_hash_nothing_of_it_is_written) {
    const std::string list = "*2\r\n" + bulk("passwords") + "*1\r\n$64\r\n" + std::string(hash);
    for (const std::size_t left : {0U, 1U, 20U}) {
        wire w;
        w.client(resp({"PING"}));
        w.server("+PONG\r\n");
        w.lose(side::client, 40);
        w.server(std::string_view(list).substr(0, list.size() - left));
        EXPECT_EQ(finish(w).size(), 2U);
    }
}

TEST(redis_cut, what_hides_secrets_ends_with_what_no_such_reply_holds) {
    for (const std::string_view other :
         {":1\r\n", "+OK\r\n", "-ERR no\r\n", "$-1\r\n", "_\r\n", "#t\r\n", ",1.5\r\n"}) {
        wire w;
        w.identity.is_midstream = true;
        w.server(bulk(secret) + bulk("b") + std::string(other) + bulk("see me"));
        finish(w);
        EXPECT_EQ(redacted_in(w), 2U) << other;
        EXPECT_EQ(w.events("redis.command").back()["reply"]["value"], "see me") << other;
    }
}

TEST(redis_cut, the_rdb_payload_survives_holes) {
    const std::string mark(40, 'm');
    for (const std::string& header : {std::string("$100\r\n"), "$EOF:" + mark + "\r\n"}) {
        wire w;
        w.client(resp({"PSYNC", "?", "-1"}));
        w.server("+FULLRESYNC a 0\r\n" + header + std::string(40, 'x'));
        w.lose(side::server, 30);
        w.server(std::string(30, 'y') + (header.size() > 10 ? mark : "") + resp({"SET", "a", "b"}));
        w.close();
        const std::vector<json> e = w.events("redis.command");
        ASSERT_EQ(e.size(), 1U);
        EXPECT_EQ(e[0]["rdb"], 70);
        EXPECT_EQ(e[0]["missing"]["reply"], 30);
        ASSERT_EQ(w.events("redis.push").size(), 1U);
        EXPECT_EQ(w.events("redis.push")[0]["args"], (json{"SET", "a", "b"}));
    }
}

TEST(redis_cut, is_followed_from_mid_stream_on) {
    wire w;
    w.identity.is_midstream = true;
    w.server("lf a value\r\n");
    w.client(resp({"GET", "key1"}));
    w.server(bulk("value1"));
    w.client(resp({"GET", "key2"}));
    w.server(bulk("value2"));
    w.close();
    const tally t = pairs_of(w);
    EXPECT_EQ(t.wrong, 0U);
    EXPECT_EQ(t.right, 2U);
}

TEST(redis_cut, a_replica_is_followed_from_mid_stream_on) {
    wire w;
    w.identity.is_midstream = true;
    w.client(resp({"REPLCONF", "ACK", "100"}));
    w.server(resp({"SET", "a", "b"}));
    w.client(resp({"REPLCONF", "ACK", "128"}));
    w.server(resp({"DEL", "a"}));
    w.close();
    EXPECT_EQ(w.events("redis.command").size(), 2U);
    EXPECT_EQ(w.events("redis.push").size(), 2U);
}

} // namespace
} // namespace weir::session::test
