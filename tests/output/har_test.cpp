// What HAR is made of: strings, URLs, queries, cookies and dates off the wire, and a file that is whole
// between two writes, and after one that failed.
#include "output/har_text.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <iterator>
#include <sys/resource.h>
#include <unistd.h>

#include "event/tcp_events.hpp"
#include "output/destination.hpp"
#include "output/har_output.hpp"

namespace weir::output {
namespace {

std::string put(const std::function<void(event::line_buffer&)>& f) {
    event::line_buffer out;
    f(out);
    return std::string(out.view());
}

std::string query(std::string_view target) {
    return put([&](event::line_buffer& out) { har::put_query(out, target); });
}
std::string url(std::string_view text) {
    return put([&](event::line_buffer& out) { har::put_url(out, text); });
}
std::string cookies(std::string_view field) {
    return put([&](event::line_buffer& out) { har::put_cookies(out, field); });
}
std::string set_cookie(std::string_view field) {
    return put([&](event::line_buffer& out) { har::put_set_cookie(out, field); });
}

TEST(HarText, BytesThatAreNoUtf8AreReadAsLatin1) {
    event::line_buffer out;
    EXPECT_TRUE(har::put_string(out, "gr\xc3\xbc\xc3\x9f"));
    EXPECT_FALSE(har::put_string(out, "\xe4\"\xff"));
    EXPECT_EQ(out.view(), "\"gr\xc3\xbc\xc3\x9f\"\"\xc3\xa4\\\"\xc3\xbf\"");
}

TEST(HarText, MillisecondsHaveSixDecimals) {
    for (const auto& [n, text] : {std::pair<std::int64_t, const char*>{0, "0.000000"},
                                  {1, "0.000001"},
                                  {1'234'567'890, "1234.567890"},
                                  {-5, "0.000000"}})
        EXPECT_EQ(put([n = n](event::line_buffer& out) { har::put_milliseconds(out, {n}); }), text);
}

TEST(HarText, AUrlHoldsWhatRfc3986Allows) {
    EXPECT_EQ(url("http://a:80/b?c=d&e=%20+f"), "\"http://a:80/b?c=d&e=%20+f\"");
    EXPECT_EQ(url("http://[::1]:80/[x]"), "\"http://[::1]:80/%5Bx%5D\"");
    EXPECT_EQ(url("http://a/ \"<>\\^`{|}#%zz%4\xc3\xa4\x01"),
              "\"http://a/%20%22%3C%3E%5C%5E%60%7B%7C%7D%23%25zz%254%C3%A4%01\"");
    EXPECT_EQ(url("http://a[b/"), "\"http://a%5Bb/\"");
}

TEST(HarText, AQueryIsDecodedAsAForm) {
    EXPECT_EQ(query("/a"), "[]");
    EXPECT_EQ(query("/a?"), "[]");
    EXPECT_EQ(query("/a?b=c+d&&e&=f&g=%41=%zz%"),
              R"([{"name":"b","value":"c d"},{"name":"e","value":""},{"name":"","value":"f"},)"
              R"({"name":"g","value":"A=%zz%"}])");
}

TEST(HarText, CookiesAreTakenApart) {
    EXPECT_EQ(cookies("a=1; b=x=y;; c ;"),
              R"(,{"name":"a","value":"1"},{"name":"b","value":"x=y"},{"name":"c","value":""})");
    EXPECT_EQ(
        set_cookie("a=1; Path=/; HttpOnly; SECURE; domain=x.y; SameSite=Lax; Expires=Wed, 21 Oct 2015 "
                   "07:28:00 GMT; Max-Age=1"),
        R"(,{"name":"a","value":"1","path":"/","domain":"x.y","expires":"2015-10-21T07:28:00.000000000Z",)"
        R"("httpOnly":true,"secure":true,"sameSite":"Lax"})");
    EXPECT_EQ(set_cookie("a"), R"(,{"name":"a","value":"","httpOnly":false,"secure":false})");
    EXPECT_EQ(set_cookie("a=b; expires=soon"),
              R"(,{"name":"a","value":"b","httpOnly":false,"secure":false})");
}

TEST(HarText, DatesOfCookies) {
    constexpr std::int64_t second = 1'000'000'000, expected = 1'445'412'480 * second;
    for (const char* text : {"Wed, 21 Oct 2015 07:28:00 GMT", "Wednesday, 21-Oct-15 07:28:00 GMT",
                             "Wed Oct 21 07:28:00 2015", "21 october 2015 7:28:0"}) {
        const auto date = har::cookie_date(text);
        ASSERT_TRUE(date) << text;
        EXPECT_EQ(date->since_epoch, expected) << text;
    }
    for (const char* text :
         {"", "soon", "21 Oct 2015", "Wed, 31 Feb 2015 07:28:00 GMT", "Wed, 21 Oct 2015 24:00:00 GMT",
          "Wed, 21 Oct 1066 07:28:00 GMT", "Wed, 21 Oct 9999 07:28:00 GMT", "Wed, 21 Oct 2015 07:28 GMT"})
        EXPECT_FALSE(har::cookie_date(text)) << text;
}

/// An exchange that leads to WebSocket on that connection, and what is said there.
class HarSockets : public testing::Test {
protected:
    void open(har_output& out, std::uint64_t conn, std::string_view upgrade = "WebSocket") const {
        const std::array<event::header, 1> fields{event::header{"Upgrade", upgrade}};
        event::http_exchange e;
        e.connection.conn = conn;
        e.request.emplace();
        e.response.emplace();
        e.response->status = 101;
        e.response->headers = {fields};
        out.on_event(&e);
    }
    void say(har_output& out, std::uint64_t conn, std::string_view text,
             event::websocket_opcode kind = event::websocket_opcode::text) const {
        event::websocket_message m;
        m.connection.conn = conn;
        m.opcode = kind;
        m.ts = {1'500'000'000};
        m.data = event::wire{text};
        out.on_event(&m);
    }
    void close(har_output& out, std::uint64_t conn) const {
        event::websocket_close c;
        c.connection.conn = conn;
        c.side = event::side::server;
        c.code = 1000;
        c.reason = event::wire{"bye"};
        out.on_event(&c);
    }
    /// What stands behind _weir in the last entry.
    [[nodiscard]] static std::string tail(const har_output& out) {
        const std::string all(out.pending());
        const std::size_t at = all.rfind(",\"_resourceType\"");
        return at == std::string::npos ? "" : all.substr(at);
    }
};

TEST_F(HarSockets, AnEntryWaitsForItsMessages) {
    har_output out(0);
    open(out, 1);
    say(out, 1, "hi");
    say(out, 1, "\xff\x01", event::websocket_opcode::binary);
    say(out, 1, "", event::websocket_opcode::ping);
    say(out, 2, "of another connection");
    EXPECT_EQ(out.pending(), "");
    close(out, 1);
    EXPECT_TRUE(out.pending().starts_with("\n{\"startedDateTime\":"));
    EXPECT_EQ(tail(out), R"(,"_resourceType":"websocket","_webSocketMessages":[)"
                         R"({"type":"send","time":1.500000000,"opcode":1,"data":"hi"},)"
                         R"({"type":"send","time":1.500000000,"opcode":2,"data":"/wE="}],)"
                         R"("_webSocketClose":{"side":"server","code":1000,"reason":"bye"}})");
}

TEST_F(HarSockets, WhatIsOpenAtTheEndIsWrittenThen) {
    har_output out(0);
    open(out, 1);
    open(out, 2, "h2c"); // no WebSocket: written at once
    EXPECT_TRUE(out.pending().starts_with("\n{"));
    EXPECT_EQ(tail(out), "");
    event::tcp_close over;
    open(out, 3);
    over.connection.conn = 3;
    out.on_event(&over);
    EXPECT_EQ(tail(out), R"(,"_resourceType":"websocket","_webSocketMessages":[]})");
    out.clear();
    out.end();
    EXPECT_TRUE(out.pending().starts_with(",\n{"));
}

TEST_F(HarSockets, HoldsNoMoreThanItsLimits) {
    har_limits most;
    most.message_bytes = 200;
    most.all_message_bytes = 250;
    most.web_sockets = 2;
    har_output out(0, most);
    open(out, 1);
    open(out, 2);
    for (int i = 0; i < 5; ++i) say(out, 1, "twenty bytes of text");
    say(out, 2, "twenty bytes of text");
    say(out, 2, "twenty bytes of text");
    open(out, 3); // the oldest is written
    EXPECT_NE(tail(out).find(R"("_webSocketMessagesLeftOut":2)"), std::string::npos) << tail(out);
    close(out, 2);
    EXPECT_NE(tail(out).find(R"("_webSocketMessagesLeftOut":1)"), std::string::npos) << tail(out);
    say(out, 3, "twenty bytes of text");
    close(out, 3);
    EXPECT_EQ(tail(out).find("LeftOut"), std::string::npos) << "there is room again";
}

class ClosedFile : public testing::Test {
protected:
    void SetUp() override {
        const int fd = ::mkstemp(path.data());
        ASSERT_GE(fd, 0);
        to = std::make_unique<destination>(fd, true);
        to->end_with("]\n");
    }
    void TearDown() override { ::unlink(path.c_str()); }
    [[nodiscard]] std::string content() const {
        std::ifstream in(path);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    written write(std::string_view text) { return to->write(text); }

    std::string path = "/tmp/weir-har-XXXXXX";
    std::unique_ptr<destination> to;
};

TEST_F(ClosedFile, IsWholeBetweenTwoWrites) {
    EXPECT_EQ(write("[1"), written::all);
    EXPECT_EQ(content(), "[1]\n");
    EXPECT_EQ(write(""), written::all);
    EXPECT_EQ(content(), "[1]\n");
    EXPECT_EQ(write(",2,3"), written::all);
    EXPECT_EQ(content(), "[1,2,3]\n");
}

TEST_F(ClosedFile, IsWholeWhereThereWasNoRoomForMore) {
    std::signal(SIGXFSZ, SIG_IGN);
    ASSERT_EQ(write("[1"), written::all);
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    rlimit small = before;
    small.rlim_cur = 10;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    std::string_view text = ",\"longer than ten bytes\"";
    EXPECT_EQ(to->write(text), written::full);
    ::setrlimit(RLIMIT_FSIZE, &before);
    EXPECT_EQ(content(), "[1]\n      ");
    EXPECT_FALSE(to->error().empty());
}

} // namespace
} // namespace weir::output
