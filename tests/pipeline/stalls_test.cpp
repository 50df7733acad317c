// What held an exchange up, on the exchange itself: only where statistics of connections are selected, and
// only what lies between its first packet and its last.
#include <gtest/gtest.h>

#include "event/http_events.hpp"
#include "event/tcp_detail_events.hpp"
#include "pipeline/pipeline.hpp"
#include "tests/pipeline/conversation.hpp"
#include "tests/pipeline/json_sink.hpp"

namespace weir::pipeline {
namespace {

using nlohmann::json;
using test::conversation;

constexpr common::nanoseconds long_time{200'000'000};
constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// The timing of each exchange; a packet takes a millisecond.
std::vector<json> timings(const conversation& c, bool with_statistics = true) {
    test::json_sink out;
    options o;
    o.events.set(event::kind<event::http_exchange>());
    if (with_statistics) o.events.set(event::kind<event::tcp_stats>());
    pipeline p(o, out);
    p.interface({"eth0", 1, 0, ""});
    for (const auto& f : c.frames) p.feed(f.record());
    p.end(event::end_reason::end_of_input, "");
    std::vector<json> found;
    for (const json& line : out.lines())
        if (line["event"] == "http.exchange") found.push_back(line["timing"]);
    return found;
}

json stalls(double loss, double window) { return {{"loss", loss}, {"window", window}}; }

/// Its response comes in two parts, the first of which is sent again late.
conversation one_that_loses() {
    conversation c;
    c.open();
    c.request(get);
    c.response("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
    c.wait(long_time);
    c.repeat();
    c.acknowledge(true);
    c.response("cd");
    return c;
}

TEST(Stalls, ALossIsTimedFromTheLastProgressToTheAcknowledgement) {
    EXPECT_EQ(timings(one_that_loses()).at(0).at("stalled"), stalls(0.202, 0));
}

TEST(Stalls, ARequestThatIsSentAgainIsTimedToo) {
    conversation c;
    c.open();
    c.request(get);
    c.wait(long_time);
    c.repeat();
    c.response("HTTP/1.1 204 No Content\r\n\r\n");
    EXPECT_EQ(timings(c).at(0).at("stalled"), stalls(0.202, 0));
}

TEST(Stalls, AFullWindowIsTimedUntilThereIsRoom) {
    conversation c; // the window is 1,000 bytes
    c.open();
    c.request(get);
    c.response("HTTP/1.1 200 OK\r\nContent-Length: 1202\r\n\r\n" + std::string(600, 'a'));
    c.wait(long_time);
    c.acknowledge(true);
    c.response(std::string(602, 'b'));
    EXPECT_EQ(timings(c).at(0).at("stalled"), stalls(0, 0.201));
}

TEST(Stalls, AnExchangeHasItsOwnOnly) {
    conversation c = one_that_loses();
    c.acknowledge(true);
    c.request(get);
    c.response("HTTP/1.1 204 No Content\r\n\r\n");
    const auto found = timings(c);
    EXPECT_EQ(found.at(0).at("stalled"), stalls(0.202, 0));
    EXPECT_EQ(found.at(1).at("stalled"), stalls(0, 0));
}

TEST(Stalls, ASlowAnswerIsNoStall) {
    conversation c;
    c.open();
    c.request(get);
    c.acknowledge(false);
    c.wait(long_time);
    c.response("HTTP/1.1 204 No Content\r\n\r\n");
    EXPECT_EQ(timings(c).at(0).at("stalled"), stalls(0, 0));
    EXPECT_EQ(timings(c).at(0).at("wait"), 0.202);
}

TEST(Stalls, NothingIsToldWhereStatisticsAreNotSelected) {
    EXPECT_FALSE(timings(one_that_loses(), false).at(0).contains("stalled"));
}

} // namespace
} // namespace weir::pipeline
