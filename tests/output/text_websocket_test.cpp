// The lines of WebSocket messages and server-sent events: who, what, how large; JSON below them, behind a
// gutter.
#include <gtest/gtest.h>

#include "event/sse_events.hpp"
#include "event/websocket_events.hpp"
#include "output/text_json.hpp"
#include "output/text_output.hpp"

namespace weir::output {
namespace {

template <class E>
E on_connection() {
    E e;
    e.ts = {1767323045'012'345'678};
    e.connection.conn = 7;
    const std::array<std::uint8_t, 4> ip{10, 0, 0, 1};
    e.connection.client = {common::ip_address::v4(ip), 41000};
    e.connection.server = {common::ip_address::v4(ip), 80};
    return e;
}

template <class E>
std::string text_of(const E& e) {
    text_output out(false);
    out.on_event(&e);
    const std::string text(out.pending());
    const std::string begin = "03:04:05.012 #7 10.0.0.1:41000";
    EXPECT_TRUE(text.starts_with(begin)) << text;
    return text.substr(begin.size());
}

event::websocket_message message(event::side from, std::string_view data) {
    auto m = on_connection<event::websocket_message>();
    m.side = from;
    m.size = data.size();
    m.data = event::wire{data};
    return m;
}

TEST(text_websocket, a_message_is_a_line) {
    EXPECT_EQ(text_of(message(event::side::client, "hello")), " > 10.0.0.1:80 WS hello  5 B\n");
    EXPECT_EQ(text_of(message(event::side::server, "a\nb\x1b[2J")),
              " < 10.0.0.1:80 WS a\\x0ab\\x1b[2J  7 B\n");
    EXPECT_EQ(text_of(message(event::side::client, std::string(300, 'x'))),
              " > 10.0.0.1:80 WS " + std::string(256, 'x') + "...  300 B\n");
    event::websocket_message binary = message(event::side::server, std::string(2000, 'x'));
    binary.opcode = event::websocket_opcode::binary;
    EXPECT_EQ(text_of(binary), " < 10.0.0.1:80 WS binary  2.0 kB\n");
    event::websocket_message pong = message(event::side::server, "");
    pong.opcode = event::websocket_opcode::pong;
    pong.timing.emplace();
    pong.timing->latency = common::nanoseconds{2'300'000};
    EXPECT_EQ(text_of(pong), " < 10.0.0.1:80 WS pong  0 B  2.3 ms\n");
}

TEST(text_websocket, what_is_not_whole_says_so) {
    event::websocket_message m = message(event::side::client, "hel");
    m.complete = false;
    m.missing.emplace();
    m.missing->bytes = 2;
    m.missing->cause = event::missing_cause::kernel_drop;
    EXPECT_EQ(text_of(m), " > 10.0.0.1:80 WS hel  3 B  2 B missing, dropped by the kernel\n");
    m.missing.reset();
    m.ended = event::ending::reset;
    EXPECT_EQ(text_of(m), " > 10.0.0.1:80 WS hel  3 B  cut off: reset\n");
    event::websocket_message unread = message(event::side::client, "");
    unread.size.reset();
    unread.data.reset();
    unread.compressed_size = 9;
    EXPECT_EQ(text_of(unread), " > 10.0.0.1:80 WS  9 B compressed, cannot be read\n");
}

TEST(text_websocket, json_stands_indented_and_as_it_was_sent) {
    EXPECT_EQ(text_of(message(event::side::client, R"({"a":[1.00,{}, {"b" : "x,\"y"}],"c":null})")),
              " > 10.0.0.1:80 WS  41 B\n"
              "  > {\n"
              "  >   \"a\": [\n"
              "  >     1.00,\n"
              "  >     {},\n"
              "  >     {\n"
              "  >       \"b\": \"x,\\\"y\"\n"
              "  >     }\n"
              "  >   ],\n"
              "  >   \"c\": null\n"
              "  > }\n");
    for (const char* const plain : {"[]", "{}", "\"text\"", "17", "{not json}", "[1,", "[1] and more"})
        EXPECT_EQ(std::string(text_of(message(event::side::server, plain))).find('\n'),
                  text_of(message(event::side::server, plain)).size() - 1)
            << plain;
}

TEST(text_websocket, long_json_is_cut_with_what_was_left_out) {
    std::string list = "[0";
    for (int i = 1; i < 100; ++i) list += "," + std::to_string(i);
    const std::string text = text_of(message(event::side::server, list + "]"));
    EXPECT_TRUE(text.ends_with("  <   22,\n  < ... 78 lines more\n")) << text;
    text_writer out(false);
    const std::string deep = std::string(300, '[') + "1" + std::string(300, ']');
    ASSERT_TRUE(is_json_structure(deep));
    put_indented_json(out, deep, "  < ", 1000);
    EXPECT_LT(out.view().size(), 700U * 40) << "deeper is not further to the right";
}

TEST(text_websocket, a_close_says_who_and_why) {
    auto c = on_connection<event::websocket_close>();
    c.side = event::side::server;
    c.code = 1000;
    c.reason = event::wire{"bye"};
    c.clean = true;
    c.from_client.messages = 2;
    c.duration = {1'500'000'000};
    EXPECT_EQ(text_of(c), " < 10.0.0.1:80 WS close 1000 bye  2 messages up, 0 down in 1.5 s\n");
    auto lost = on_connection<event::websocket_close>();
    lost.ended = event::ending::reset;
    lost.from_server.lost = true;
    lost.duration = {1'000'000};
    EXPECT_EQ(text_of(lost),
              " > 10.0.0.1:80 WS over without close: reset  0 messages up, 0 down in 1.0 ms  the "
              "server's frames were lost\n");
}

TEST(text_websocket, an_open_says_where) {
    auto o = on_connection<event::websocket_open>();
    o.url = event::wire{"ws://a/b"};
    o.protocol = event::wire{"chat"};
    o.deflate.emplace();
    EXPECT_EQ(text_of(o), " > 10.0.0.1:80 WS open ws://a/b  chat  compressed\n");
}

TEST(text_sse, an_event_is_a_line) {
    auto e = on_connection<event::http_sse>();
    e.type = {"tick"};
    e.data = event::wire{"{\"price\":1}\nmore"};
    e.size = 16;
    EXPECT_EQ(text_of(e), " < 10.0.0.1:80 SSE tick {\"price\":1}\\x0amore  16 B\n");
    auto retry = on_connection<event::http_sse>();
    retry.type = {"message"};
    retry.retry = 3000;
    retry.complete = false;
    EXPECT_EQ(text_of(retry), " < 10.0.0.1:80 SSE message  0 B  retry 3000 ms  cut off\n");
}

} // namespace
} // namespace weir::output
