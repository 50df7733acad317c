// Text for a terminal: one line a message, colours only where asked, and no control character of the wire.
#include "output/text_output.hpp"

#include <gtest/gtest.h>

namespace weir::output {
namespace {

event::connection_ref some_connection(bool v6 = false) {
    event::connection_ref c;
    c.conn = 7;
    const std::array<std::uint8_t, 16> ip{10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
    c.client = {v6 ? common::ip_address::v6(ip) : common::ip_address::v4(common::bytes_view(ip).first(4)),
                41000};
    c.server = {c.client.ip, 80};
    return c;
}

event::http_request request(std::string_view target) {
    event::http_request e;
    e.ts = {1767323045'012'345'678};
    e.connection = some_connection();
    e.request.method = {"GET"};
    e.request.target = {target};
    return e;
}

event::http_exchange exchange(std::string_view reason) {
    event::http_exchange e;
    e.ts = {1767323045'000'000'000};
    e.connection = some_connection();
    e.response.emplace();
    e.response->status = 404;
    e.response->reason = {reason};
    e.response->body.emplace();
    e.response->body->size = 13;
    e.timing.total = common::nanoseconds{12'400'000};
    return e;
}

template <class E>
std::string text_of(const E& e, bool coloured = false) {
    text_output out(coloured);
    out.on_event(&e);
    return std::string(out.pending());
}

TEST(Text, ARequestIsOneLine) {
    EXPECT_EQ(text_of(request("/a?b=c")), "03:04:05.012 #7 10.0.0.1:41000 > 10.0.0.1:80 GET /a?b=c\n");
}

TEST(Text, AnExchangeIsToldWhenItIsOver) {
    const event::header type{"Content-Type", "text/plain"};
    event::http_exchange e = exchange("Not Found");
    e.response->headers.list = {&type, 1};
    EXPECT_EQ(text_of(e),
              "03:04:05.012 #7 10.0.0.1:41000 < 10.0.0.1:80 404 Not Found  text/plain  13 B  12.4 ms\n");
}

TEST(Text, AnOutageIsTwoLines) {
    EXPECT_EQ(text_of(event::capture_lost{{1767323045'012'345'678}, {"the service\x1b ended"}}),
              "03:04:05.012 the capture is lost: the service\\x1b ended\n");
    event::capture_resumed e;
    e.ts = {1767323047'012'345'678};
    e.outage = {2'000'000'000};
    EXPECT_EQ(text_of(e), "03:04:07.012 the capture goes on after 2.0 s\n");
    EXPECT_NE(text_of(e, true).find("\x1b[32m"), std::string::npos);
}

TEST(Text, AnIpv6AddressStandsInBrackets) {
    event::http_request e = request("/");
    e.connection = some_connection(true);
    EXPECT_NE(text_of(e).find("[a00:1::9]:41000 > [a00:1::9]:80"), std::string::npos) << text_of(e);
}

TEST(Text, ColoursAreForThoseWhoAsk) {
    EXPECT_EQ(text_of(exchange("x")).find('\x1b'), std::string::npos);
    EXPECT_NE(text_of(exchange("x"), true).find("\x1b[33m404"), std::string::npos);
}

/// True where a terminal would do something: C0 but the line's end, DEL, or a C1 control in UTF-8.
bool commands_a_terminal(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if ((c < 0x20 && i + 1 < text.size()) || c == 0x7f) return true;
        if (c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) return true;
    }
    return false;
}

TEST(Text, NoByteOfTheWireCommandsTheTerminal) {
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            const std::string bytes{'/', static_cast<char>(first), static_cast<char>(second)};
            const std::string text = text_of(request(bytes));
            ASSERT_FALSE(commands_a_terminal(text)) << first << ' ' << second;
        }
    }
}

TEST(Text, EscapedBytesCanBeRead) {
    EXPECT_NE(text_of(request("/\x1b[2J\n")).find("/\\x1b[2J\\x0a"), std::string::npos);
    EXPECT_NE(text_of(request("/\xc2\x9b")).find("/\\xc2\\x9b"), std::string::npos);
    EXPECT_NE(text_of(request("/\xff")).find("/\\xff"), std::string::npos);
    EXPECT_NE(text_of(request("/gr\xc3\xbc\xc3\x9f")).find("/gr\xc3\xbc\xc3\x9f"), std::string::npos);
}

TEST(Text, ABodyKeepsItsLinesAndNothingElse) {
    event::http_exchange e = exchange("OK");
    e.response->body->data = event::wire{"one\n\ttwo\x07"};
    e.response->body->truncated = true;
    const std::string text = text_of(e);
    EXPECT_TRUE(text.ends_with("\none\n\ttwo\\x07\n(cut at the limit)\n")) << text;
}

} // namespace
} // namespace weir::output
