// What Redis says, and what is told of it: every kind of reply, pipelines, MULTI, pub/sub, MONITOR, CLIENT
// REPLY, blocking commands, replication, secrets.
#include <gtest/gtest.h>

#include "tests/session/redis_harness.hpp"

namespace weir::session::test {

std::vector<redis_case> redis_cases() {
    const side c = side::client, s = side::server;
    const std::string mark(40, 'm');
    // clang-format off
    return {
        {"simple", {{c, resp({"set", "k", "v"})}, {s, "+OK\r\n"}, {c, resp({"GET", "k"})}, {s, "$1\r\nv\r\n"}},
         {R"(SET ["k","v"] = simple_string "OK")", R"(GET ["k"] = bulk_string "v")"}},
        {"inline", {{c, "SET \"a\\x41\\n\" 'b'\r\n"}, {s, "+OK\r\n"}, {c, "\r\nget  k\r\n"}, {s, "$-1\r\n"}},
         {R"(SET ["aA\n","b"] = simple_string "OK")", R"(GET ["k"] = null null)"}},
        {"inline_odd", {{c, "ECHO \"a\n"}, {s, "-ERR Protocol error: unbalanced quotes in request\r\n"}},
         {R"(ECHO ["a"] = error "ERR Protocol error: unbalanced quotes in request" redis.bare_lf redis.unbalanced_quotes)"}},
        {"pipeline", {{c, resp({"INCR", "a"}) + resp({"INCR", "a"}) + resp({"LPUSH", "a", "x"})}, {s, ":1\r\n:2\r\n-WRONGTYPE no\r\n"}},
         {R"(INCR ["a"] = integer 1)", R"(INCR ["a"] = integer 2 pipelined)", R"(LPUSH ["a","x"] = error "WRONGTYPE no" pipelined)"}},
        {"binary", {{c, resp({"SET", "\xff", ""})}, {s, "+OK\r\n"}}, {R"(SET [{"base64":"/w=="},""] = simple_string "OK")"}},
        {"resp2_replies", {{c, resp({"A"}) + resp({"B"}) + resp({"C"}) + resp({"D"})},
                           {s, "*0\r\n*-1\r\n*3\r\n:-5\r\n$0\r\n\r\n*2\r\n+x\r\n$-1\r\n$3\r\na\r\n\r\n"}},
         {"A [] = array []", "B [] = null null pipelined", R"(C [] = array [-5,"",["x",null]] pipelined)", R"(D [] = bulk_string "a\r\n" pipelined)"}},
        {"resp3_replies", {{c, resp({"HELLO", "3"})}, {s, "%2\r\n$5\r\nproto\r\n:3\r\n+m\r\n*0\r\n"},
                           {c, resp({"A"})}, {s, "~2\r\n#t\r\n#f\r\n"}, {c, resp({"B"})}, {s, ",3.25\r\n"}, {c, resp({"C"})}, {s, ",-inf\r\n"},
                           {c, resp({"D"})}, {s, "(3492890328409238509324850943850943825024385\r\n"}, {c, resp({"E"})}, {s, "=15\r\ntxt:Some string\r\n"},
                           {c, resp({"F"})}, {s, "!9\r\nERR a\r\nbc\r\n"}, {c, resp({"G"})}, {s, "_\r\n"}},
         {R"(HELLO ["3"] = map [["proto",3],["m",[]]])", "A [] = set [true,false]", "B [] = double 3.25", R"(C [] = double "-inf")",
          R"(D [] = big_number "3492890328409238509324850943850943825024385")", R"(E [] = verbatim_string "Some string")",
          R"(F [] = bulk_error "ERR a\r\nbc")", "G [] = null null"}},
        {"attributes cut short", {{c, resp({"A"})}, {s, "|2\r\n+ttl\r\n*2\r\n:1\r\n"}}, {R"(A [] = null null attributes [["ttl",[1]]] ended "end_of_capture" incomplete)"}},
        {"attributes", {{c, resp({"A"}) + resp({"B"})}, {s, "|1\r\n+ttl\r\n:60\r\n*2\r\n|1\r\n+x\r\n*1\r\n:9\r\n:1\r\n:2\r\n|0\r\n:3\r\n"}},
         {R"(A [] = array [1,2] attributes [["ttl",60]])", "B [] = integer 3 attributes [] pipelined"}},
        {"streamed", {{c, resp({"A"}) + resp({"B"})}, {s, "$?\r\n;4\r\nHell\r\n;5\r\no\r\nwo\r\n;0\r\n*?\r\n:1\r\n%?\r\n+a\r\n:2\r\n.\r\n.\r\n"}},
         {R"(A [] = bulk_string "Hello\r\nwo")", R"(B [] = array [1,[["a",2]]] pipelined)"}},
        {"odd_numbers", {{c, resp({"A"}) + resp({"B"}) + resp({"C"})}, {s, ":007\r\n#x\r\n,1.5.2\r\n"}},
         {R"(A [] = integer "007" redis.number_invalid)", R"(B [] = boolean "x" pipelined redis.number_invalid)", R"(C [] = double "1.5.2" pipelined redis.number_invalid)"}},
        {"multi", {{c, resp({"MULTI"})}, {s, "+OK\r\n"}, {c, resp({"INCR", "a"}) + resp({"BLPOP", "q", "0"}) + resp({"SUBSCRIBE", "x", "y"}) + resp({"EXEC"})},
                   {s, "+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:1\r\n*-1\r\n"}},
         {"MULTI [] = simple_string \"OK\"", R"(INCR ["a"] = simple_string "QUEUED")", R"(BLPOP ["q","0"] = simple_string "QUEUED" pipelined)",
          R"(SUBSCRIBE ["x","y"] = simple_string "QUEUED" pipelined)", "EXEC [] = array [1,null] pipelined"}},
        {"pubsub", {{c, resp({"SUBSCRIBE", "a", "b"})}, {s, "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n"}, {s, "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n"},
                    {s, "*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n"}, {c, resp({"PSUBSCRIBE", "p*"}) + resp({"PING"})},
                    {s, "*3\r\n$10\r\npsubscribe\r\n$2\r\np*\r\n:3\r\n*2\r\n$4\r\npong\r\n$0\r\n\r\n*4\r\n$8\r\npmessage\r\n$2\r\np*\r\n$2\r\npx\r\n$1\r\n!\r\n"},
                    {c, resp({"UNSUBSCRIBE"}) + resp({"RESET"})},
                    {s, "*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:2\r\n*3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:1\r\n+RESET\r\n"}},
         {R"(push "message" ["a","hi"])", R"(SUBSCRIBE ["a","b"] = array ["subscribe","b",2] replies 2)", R"(PSUBSCRIBE ["p*"] = array ["psubscribe","p*",3])",
          R"(PING [] = array ["pong",""] pipelined)", R"(push "pmessage" ["p*","px","!"])", R"(UNSUBSCRIBE [] = array ["unsubscribe","b",1] replies 2)",
          R"(RESET [] = simple_string "RESET" pipelined)"}},
        {"pubsub_resp3", {{c, resp({"SUBSCRIBE", "a"}) + resp({"GET", "k"})}, {s, ">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n>3\r\n+message\r\n+a\r\n+x\r\n$1\r\nv\r\n>2\r\n+invalidate\r\n*1\r\n+k\r\n"}},
         {R"(SUBSCRIBE ["a"] = array ["subscribe","a",1])", R"(push "message" ["a","x"])", R"(GET ["k"] = bulk_string "v" pipelined)", R"(push "invalidate" [["k"]])"}},
        {"a_list_that_looks_like_a_message", {{c, resp({"LRANGE", "l", "0", "2"})}, {s, "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nb\r\n"}},
         {R"(LRANGE ["l","0","2"] = array ["message","a","b"])"}},
        {"subscribe_refused", {{c, resp({"SUBSCRIBE", "a", "b"}) + resp({"PING"})}, {s, "-NOPERM no\r\n+PONG\r\n"}},
         {R"(SUBSCRIBE ["a","b"] = error "NOPERM no")", R"(PING [] = simple_string "PONG" pipelined)"}},
        {"monitor", {{c, "MONITOR\r\n"}, {s, "+OK\r\n+1339518083.107412 [0 127.0.0.1:60866] \"set\" \"k\" \"a \\\"\\x00\"\r\n"}, {c, "RESET\r\n"}, {s, "+RESET\r\n"}},
         {"MONITOR [] = simple_string \"OK\"", R"(push "monitor" ["1339518083.107412 [0 127.0.0.1:60866]","set","k","a \"\u0000"])", "RESET [] = simple_string \"RESET\""}},
        {"reply_modes", {{c, "PING\r\nCLIENT REPLY OFF\r\nGET a\r\nCLIENT REPLY SKIP\r\nCLIENT REPLY ON\r\nCLIENT REPLY SKIP\r\nGET b\r\nGET c\r\n"}, {s, "+PONG\r\n+OK\r\n$1\r\nc\r\n"}},
         {R"(CLIENT ["REPLY","OFF"] pipelined)", R"(GET ["a"] pipelined)", R"(CLIENT ["REPLY","SKIP"] pipelined)", R"(CLIENT ["REPLY","SKIP"] pipelined)", R"(GET ["b"] pipelined)",
          "PING [] = simple_string \"PONG\"", R"(CLIENT ["REPLY","ON"] = simple_string "OK" pipelined)", R"(GET ["c"] = bulk_string "c" pipelined)"}},
        {"blocking", {{c, resp({"BLPOP", "q", "1"})}, {s, "*-1\r\n"}, {c, resp({"XREAD", "COUNT", "2", "block", "0", "STREAMS", "s", "$"})}, {s, "*0\r\n"},
                      {c, resp({"XREAD", "STREAMS", "s", "0"})}, {s, "*0\r\n"}, {c, resp({"WAIT", "1", "100"})}, {s, ":0\r\n"}},
         {R"(BLPOP ["q","1"] = null null blocking)", R"(XREAD ["COUNT","2","block","0","STREAMS","s","$"] = array [] blocking)", R"(XREAD ["STREAMS","s","0"] = array [])",
          R"(WAIT ["1","100"] = integer 0 blocking)"}},
        {"psync", {{c, resp({"PSYNC", "?", "-1"})}, {s, "\n\n+FULLRESYNC abc 0\r\n"}, {s, "\n$9\r\nREDIS\r\n*1*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n"},
                   {c, resp({"REPLCONF", "ACK", "14"})}},
         {R"(PSYNC ["?","-1"] = simple_string "FULLRESYNC abc 0" rdb 9)", R"(push "replication" ["SELECT","0"])", R"(push "replication" ["SET","a","b"])", R"(REPLCONF ["ACK","14"])"}},
        {"psync_diskless", {{c, resp({"PSYNC", "?", "-1"})}, {s, "+FULLRESYNC abc 0\r\n$EOF:" + mark + "\r\nREDISxyz" + mark + "*1\r\n$4\r\nPING\r\n"}},
         {R"(PSYNC ["?","-1"] = simple_string "FULLRESYNC abc 0" rdb 8)", R"(push "replication" ["PING"])"}},
        {"psync_continue", {{c, resp({"PSYNC", "abc", "100"})}, {s, "+CONTINUE abc\r\n*1\r\n$4\r\nPING\r\n"}},
         {R"(PSYNC ["abc","100"] = simple_string "CONTINUE abc")", R"(push "replication" ["PING"])"}},
        {"sync", {{c, resp({"PING"}) + resp({"SYNC"})}, {s, "+PONG\r\n\n$3\r\nRDB*1\r\n$4\r\nPING\r\n"}},
         {"PING [] = simple_string \"PONG\"", "SYNC [] pipelined rdb 3", R"(push "replication" ["PING"])"}},
        {"sync_refused", {{c, resp({"SYNC"})}, {s, "-NOMASTERLINK no\r\n"}, {c, resp({"PING"})}, {s, "+PONG\r\n"}},
         {"SYNC [] = error \"NOMASTERLINK no\"", "PING [] = simple_string \"PONG\""}},
        {"cluster", {{c, resp({"GET", "k"})}, {s, "-MOVED 3999 127.0.0.1:6381\r\n"}, {c, resp({"ASKING"}) + resp({"GET", "k"})}, {s, "+OK\r\n-ASK 3999 127.0.0.1:6381\r\n"}},
         {R"(GET ["k"] = error "MOVED 3999 127.0.0.1:6381")", "ASKING [] = simple_string \"OK\"", R"(GET ["k"] = error "ASK 3999 127.0.0.1:6381" pipelined)"}},
        {"malformed_command", {{c, resp({"PING"})}, {s, "+PONG\r\n"}, {c, "*1\r\n:5\r\n"}, {s, "-ERR Protocol error: expected '$', got ':'\r\n"}},
         {"PING [] = simple_string \"PONG\"", R"(? [] = error "ERR Protocol error: expected '$', got ':'" incomplete redis.argument_invalid)"}},
        {"empty_commands", {{c, resp({"PING"}) + "*0\r\n*-1\r\n" + resp({"PING"})}, {s, "+PONG\r\n+PONG\r\n"}},
         {"PING [] = simple_string \"PONG\"", "PING [] = simple_string \"PONG\" pipelined"}},
        {"secrets", {{c, resp({"AUTH", "user", "s3cret"})}, {s, "+OK\r\n"}, {c, resp({"HELLO", "3", "AUTH", "u", "s3cret", "SETNAME", "me"})}, {s, "%0\r\n"},
                     {c, resp({"CONFIG", "SET", "maxmemory", "1", "requirepass", "s3cret"})}, {s, "+OK\r\n"}, {c, resp({"config", "set", "masterauth", "s3cret"})}, {s, "+OK\r\n"},
                     {c, resp({"ACL", "SETUSER", "bob", "on", ">s3cret", "~*"})}, {s, "+OK\r\n"}, {c, resp({"MIGRATE", "h", "1", "", "0", "5", "AUTH2", "u", "s3cret", "KEYS", "k"})}, {s, "+OK\r\n"},
                     {c, resp({"SENTINEL", "SET", "m", "auth-pass", "s3cret"})}, {s, "+OK\r\n"},
                     {c, "AUTH s3cret\r\n"}, {s, "-WRONGPASS no\r\n"}, {c, "MONITOR\r\n"}, {s, "+OK\r\n+1.5 [0 1.2.3.4:5] \"AUTH\" \"s3cret\"\r\n+1.6 [0 1.2.3.4:5] \"config\" \"set\" \"requirepass\" \"s3cret\"\r\n"}},
         {}},
        {"secret_replies", {{c, resp({"CONFIG", "GET", "require*"})}, {s, "*2\r\n$11\r\nrequirepass\r\n$6\r\nhidden\r\n"},
                            {c, resp({"CONFIG", "GET", "*"})}, {s, "%1\r\n$10\r\nmasterauth\r\n$6\r\nhidden\r\n"},
                            {c, resp({"ACL", "LIST"})}, {s, "*1\r\n$16\r\nuser bob #hidden\r\n"}, {c, resp({"ACL", "WHOAMI"})}, {s, bulk("bob")}},
         {R"(CONFIG ["GET","require*"] = array ["requirepass","<redacted>"])", R"(CONFIG ["GET","*"] = map [["masterauth","<redacted>"]])",
          R"(ACL ["LIST"] = array "<redacted>")", R"(ACL ["WHOAMI"] = bulk_string "bob")"}},
    };
    // clang-format on
}

