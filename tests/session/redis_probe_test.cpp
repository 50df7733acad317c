// Redis is known by what is said, on any port, and other protocols are not taken for it.
#include <gtest/gtest.h>

#include "tests/session/redis_harness.hpp"

namespace weir::session::test {
namespace {

const side c = side::client, s = side::server;

bool is_redis(const std::vector<step>& steps, bool is_midstream = false) {
    wire w;
    w.identity.is_midstream = is_midstream;
    for (const step& one : steps) w.say(one.first, one.second);
    w.close(event::close_reason::end_of_capture);
    return !w.events("redis.command").empty() || !w.events("redis.push").empty();
}

TEST(redis_probe, knows_its_own) {
    const std::vector<std::vector<step>> conversations{
        {{c, resp({"PING"})}},
        {{c, resp({"FT.SEARCH", "index", "*"})}},
        {{c, "PING\r\n"}, {s, "+PONG\r\n"}},
        {{c, "set a b\n"}, {s, "+OK\r\n"}},
        {{c, "GET a\r\n"}, {s, "$1\r\nb\r\n"}},
        {{c, "AUTH x\r\nPING\r\n"}, {s, "-NOAUTH Authentication required.\r\n"}},
        {{c, "AUTH x\r\nHELLO 3\r\n"}, {s, "+OK\r\n%1\r\n$5\r\nproto\r\n:3\r\n"}},
        {{c, "FAKE COMMAND\r\n"}, {s, "*3\r\n:1\r\n:2\r\n:3\r\n"}},
        {{c, "$0\r\n\r\n"}, {s, "-ERR unknown command '$0'\r\n"}},
        {{s, "+OK\r\n"}, {c, resp({"SET", "a", "b"})}, {s, "+OK\r\n"}},
    };
    for (const auto& conversation : conversations)
        EXPECT_TRUE(is_redis(conversation)) << conversation.front().second;
    EXPECT_TRUE(is_redis({{s, bulk("some value") + ":1\r\n"}}, true));
    EXPECT_TRUE(is_redis({{c, resp({"GET", "a"})}}, true));
}

TEST(redis_probe, takes_nothing_else) {
    const std::vector<std::vector<step>> conversations{
        {{c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"}, {s, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"}},
        {{s, "220 mail ESMTP\r\n"},
         {c, "EHLO a\r\n"},
         {s, "250 OK\r\n"},
         {c, "AUTH LOGIN\r\n"},
         {s, "334 x\r\n"},
         {c, "QUIT\r\n"},
         {s, "221 bye\r\n"}},
        {{s, "+OK POP3 ready\r\n"},
         {c, "AUTH PLAIN x\r\n"},
         {s, "+OK\r\n"},
         {c, "STAT\r\n"},
         {s, "+OK 2 320\r\n"},
         {c, "QUIT\r\n"},
         {s, "+OK\r\n"}},
        {{s, "+OK\r\n"}, {c, "AUTH\r\n"}, {s, "-ERR no\r\n"}, {c, "QUIT\r\n"}, {s, "+OK\r\n"}},
        {{s, "220 ftp\r\n"}, {c, "USER x\r\n"}, {s, "331 p\r\n"}, {c, "TYPE I\r\n"}, {s, "200 k\r\n"}},
        {{c, "set k 0 0 5\r\nhello\r\n"},
         {s, "STORED\r\n"},
         {c, "get k\r\n"},
         {s, "VALUE k 0 5\r\nhello\r\nEND\r\n"}},
        {{c, "incr n 1\r\n"}, {s, "5\r\n"}},
        {{c, "PING :server\r\n"}, {s, ":server PONG server\r\n"}},
        {{s, "INFO {\"server_id\":\"x\"}\r\n"}, {c, "CONNECT {}\r\nPING\r\n"}, {s, "PONG\r\n"}},
        {{c, "ping\n"}, {s, "OK\n"}},
        {{c, "a001 LOGIN x y\r\n"}, {s, "a001 OK\r\n"}},
        {{c, "ruok"}, {s, "imok"}},
        {{c, "*"}, {s, "*"}},
        {{c, "*1\r\n"}, {s, "x"}},
        {{c, "$"}, {s, "$5"}},
        {{c, "hello\r\n"}, {s, "+OK\r\n"}},
        {{c, "TIME\r\n"}, {s, "12:00:00\r\n"}},
        {{c, std::string("\x16\x03\x01\x02\x00", 5)}, {s, std::string("\x16\x03\x03\x00", 4)}},
        {{c, ":1\r\n"}, {s, ":2\r\n"}},
        {{c, "+OK\r\n"}},
        {{s, "-ERR\r\n"}},
    };
    for (const auto& conversation : conversations)
        for (const bool is_midstream : {false, true})
            EXPECT_FALSE(is_redis(conversation, is_midstream)) << conversation.front().second << is_midstream;
}

TEST(redis_probe, in_mid_stream_a_list_of_strings_is_no_command_where_the_other_side_sends_one) {
    for (const bool client_is_server : {false, true}) {
        wire w;
        w.identity.is_midstream = true;
        const side server = client_is_server ? side::client : side::server;
        w.say(server, resp({"port", "6379"}));
        w.say(event::other(server), resp({"GET", "a"}));
        w.say(server, bulk("b"));
        w.close();
        const std::vector<json> e = w.events("redis.command");
        ASSERT_EQ(e.size(), 2U);
        EXPECT_EQ(e[0]["reply"]["value"], (json{"port", "6379"}));
        EXPECT_EQ(e[1]["name"], "GET");
        EXPECT_EQ(e[1]["reply"]["value"], "b");
    }
}

TEST(redis_probe, a_module_is_known_in_mid_stream_by_its_answer) {
    wire w;
    w.identity.is_midstream = true;
    w.client(resp({"JSON.GET", "a"}));
    w.server(bulk("{}"));
    w.close();
    ASSERT_EQ(w.events("redis.command").size(), 1U);
    EXPECT_EQ(w.events("redis.command")[0]["name"], "JSON.GET");
}

TEST(redis_probe, who_asks_is_the_client) {
    wire w;
    const auto sender = [&](std::string_view text) { return w.source().sender_of(common::as_bytes(text)); };
    EXPECT_EQ(sender(resp({"GET", "a"})), side::client);
    EXPECT_EQ(sender(bulk("some value") + ":1\r\n"), side::server);
    EXPECT_EQ(sender("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n"), side::server);
    EXPECT_EQ(sender("+OK\r\n"), std::nullopt);
}

} // namespace
} // namespace weir::session::test
