// Text for a terminal: one line a message, colours only where asked, and no control character of the wire.
#include "output/text_output.hpp"

#include <gtest/gtest.h>

#include "event/http_events.hpp"
#include "event/tcp_detail_events.hpp"

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
std::string text_of(const E& e, bool coloured = false, closes shown = closes::notable) {
    text_output out(coloured, shown);
    out.on_event(&e);
    return std::string(out.pending());
}

event::tcp_data said(event::side by, std::uint64_t offset, std::string_view bytes) {
    event::tcp_data e;
    e.ts = {1767323045'012'345'678};
    e.connection = some_connection();
    e.side = by;
    e.offset = offset;
    e.data = {bytes};
    return e;
}

TEST(Text, BothSidesOfAConnectionStandInTheirOrder) {
    using event::side;
    text_output out(false);
    event::tcp_data hole = said(side::server, 12, "");
    hole.missing = 1460;
    hole.cause = event::missing_cause::upstream;
    for (const event::tcp_data& e :
         {said(side::client, 0, "GET / HT"), said(side::client, 8, "TP/1.1\r\n\r\n"),
          said(side::server, 0, "HTTP/1.1 200"), hole, said(side::server, 1472, "\x1b[2J\n"),
          said(side::client, 20, "more")})
        out.on_event(&e);
    const event::tcp_open open{{1767323045'012'345'678}, some_connection(), {}, false};
    out.on_event(&open);
    EXPECT_EQ(out.pending(), "03:04:05.012 #7 10.0.0.1:41000 > 10.0.0.1:80 client, from byte 0\n"
                             "  > GET / HTTP/1.1\n"
                             "  > \n"
                             "03:04:05.012 #7 10.0.0.1:41000 < 10.0.0.1:80 server, from byte 0\n"
                             "  < HTTP/1.1 200\n"
                             "  \xc2\xb7 1460 bytes missing: lost before the capture\n"
                             "  < \\x1b[2J\n"
                             "03:04:05.012 #7 10.0.0.1:41000 > 10.0.0.1:80 client, from byte 20\n"
                             "  > more\n"
                             "03:04:05.012 #7 10.0.0.1:41000 > 10.0.0.1:80 open\n");
}

TEST(Text, BothSidesHaveColoursOfTheirOwn) {
    const std::string client = text_of(said(event::side::client, 0, "a\n"), true);
    const std::string server = text_of(said(event::side::server, 0, "a\n"), true);
    EXPECT_NE(client.find("\x1b[36m  > a\x1b[0m\n"), std::string::npos) << client;
    EXPECT_NE(server.find("\x1b[32m  < a\x1b[0m\n"), std::string::npos) << server;
}

template <class E>
E detail(event::side by) {
    E e;
    e.ts = {1767323045'012'345'678};
    e.connection = some_connection();
    e.side = by;
    return e;
}

TEST(Text, WhatHappensOnAConnectionIsOneLineEach) {
    const std::string up = "03:04:05.012 #7 10.0.0.1:41000 > 10.0.0.1:80 ";
    const std::string down = "03:04:05.012 #7 10.0.0.1:41000 < 10.0.0.1:80 ";
    auto retry = detail<event::tcp_syn_retry>(event::side::client);
    retry.tries = 3;
    retry.after = {2'000'000'000};
    EXPECT_EQ(text_of(retry), up + "SYN again after 2.0 s, try 3\n");
    retry.side = event::side::server;
    EXPECT_EQ(text_of(retry), down + "SYN+ACK again after 2.0 s, try 3\n");
    auto again = detail<event::tcp_retransmit>(event::side::server);
    again.length = 1448;
    again.kind = event::retransmission::unseen;
    EXPECT_EQ(text_of(again), down + "1.4 kB again, the first copy was not seen\n");
    again.kind = event::retransmission::timeout;
    again.after = common::nanoseconds{201'000'000};
    EXPECT_EQ(text_of(again), down + "1.4 kB again after 201.0 ms, nothing was heard of it\n");
    again.kind = event::retransmission::fast;
    again.length = 0;
    EXPECT_EQ(text_of(again), down + "FIN again after 201.0 ms, a loss was reported\n");
    again.kind = event::retransmission::spurious;
    EXPECT_EQ(text_of(again), down + "FIN again after 201.0 ms, though it was acknowledged\n");
    auto early = detail<event::tcp_out_of_order>(event::side::server);
    early.length = 10;
    early.ahead = 20;
    EXPECT_EQ(text_of(early), down + "10 B early, 20 B before it not seen yet\n");
    auto hole = detail<event::tcp_gap>(event::side::client);
    hole.offset = 50;
    hole.length = 1;
    EXPECT_EQ(text_of(hole), up + "1 byte missing from byte 50: lost before the capture\n");
    auto other = detail<event::tcp_overlap>(event::side::client);
    other.offset = 5;
    other.first = {"ab"};
    other.second = {"\x1b["};
    EXPECT_EQ(text_of(other), up + "another content from byte 5: ab was followed, now \\x1b[\n");
    auto window = detail<event::tcp_zero_window>(event::side::client);
    EXPECT_EQ(text_of(window), up + "window closed\n");
    window.opened_after = common::nanoseconds{501'000'000};
    EXPECT_EQ(text_of(window), up + "window open again after 501.0 ms\n");
    auto reset = detail<event::tcp_reset>(event::side::server);
    reset.state = "picked_up";
    EXPECT_EQ(text_of(reset), down + "RST, connection picked up\n");
    reset.ignored = true;
    EXPECT_EQ(text_of(reset), down + "RST, connection picked up, ends nothing\n");
}

TEST(Text, StatisticsAreALineForEachSide) {
    event::tcp_stats e;
    e.ts = {1767323045'012'345'678};
    e.connection = some_connection();
    e.server.by_acknowledgement = event::round_trips{4, {1'000'000}, {1'500'000}, {3'000'000}};
    e.server.in_flight = 2896;
    e.server.mss = std::uint16_t{1460};
    e.server.window_scale = std::uint8_t{7};
    e.server.retransmits.spurious = 1;
    e.server.retransmits.unseen = 2;
    e.server.reordered = 3;
    e.server.stalled.loss = {202'000'000};
    e.server.stalled.application = {5'000'000'000};
    EXPECT_EQ(text_of(e),
              "03:04:05.012 #7 10.0.0.1:41000 > 10.0.0.1:80 statistics\n"
              "  \xc2\xb7 client: at most 0 B in flight\n"
              "  \xc2\xb7 server: round trip 1.5 ms (1.0 ms to 3.0 ms, 4 measured), at most 2.8 kB in "
              "flight, mss 1460, window scale 7; sent again 1 spurious, 2 unseen; 3 overtaken; "
              "stalled 202.0 ms by loss, 5.0 s with nothing to send\n");
}

TEST(Text, BytesAsHexadecimalHaveTheirOffsets) {
    text_output out(false, closes::notable, bytes_as::hex);
    const event::tcp_data e = said(event::side::server, 0x1f0, "HTTP/1.1 200 OK\r\n\xff");
    out.on_event(&e);
    EXPECT_EQ(out.pending().substr(out.pending().find('\n') + 1),
              "  < 000001f0  48 54 54 50 2f 31 2e 31  20 32 30 30 20 4f 4b 0d  |HTTP/1.1 200 OK.|\n"
              "  < 00000200  0a ff                                             |..|\n");
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

event::tcp_close closed(event::close_reason why, std::string_view state, std::string_view service) {
    event::tcp_close e;
    e.ts = {1767323045'012'345'678};
    e.connection = some_connection();
    e.duration = {1'250'000'000};
    e.reason = why;
    e.state = state;
    e.service = service;
    e.from_client.packets = 3;
    e.from_client.bytes = 18'400;
    e.from_server.bytes = 412'000;
    return e;
}

constexpr std::string_view close_line = "03:04:05.012 #7 10.0.0.1:41000 > 10.0.0.1:80 ";

TEST(Text, ARefusedConnectionSaysSo) {
    EXPECT_EQ(text_of(closed(event::close_reason::reset, "REJ", "")), std::string(close_line) + "refused\n");
}

TEST(Text, AnUnansweredConnectionSaysHowOftenItAsked) {
    EXPECT_EQ(text_of(closed(event::close_reason::timeout, "S0", "")),
              std::string(close_line) + "no answer, asked 3 times\n");
}

TEST(Text, AResetSaysWhoSentIt) {
    event::tcp_close e = closed(event::close_reason::reset, "RSTR", "http");
    e.by = event::side::server;
    EXPECT_EQ(text_of(e), std::string(close_line) + "reset by server after 1.2 s: 18 kB up, 412 kB down\n");
}

TEST(Text, AConnectionOfUnknownProtocolIsOneDimLine) {
    event::tcp_close e = closed(event::close_reason::fin, "SF", "");
    EXPECT_EQ(text_of(e),
              std::string(close_line) + "closed after 1.2 s: 18 kB up, 412 kB down, unknown protocol\n");
    EXPECT_NE(text_of(e, true).find("\x1b[2mclosed"), std::string::npos);
    e.from_client.bytes = e.from_server.bytes = 0;
    EXPECT_EQ(text_of(e), std::string(close_line) + "closed after 1.2 s: nothing said\n");
}

TEST(Text, AKnownConnectionThatEndsWellHasNoLineUnlessAsked) {
    const event::tcp_close e = closed(event::close_reason::fin, "SF", "http");
    EXPECT_EQ(text_of(e), "");
    EXPECT_EQ(text_of(e, false, closes::all),
              std::string(close_line) + "closed after 1.2 s: 18 kB up, 412 kB down\n");
}

event::capture_stats dropped(std::int64_t second, std::uint64_t kernel, std::uint64_t interface,
                             std::uint64_t received) {
    event::capture_stats e;
    e.ts = common::timestamp{1767323045'000'000'000 + second * common::nanoseconds_per_second};
    e.reason = event::stats_reason::drops;
    e.totals.kernel.emplace();
    e.totals.kernel->received = received;
    e.totals.kernel->dropped = kernel;
    e.totals.kernel->dropped_interface = interface;
    return e;
}

TEST(Text, DropsAreReportedEachTimeWithWhatIsNew) {
    text_output out(false);
    event::capture_start start;
    start.ts = common::timestamp{1767323043'000'000'000};
    out.on_event(&start);
    out.clear();
    for (const auto& e : {dropped(0, 27, 0, 9000), dropped(10, 1027, 1, 19000), dropped(20, 1027, 2, 20000)})
        out.on_event(&e);
    EXPECT_EQ(
        out.pending(),
        "03:04:05.000 KERNEL DROPPED 27 packets in 2.0 s, of 9000; what is shown may have holes. A narrower "
        "filter or a larger --buffer helps\n"
        "03:04:15.000 KERNEL DROPPED 1000 packets, INTERFACE DROPPED 1 packet in 10 s, of 10000; what is "
        "shown may have holes\n"
        "03:04:25.000 INTERFACE DROPPED 1 packet in 10 s, of 1000; what is shown may have holes\n");
}

TEST(Text, AnOutputThatDidNotGetEverythingIsNamed) {
    const std::array<event::output_account, 2> outputs{event::output_account{{"a\x1b.jsonl"}, 12},
                                                       event::output_account{{"-"}, 1}};
    event::capture_end e;
    e.outputs = outputs;
    EXPECT_EQ(text_of(e), "0 packets, 0 connections, 0 exchanges, 0 anomalies, 12 events not written to "
                          "a\\x1b.jsonl, 1 event not written to standard output\n");
}

TEST(Text, AnInterruptedAnswerDoesNotLookComplete) {
    const event::header length{"Content-Length", "412000000"};
    event::http_exchange e = exchange("OK");
    e.response->status = 200;
    e.response->complete = true;
    EXPECT_EQ(text_of(e).find("cut off"), std::string::npos);
    e.response->complete = false;
    e.response->body->size = 122'000'000;
    EXPECT_NE(text_of(e).find("200 OK  122 MB  12.4 ms  cut off at 122 MB\n"), std::string::npos)
        << text_of(e);
    e.response->headers.list = {&length, 1};
    EXPECT_NE(text_of(e).find("  cut off at 122 MB of 412 MB\n"), std::string::npos) << text_of(e);
    e.response->body->size = 411'999'999;
    EXPECT_NE(text_of(e).find("  cut off 1 B before its end\n"), std::string::npos) << text_of(e);
    e.response->ended = event::ending::closed;
    EXPECT_NE(text_of(e).find("  cut off 1 B before its end: closed\n"), std::string::npos) << text_of(e);
    e.missing.emplace().response = 1460;
    e.missing->cause = event::missing_cause::kernel_drop;
    EXPECT_NE(text_of(e).find("  12.4 ms  1.4 kB missing, dropped by the kernel\n"), std::string::npos)
        << text_of(e);
}

TEST(Text, AnUnansweredRequestIsNamedWithItsWait) {
    event::http_exchange e = exchange("");
    e.request.emplace();
    e.request->method = {"GET"};
    e.request->url = event::wire{"http://a/b"};
    e.request->complete = true;
    e.response.reset();
    e.timing.total.reset();
    e.timing.send = common::nanoseconds{2'000'000};
    e.timing.unanswered = common::nanoseconds{125'400'000'000};
    e.ended = event::ending::end_of_capture;
    EXPECT_EQ(text_of(e), "03:06:10.402 #7 10.0.0.1:41000 < 10.0.0.1:80 GET http://a/b  no response after "
                          "2m05s: the capture ended\n");
}

TEST(Text, ALostResponseIsNotCalledAbsent) {
    event::http_exchange e = exchange("");
    e.response.reset();
    e.timing.total.reset();
    e.missing.emplace().response = 1460;
    e.missing->cause = event::missing_cause::upstream;
    EXPECT_NE(text_of(e).find(" response lost  1.4 kB missing, lost before the capture\n"), std::string::npos)
        << text_of(e);
}

TEST(Text, ARequestThatWasCutIsNamedWhereItsAnswerIs) {
    event::http_exchange e = exchange("Not Found");
    e.request.emplace();
    e.request->method = {"GET"};
    e.request->target = {"/a?b=c"};
    e.request->complete = false;
    e.missing.emplace().request = 278;
    e.missing->cause = event::missing_cause::snaplen;
    EXPECT_NE(
        text_of(e).find(" GET /a?b=c  404 Not Found  13 B  12.4 ms  278 B of the request missing, cut by "
                        "the snaplen\n"),
        std::string::npos)
        << text_of(e);
}

TEST(Text, ADamagedCodingIsSaidBelowWhatCouldBeDecoded) {
    constexpr std::array<std::string_view, 1> code{"http.content_coding_invalid"};
    event::http_exchange e = exchange("OK");
    e.anomalies = code;
    e.response->body->data = event::wire{"hello"};
    e.response->body->decoded_size = 5;
    EXPECT_TRUE(text_of(e).ends_with("\nhello\n(what follows is damaged and could not be decoded)\n"))
        << text_of(e);
}

TEST(Text, SizesAndDurationsHaveTheUnitThatFits) {
    text_writer w(false);
    for (const std::uint64_t n :
         {std::uint64_t{0}, std::uint64_t{999}, std::uint64_t{1000}, std::uint64_t{9'999},
          std::uint64_t{10'000}, std::uint64_t{5'400'000}, UINT64_MAX}) {
        w.size(n);
        w.put(' ');
    }
    EXPECT_EQ(w.view(), "0 B 999 B 1.0 kB 9.9 kB 10 kB 5.4 MB 18 EB ");
    w.clear();
    for (const std::int64_t ns :
         {std::int64_t{-5}, std::int64_t{40'900}, std::int64_t{999'999}, std::int64_t{1'000'000},
          std::int64_t{999'999'999}, std::int64_t{1'000'000'000}, std::int64_t{119'000'000'000},
          std::int64_t{120'000'000'000}, std::int64_t{3'725'000'000'000}}) {
        w.took({ns});
        w.put(' ');
    }
    EXPECT_EQ(w.view(), "0 us 40 us 999 us 1.0 ms 999.9 ms 1.0 s 119 s 2m00s 62m05s ");
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