namespace {

std::vector<std::string> told(const redis_case& v) {
    wire w;
    for (const step& s : v.steps) w.say(s.first, s.second);
    w.close(event::close_reason::end_of_capture);
    return short_forms(w);
}

TEST(redis, says_what_it_must) {
    for (const redis_case& v : redis_cases()) {
        if (v.expected.empty()) continue;
        EXPECT_EQ(told(v), v.expected) << v.name;
    }
}

TEST(redis, writes_no_secret) {
    for (const redis_case& v : redis_cases()) {
        if (v.name != "secrets") continue;
        const std::vector<std::string> all = told(v);
        ASSERT_EQ(all.size(), 11U);
        EXPECT_EQ(all[0], R"(AUTH ["<redacted>","<redacted>"] = simple_string "OK")");
        EXPECT_EQ(all[1], R"(HELLO ["3","AUTH","<redacted>","<redacted>","SETNAME","me"] = map [])");
        EXPECT_EQ(all[2],
                  R"(CONFIG ["SET","maxmemory","1","requirepass","<redacted>"] = simple_string "OK")");
        EXPECT_EQ(all[4],
                  R"(ACL ["SETUSER","bob","<redacted>","<redacted>","<redacted>"] = simple_string "OK")");
        EXPECT_EQ(all[9], R"(push "monitor" ["1.5 [0 1.2.3.4:5]","AUTH","<redacted>"])");
        for (const std::string& line : all) EXPECT_EQ(line.find("s3cret"), std::string::npos) << line;
    }
}

TEST(redis, measures_the_wait_from_the_commands_last_byte) {
    wire w;
    w.client("*1\r\n$4\r\n"); // 1 ms
    w.client("PING\r\n");     // 2 ms
    w.server("$4\r\n");       // 3 ms
    w.server("PO");           // 4 ms
    w.server("NG\r\n");       // 5 ms
    const std::vector<json> e = w.events("redis.command");
    ASSERT_EQ(e.size(), 1U);
    EXPECT_EQ(e[0]["ts"], "1970-01-01T00:00:00.001000000Z");
    EXPECT_DOUBLE_EQ(e[0]["timing"]["wait"], 0.001);
    EXPECT_DOUBLE_EQ(e[0]["timing"]["receive"], 0.002);
    EXPECT_EQ(e[0]["size"], 14);
    EXPECT_EQ(e[0]["reply"]["size"], 10);
    EXPECT_EQ(e[0]["command"], 1);
}

TEST(redis, says_why_no_reply_came) {
    using event::close_reason;
    for (const auto& [why, ending] : {std::pair{close_reason::fin, "closed"},
                                      {close_reason::reset, "reset"},
                                      {close_reason::end_of_capture, "end_of_capture"}}) {
        wire w;
        w.client(resp({"GET", "a"}) + resp({"SUBSCRIBE", "a", "b"}));
        w.server("$1\r\na\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n");
        w.client(resp({"PING"}));
        w.close(why);
        const std::vector<json> e = w.events("redis.command");
        ASSERT_EQ(e.size(), 3U);
        EXPECT_FALSE(e[0].contains("complete"));
        for (const std::size_t i : {1U, 2U}) {
            EXPECT_EQ(e[i]["complete"], false);
            EXPECT_EQ(e[i]["ended"], ending);
        }
        EXPECT_TRUE(e[1].contains("reply"));
        EXPECT_TRUE(e[2]["timing"].contains("unanswered"));
    }
}

TEST(redis, a_reply_that_nobody_asked_for_is_told) {
    wire w;
    w.client(resp({"PING"}));
    w.server("+PONG\r\n-ERR max number of clients reached\r\n");
    w.close();
    const std::vector<json> e = w.events("redis.command");
    ASSERT_EQ(e.size(), 2U);
    EXPECT_FALSE(e[1].contains("name"));
    EXPECT_EQ(e[1]["reply"]["value"], "ERR max number of clients reached");
    EXPECT_EQ(codes(e[1]), std::vector<std::string>{"redis.reply_without_command"});
    EXPECT_EQ(w.events("anomaly").size(), 1U);
}

TEST(redis, a_reply_may_be_captured_before_its_command) {
    wire w;
    w.client(resp({"PING"}));
    w.server("+PONG\r\n");
    const std::string get = resp({"GET", "k"});
    w.say_acking(side::server, bulk("v"), w.offset(side::client) + get.size());
    w.say_acking(side::client, get, w.offset(side::server) - 7);
    w.close();
    EXPECT_EQ(short_forms(w), (std::vector<std::string>{R"(PING [] = simple_string "PONG")",
                                                        R"(GET ["k"] = bulk_string "v")"}));
}

TEST(redis, is_built_only_for_who_wants_it) {
    wire w({}, {}, event::mask{});
    w.client(resp({"GET", "k"}));
    w.server(bulk("v"));
    w.close();
    EXPECT_TRUE(w.events().empty());
    EXPECT_EQ(w.count().exchanges, 1U);
}

} // namespace
} // namespace weir::session::test
