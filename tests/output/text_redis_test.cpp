// Redis at a terminal, line by line: what each form of it reads like.
#include <gtest/gtest.h>

#include "event/redis_events.hpp"
#include "output/text_output.hpp"

namespace weir::output {
namespace {

using event::redis_type;
using event::wire;

constexpr std::string_view start = "03:04:05.000 #7 10.0.0.1:41000 > 10.0.0.2:6379 redis ";

event::connection_ref some_connection() {
    const std::array<std::uint8_t, 8> ips{10, 0, 0, 1, 10, 0, 0, 2};
    event::connection_ref c;
    c.conn = 7;
    c.client = {common::ip_address::v4(common::bytes_view(ips).first(4)), 41000};
    c.server = {common::ip_address::v4(common::bytes_view(ips).last(4)), 6379};
    return c;
}

/// A command, and its arguments.
struct said {
    std::vector<wire> args;
    event::redis_command e;

    explicit said(std::string_view name, std::vector<wire> with = {})
        : args(std::move(with)) {
        e.ts = {1767323045'000'000'000};
        e.connection = some_connection();
        e.command_name = wire{name};
        e.size = 20;
    }
    said& reply(redis_type type, std::optional<event::value> value) {
        e.reply.emplace();
        e.reply->type = type;
        e.reply->value = value;
        e.timing.wait = common::nanoseconds{210'000};
        return *this;
    }
    [[nodiscard]] std::string line(bool coloured = false) const {
        event::redis_command whole = e;
        if (whole.command_name) whole.args = args;
        text_output out(coloured);
        out.on_event(&whole);
        return std::string(out.pending());
    }
};

event::value text(std::string_view s) { return {wire{s}}; }

void expect_line(const said& s, std::string_view rest) {
    EXPECT_EQ(s.line(), std::string(start) + std::string(rest) + "\n");
}

TEST(text_redis, data_stands_in_quotes_and_what_redis_says_does_not) {
    const std::vector<wire> key{{"k"}};
    expect_line(said("SET", {{"k"}, {"a value"}}).reply(redis_type::simple_string, text("OK")),
                "SET k \"a value\" -> OK  210 us");
    expect_line(said("GET", key).reply(redis_type::bulk_string, text("v")), "GET k -> \"v\"  210 us");
    expect_line(said("GET", key).reply(redis_type::bulk_string, text("(nil)")), "GET k -> \"(nil)\"  210 us");
    expect_line(said("GET", key).reply(redis_type::bulk_string, text("say \"\\\"\x1b")),
                "GET k -> \"say \\\"\\\\\\\"\\x1b\"  210 us");
    expect_line(said("GET", key).reply(redis_type::null, std::nullopt), "GET k -> (nil)  210 us");
    expect_line(said("INCR", key).reply(redis_type::integer, event::value{std::int64_t{-5}}),
                "INCR k -> -5  210 us");
    expect_line(said("X", key).reply(redis_type::boolean, event::value{true}), "X k -> true  210 us");
    expect_line(said("X", key).reply(redis_type::real, event::value{1.5}), "X k -> 1.5  210 us");
    expect_line(said("X").reply(redis_type::big_number, text("123456789012345678901")),
                "X -> 123456789012345678901  210 us");
}

TEST(text_redis, an_error_is_shown_as_redis_wrote_it) {
    const said s = said("INCR", {{"k"}}).reply(redis_type::error, text("WRONGTYPE Operation against a key"));
    EXPECT_EQ(s.line(), std::string(start) + "INCR k -> WRONGTYPE Operation against a key  210 us\n");
    EXPECT_NE(s.line(true).find("\x1b[31mWRONGTYPE"), std::string::npos);
    expect_line(said("EVAL").reply(redis_type::bulk_error, text("ERR a\nb")), "EVAL -> ERR a\\x0ab  210 us");
}

TEST(text_redis, lists_say_how_long_they_are_and_show_some) {
    std::vector<event::value> six(6, text("m"));
    six[1] = {event::nothing{}};
    six[2] = {std::int64_t{3}};
    six[3] = {event::value_list{six.data(), 2}};
    expect_line(said("LRANGE").reply(redis_type::array, event::value{event::value_list{six.data(), 6}}),
                "LRANGE -> [6] \"m\" (nil) 3 [2] \"m\" (nil) ...  210 us");
    expect_line(said("KEYS", {{"*"}}).reply(redis_type::array, event::value{event::value_list{}}),
                "KEYS * -> [0]  210 us");
    const event::value_pair pair{text("field"), text("of it")};
    expect_line(said("HGETALL", {{"h"}}).reply(redis_type::map, event::value{event::value_pairs{&pair, 1}}),
                "HGETALL h -> {1} \"field\"=\"of it\"  210 us");
}

TEST(text_redis, a_list_that_was_cut_has_more_than_it_shows_and_lists_in_lists_end) {
    std::vector<event::value> leaves(16, text("x")),
        branches(4, event::value{event::value_list{leaves.data(), 16}});
    said s = said("COMMAND").reply(redis_type::array, event::value{event::value_list{branches.data(), 4}});
    s.e.reply->truncated = true;
    expect_line(
        s, "COMMAND -> [4] [16+] \"x\" \"x\" \"x\" \"x\" ... [16+] \"x\" \"x\" \"x\" \"x\" ... ...  210 us");
}

TEST(text_redis, what_is_long_is_cut_between_characters) {
    const std::string long_one(30, 'a');
    expect_line(said("SET", {{long_one}, {"\xc3\xa4" + std::string(22, 'b') + "\xc3\xb6 and more"}}),
                "SET " + std::string(24, 'a') + "... \xc3\xa4" + std::string(22, 'b') + "...");
    expect_line(said("MGET", {{"1"}, {"2"}, {"3"}, {"4"}, {"5"}, {"6"}, {"7"}, {"8"}, {"9"}}),
                "MGET 1 2 3 4 5 6 7 8 ...");
    const std::string value(100, 'v');
    expect_line(said("GET").reply(redis_type::bulk_string, text(value)),
                "GET -> \"" + value.substr(0, 64) + "\"...  210 us");
}

TEST(text_redis, no_argument_reads_like_two) {
    expect_line(said("SET", {{"a b"}, {""}, {"x\ny"}}), "SET \"a b\" \"\" x\\x0ay");
}

TEST(text_redis, a_blocking_command_waits_on_purpose) {
    said s = said("BLPOP", {{"q"}, {"0"}}).reply(redis_type::null, std::nullopt);
    s.e.blocking = true;
    s.e.timing.wait = common::nanoseconds{1'500'000'000};
    EXPECT_EQ(s.line(), "03:04:06.500 #7 10.0.0.1:41000 > 10.0.0.2:6379 redis BLPOP q 0 -> (nil)  1.5 s (it "
                        "waits on purpose)\n");
}

TEST(text_redis, what_has_no_reply_says_why) {
    said s("GET", {{"k"}});
    s.e.timing.unanswered = common::nanoseconds{2'000'000'000};
    s.e.ended = event::ending::reset;
    EXPECT_EQ(s.line(),
              "03:04:07.000 #7 10.0.0.1:41000 > 10.0.0.2:6379 redis GET k  no reply after 2.0 s: reset\n");
    said cut("SET", {{"k"}});
    cut.e.ended = event::ending::closed;
    expect_line(cut, "SET k  cut off: closed");
    said lost("GET", {{"k"}});
    lost.e.missing =
        event::redis_missing{std::nullopt, 12, event::redis_part::reply, event::missing_cause::kernel_drop};
    expect_line(lost, "GET k  reply lost  12 B missing, dropped by the kernel");
}

TEST(text_redis, a_reply_may_come_alone) {
    said s("");
    s.e.command_name.reset();
    s.e.size.reset();
    s.reply(redis_type::simple_string, text("OK"));
    s.e.timing.wait.reset();
    expect_line(s, "(a command that was not seen) -> OK");
    s.e.size = 10;
    expect_line(s, "(a command whose name was not seen) -> OK");
}

TEST(text_redis, an_rdb_payload_is_counted_and_anomalies_are_named) {
    said s = said("PSYNC", {{"?"}, {"-1"}}).reply(redis_type::simple_string, text("FULLRESYNC 75e2 0"));
    s.e.rdb = 18'400;
    const std::string_view code = "redis.bulk_end_invalid";
    s.e.anomalies = {&code, 1};
    expect_line(s, "PSYNC ? -1 -> FULLRESYNC 75e2 0, RDB of 18 kB  210 us  redis.bulk_end_invalid");
}

std::string pushed(std::string_view kind, std::vector<event::value> args) {
    event::redis_push e;
    e.ts = {1767323045'000'000'000};
    e.connection = some_connection();
    e.kind = {kind};
    e.args = args;
    text_output out(false);
    out.on_event(&e);
    return std::string(out.pending());
}

TEST(text_redis, what_the_server_says_unasked_points_to_the_client) {
    constexpr std::string_view other_way = "03:04:05.000 #7 10.0.0.1:41000 < 10.0.0.2:6379 redis ";
    EXPECT_EQ(pushed("message", {text("news"), text("hello there")}),
              std::string(other_way) + "message \"news\" \"hello there\"\n");
    EXPECT_EQ(
        pushed("monitor", {text("1339518083.107412 [0 127.0.0.1:60866]"), text("auth"), text("<redacted>")}),
        std::string(other_way) +
            "monitor \"1339518083.107412 [0 127.0.0.1:60866]\" \"auth\" \"<redacted>\"\n");
    EXPECT_EQ(pushed("invalidate", {{event::nothing{}}}), std::string(other_way) + "invalidate (nil)\n");
}

} // namespace
} // namespace weir::output
