// An application and a header that the house does not have, through the whole pipeline: they were added as
// docs/ARCHITECTURE.md says, and nothing else was changed.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "pipeline/pipeline.hpp"
#include "session/source.hpp"
#include "tests/pipeline/conversation.hpp"
#include "tests/pipeline/json_sink.hpp"

namespace weir::pipeline {
namespace {

using nlohmann::json;
using test::conversation;
using test::json_sink;

/// The conversation, in `header` packets where asked for.
void run(const conversation& c, json_sink& to, bool with_header) {
    options o;
    o.events.set();
    pipeline p(o, to);
    p.interface({"lo", 1, 262144, ""});
    for (conversation::frame f : c.frames) {
        if (with_header) {
            // EtherType 0x88b5, version 1, and the EtherType that was there
            f.data[12] = 0x88;
            f.data[13] = 0xb5;
            const std::vector<std::uint8_t> header{1, 0x08, 0x00};
            f.data.insert(f.data.begin() + 14, header.begin(), header.end());
        }
        p.feed(f.record());
    }
    p.end(event::end_reason::end_of_input, "");
}

conversation greeting(std::string_view question, std::string_view answer) {
    conversation c;
    c.open();
    c.request(question);
    c.response(answer);
    c.close();
    return c;
}

TEST(Extension, TheApplicationIsKnownByBothSidesTogether) {
    json_sink out;
    run(greeting("HELLO joe\r\n", "WELCOME joe\r\n"), out, false);
    EXPECT_EQ(out.one("tcp.close")["service"], "greeter");
    EXPECT_EQ(out.one("capture.end")["totals"]["exchanges"], 1);
    EXPECT_TRUE(out.one("anomaly").is_null());
}

TEST(Extension, OneSideAloneProvesNothing) {
    json_sink out;
    run(greeting("HELLO joe\r\n", "220 ready\r\n"), out, false);
    EXPECT_FALSE(out.one("tcp.close").contains("service"));
}

TEST(Extension, ItsAnomaliesSayWhereTheyAre) {
    json_sink out;
    run(greeting("HELLO joe\r\n", "WELCOME jane\r\n"), out, false);
    const json a = out.one("anomaly");
    EXPECT_EQ(a["code"], "greeter.wrong_name");
    EXPECT_EQ(a["exchange"], 1);
    EXPECT_EQ(a["side"], "server");
    EXPECT_EQ(a["packet"], 5);
}

TEST(Extension, HttpBesideItIsStillHttp) {
    json_sink out;
    run(greeting("GET /a HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n"), out, false);
    EXPECT_EQ(out.one("http.exchange")["response"]["status"], 204);
    EXPECT_EQ(out.one("tcp.close")["service"], "http");
}

TEST(Extension, ItStandsInsideATunnelToo) {
    conversation c;
    c.open();
    c.request("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\nHELLO joe\r\n");
    c.response("HTTP/1.1 200 OK\r\n\r\nWELCOME jane\r\n");
    c.close();
    json_sink out;
    run(c, out, false);
    EXPECT_EQ(out.one("anomaly")["code"], "greeter.wrong_name");
    EXPECT_EQ(out.one("anomaly")["exchange"], 2);
    EXPECT_EQ(out.one("capture.end")["totals"]["exchanges"], 2);
}

TEST(Extension, OnDatagramsItIsTheSame) {
    class identity final : public flow::identity {
        event::connection_ref ref() const override { return {1, "1:test", {}, {}}; }
        std::optional<common::nanoseconds> handshake() const override { return std::nullopt; }
        bool midstream() const override { return false; }
    } id;
    json_sink out;
    event::mask all;
    event::emitter events(out, all.set());
    session::counters count;
    session::context shared{events, {}, count};
    const auto source = session::make_source(shared);
    flow::datagram_consumer* const d = source->open_datagrams(id);
    ASSERT_NE(d, nullptr);
    const std::string_view question = "HELLO joe\n", answer = "WELCOME jane\n";
    d->on_datagram({event::side::client, common::as_bytes(question), question.size(), {1}, 1});
    d->on_datagram({event::side::server, common::as_bytes(answer), answer.size(), {2}, 2});
    EXPECT_EQ(d->service(), "greeter");
    d->on_close(event::close_reason::timeout, {3});
    source->release(d);
    EXPECT_EQ(count.exchanges, 1U);
    EXPECT_EQ(out.one("anomaly")["packet"], 2);
}

TEST(Extension, TheHeaderIsReadAndWhatItCarries) {
    json_sink out;
    run(greeting("HELLO joe\r\n", "WELCOME joe\r\n"), out, true);
    EXPECT_EQ(out.one("tcp.close")["service"], "greeter");
    EXPECT_EQ(out.one("capture.end")["totals"]["not_dissected"].size(), 0U);
}

TEST(Extension, AHeaderThatIsCutIsSaidToBe) {
    json_sink out;
    options o;
    o.events.set();
    pipeline p(o, out);
    p.interface({"lo", 1, 262144, ""});
    conversation c = greeting("HELLO joe\r\n", "WELCOME joe\r\n");
    conversation::frame f = c.frames.front();
    f.data.resize(15);
    f.data[12] = 0x88;
    f.data[13] = 0xb5;
    p.feed(f.record());
    p.end(event::end_reason::end_of_input, "");
    EXPECT_EQ(out.one("anomaly")["code"], "greeting.truncated");
}

} // namespace
} // namespace weir::pipeline
