// What a DNS answer said names the ends of what is opened then, in every event of it; and what an ICMP error
// says stands beside the query that it refuses.
#include <gtest/gtest.h>

#include "pipeline/pipeline.hpp"
#include "tests/pipeline/conversation.hpp"
#include "tests/pipeline/dns_messages.hpp"
#include "tests/pipeline/json_sink.hpp"

namespace weir::pipeline {
namespace {

using nlohmann::json;
using test::conversation;
using test::json_sink;

/// The client asks, then opens a connection to what it was answered.
void run(json_sink& out, bool names, common::nanoseconds later) {
    options o;
    o.events.set();
    o.names = names;
    pipeline p(o, out);
    conversation asked(5000);
    asked.datagram(true, test::dns_query());
    asked.datagram(false, test::dns_answer());
    conversation opened(40000, asked.frames.back().ts + later);
    opened.open();
    opened.request("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    opened.response("HTTP/1.1 204 No Content\r\n\r\n");
    opened.close();
    for (const auto& f : asked.frames) p.feed(f.record());
    for (const auto& f : opened.frames) p.feed(f.record());
    p.end(event::end_reason::end_of_input, "");
}

constexpr common::nanoseconds seconds(std::int64_t n) { return {n * common::nanoseconds_per_second}; }

TEST(Names, EveryEventOfAConnectionHasThem) {
    json_sink out;
    run(out, true, seconds(1));
    for (const std::string_view name : {"tcp.open", "http.request", "http.exchange", "tcp.close"})
        EXPECT_EQ(out.one(name)["server"],
                  json::parse(R"({"ip":"10.0.0.2","port":80,"name":"www.example.com"})"))
            << name;
    EXPECT_FALSE(out.one("tcp.close")["client"].contains("name")) << "the server asked for nothing";
    EXPECT_FALSE(out.one("dns.exchange")["server"].contains("name")) << "it was not known yet";
}

TEST(Names, LastTenMinutesAndNoLonger) {
    json_sink soon, late;
    run(soon, true, seconds(599));
    run(late, true, seconds(602));
    EXPECT_TRUE(soon.one("tcp.close")["server"].contains("name"));
    EXPECT_FALSE(late.one("tcp.close")["server"].contains("name"));
}

TEST(Names, AreLeftOutWhereNobodyWantsThem) {
    json_sink out;
    run(out, false, seconds(1));
    EXPECT_FALSE(out.one("tcp.close")["server"].contains("name"));
}

TEST(Names, AnIcmpErrorStandsBesideTheQueryThatItRefuses) {
    json_sink out;
    options o;
    o.events.set();
    pipeline p(o, out);
    conversation c(5000);
    c.datagram(true, test::dns_query());
    c.refuse(false);
    for (const auto& f : c.frames) p.feed(f.record());
    p.end(event::end_reason::end_of_input, "");
    EXPECT_EQ(out.one("icmp.error")["kind"], "port_unreachable");
    EXPECT_EQ(out.one("icmp.error")["conn"], out.one("dns.exchange")["conn"]);
    EXPECT_EQ(out.one("dns.exchange")["ended"], "end_of_capture");
}

} // namespace
} // namespace weir::pipeline
