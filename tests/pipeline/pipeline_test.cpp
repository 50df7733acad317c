// From records to JSON lines: the order of events, the ledger, the same bytes for the same input.
#include "pipeline/pipeline.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <random>

#include "event/http_events.hpp"
#include "event/selection.hpp"
#include "event/tcp_detail_events.hpp"
#include "tests/pipeline/conversation.hpp"
#include "tests/pipeline/json_sink.hpp"

namespace weir::pipeline {
namespace {

using nlohmann::json;
using test::conversation;
using test::json_sink;

conversation one_exchange() {
    conversation c;
    c.open();
    c.request("GET /a?b=c HTTP/1.1\r\nHost: example.com\r\n\r\n");
    c.response("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    c.close();
    return c;
}

/// All but the bytes and the statistics of connections.
options all_events() {
    options o;
    o.events.set();
    o.events.reset(event::kind<event::http_body_piece>());
    o.events.reset(event::kind<event::tcp_data>());
    o.events.reset(event::kind<event::tcp_stats>());
    o.input = "test";
    return o;
}

TEST(Pipeline, TellsWhatHappenedInOrder) {
    json_sink out;
    pipeline p(all_events(), out);
    p.interface({"lo", 1, 262144, ""});
    for (const auto& f : one_exchange().frames) p.feed(f.record());
    p.end(event::end_reason::end_of_input, "");
    std::vector<std::string> names;
    for (const json& line : out.lines()) names.push_back(line["event"]);
    EXPECT_EQ(names, (std::vector<std::string>{"capture.start", "tcp.open", "http.request", "http.response",
                                               "http.exchange", "tcp.close", "capture.end"}));
    const json exchange = out.lines()[4];
    EXPECT_EQ(exchange["request"]["url"], "http://example.com/a?b=c");
    EXPECT_EQ(exchange["response"]["status"], 200);
    EXPECT_EQ(exchange["response"]["body"]["size"], 2);
    EXPECT_EQ(exchange["client"]["port"], 40000);
    EXPECT_EQ(exchange["timing"]["connect"], 0.002);
    EXPECT_EQ(exchange["timing"]["wait"], 0.001);
    EXPECT_EQ(out.lines()[0]["interfaces"][0]["name"], "lo");
    const json close = out.lines()[5];
    EXPECT_EQ(close["state"], "SF");
    EXPECT_EQ(close["reason"], "fin");
}

TEST(Pipeline, SameInputGivesSameBytesWhateverTheHashKey) {
    std::string first;
    for (const std::uint64_t key : {1u, 2u, 77u}) {
        json_sink out;
        options o = all_events();
        o.hash_key = {key, key * 3};
        pipeline p(o, out);
        for (std::uint16_t port = 2000; port < 2100; ++port) {
            conversation c(port);
            c.open();
            c.request("GET / HTTP/1.1\r\n\r\n");
            for (const auto& f : c.frames) p.feed(f.record());
        }
        p.end(event::end_reason::end_of_input, "");
        if (first.empty()) first = out.writer.lines();
        EXPECT_EQ(first, out.writer.lines());
    }
    EXPECT_FALSE(first.empty());
}

TEST(Pipeline, TheLedgerCloses) {
    json_sink out;
    pipeline p(all_events(), out);
    for (const auto& f : one_exchange().frames) p.feed(f.record());
    conversation::frame arp{{1'767'323'050'000'000'000},
                            protocol::test::ethernet_frame(0x0806, test::bytes(28))};
    p.feed(arp.record());
    conversation::frame cut{{1'767'323'050'000'000'001}, test::bytes(5)};
    p.feed(cut.record());
    common::interface_statistics s;
    s.received = 12;
    s.dropped_kernel = 2;
    p.statistics(s);
    p.report();
    p.end(event::end_reason::end_of_input, "");
    for (const json& line : out.lines()) {
        if (line["event"] != "capture.stats" && line["event"] != "capture.end") continue;
        const json& t = line["totals"];
        EXPECT_EQ(t["delivered"], 10);
        EXPECT_EQ(t["dissected"], 8);
        EXPECT_EQ(t["not_dissected"], json::parse(R"({"not_ip":1,"malformed":1})"));
        EXPECT_EQ(t["kernel"],
                  json::parse(R"({"received":12,"dropped":2,"dropped_interface":0,"waiting":0})"));
        EXPECT_EQ(t["anomalies"], 1);
        EXPECT_EQ(t["exchanges"], 1);
    }
}

TEST(Pipeline, TheLedgerClosesWhereTheKernelCountsCopies) {
    json_sink out;
    pipeline p(all_events(), out);
    for (const auto& f : one_exchange().frames) p.feed(f.record());
    common::interface_statistics s;
    s.received = 23;
    s.dropped_kernel = 3;
    s.handed_over = 10;
    p.statistics(s);
    p.end(event::end_reason::end_of_input, "");
    EXPECT_EQ(
        out.lines().back()["totals"]["kernel"],
        json::parse(R"({"received":23,"dropped":3,"dropped_interface":0,"not_handed_over":10,"waiting":2})"));
}

/// received = dropped + dropped_interface + not_handed_over + waiting + delivered, and delivered = dissected
/// + the others, by reason.
void expect_closed(const json& totals) {
    std::uint64_t others = 0;
    for (const auto& [reason, count] : totals["not_dissected"].items()) others += count.get<std::uint64_t>();
    EXPECT_EQ(totals["delivered"], totals["dissected"].get<std::uint64_t>() + others) << totals;
    if (!totals.contains("kernel")) return;
    std::uint64_t sum = totals["delivered"].get<std::uint64_t>();
    for (const auto& [name, count] : totals["kernel"].items())
        if (name != "received") sum += count.get<std::uint64_t>();
    EXPECT_EQ(totals["kernel"]["received"], sum) << totals;
}

TEST(Pipeline, TheLedgerClosesWithTheDropCountsOfPackets) {
    for (const bool statistics : {false, true}) {
        json_sink out;
        pipeline p(all_events(), out);
        p.interface({"eth0", 1, 0, ""});
        std::uint64_t lost = 0;
        conversation c = one_exchange();
        for (std::size_t i = 0; i < c.frames.size(); ++i) {
            if (i % 3 == 1) {
                p.lost({0, i, c.frames[i - 1].ts, c.frames[i].ts});
                lost += i;
            }
            p.feed(c.frames[i].record());
        }
        common::interface_statistics s;
        s.ts = c.frames.back().ts;
        s.received = c.frames.size() + lost;
        s.dropped_kernel = lost;
        if (statistics) p.statistics(s);
        p.end(event::end_reason::end_of_input, "");
        const json totals = out.lines().back()["totals"];
        expect_closed(totals);
        EXPECT_EQ(totals["kernel"]["received"], c.frames.size() + lost);
        EXPECT_EQ(totals["kernel"]["dropped"], lost);
        EXPECT_EQ(totals["kernel"]["waiting"], 0);
        EXPECT_EQ(out.one("capture.stats")["reason"], "drops");
    }
}

TEST(Pipeline, TheLedgerClosesWhateverIsCounted) {
    std::minstd_rand random(20'261'121);
    const auto below = [&](std::uint64_t n) { return random() % n; };
    for (int run = 0; run < 500; ++run) {
        json_sink out;
        options o = all_events();
        o.stats_interval = {1'000'000};
        pipeline p(o, out);
        const conversation c = one_exchange();
        std::vector<common::interface_statistics> counted(1 + below(3));
        for (std::uint32_t i = 0; i < counted.size(); ++i) {
            p.interface({"eth" + std::to_string(i), 1, 0, ""});
            counted[i].interface = i;
        }
        for (std::size_t i = 0; i < c.frames.size(); ++i) {
            common::record r = c.frames[i].record();
            r.interface = static_cast<std::uint32_t>(below(counted.size()));
            if (below(4) == 0) p.lost({r.interface, below(5) + 1, {}, r.ts});
            p.feed(r);
            common::interface_statistics& s = counted[below(counted.size())];
            const auto grow = [&](std::optional<std::uint64_t>& n) {
                if (n || below(2) == 0) n = n.value_or(0) + below(9);
            };
            s.ts = r.ts;
            for (auto* n : {&s.received, &s.dropped_kernel, &s.dropped_interface, &s.handed_over}) grow(*n);
            if (below(3) == 0) p.statistics(s);
            if (below(20) == 0) {
                p.lost(r.ts, "gone");
                for (auto& all : counted) all = {all.interface, {}, {}, {}, {}, {}};
                for (std::uint32_t k = 0; k < counted.size(); ++k)
                    p.interface({"eth" + std::to_string(k), 1, 0, ""});
                p.resumed(r.ts, 1);
            }
        }
        p.end(event::end_reason::end_of_input, "");
        for (const json& line : out.lines())
            if (line.contains("totals")) expect_closed(line["totals"]);
    }
}

TEST(Pipeline, HolesOfWhichThePacketsCountTheLossAreTheKernels) {
    conversation c;
    c.open();
    c.request("GET / HTTP/1.1\r\n\r\n");
    c.response("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n");
    c.response("0123456789");
    c.lose();
    const std::size_t behind = c.frames.size();
    c.response("0123456789");
    c.acknowledge(true);
    c.close();
    for (const bool told : {false, true}) {
        json_sink out;
        pipeline p(all_events(), out);
        p.interface({"eth0", 1, 0, ""});
        for (std::size_t i = 0; i < c.frames.size(); ++i) {
            if (told && i == behind) p.lost({0, 1, c.frames[i - 1].ts, c.frames[i].ts});
            p.feed(c.frames[i].record());
        }
        p.end(event::end_reason::end_of_input, "");
        EXPECT_EQ(out.one("http.exchange")["missing"]["cause"], told ? "kernel_drop" : "upstream");
    }
}

TEST(Pipeline, TheLedgerGoesOnOverAnOutage) {
    json_sink out;
    pipeline p(all_events(), out);
    const conversation c = one_exchange();
    p.interface({"lo", 1, 262144, ""});
    common::interface_statistics s;
    s.received = 4;
    s.dropped_kernel = 1;
    s.handed_over = 3;
    std::size_t i = 0;
    for (; i < 3; ++i) p.feed(c.frames[i].record());
    p.statistics(s);
    p.feed(c.frames[i++].record()); // one more, then the stream breaks off
    p.report();
    EXPECT_EQ(
        out.lines().back()["totals"]["kernel"],
        json::parse(R"({"received":5,"dropped":1,"dropped_interface":0,"not_handed_over":0,"waiting":0})"))
        << "what was delivered since the last statistics was received too";
    p.lost({10 * common::nanoseconds_per_second}, "gone");
    p.helper_sandbox("seccomp");
    p.interface({"any", 276, 65535, ""});
    p.resumed({12 * common::nanoseconds_per_second}, 3);
    for (; i < c.frames.size(); ++i) p.feed(c.frames[i].record());
    s.received = s.handed_over = c.frames.size() - 4;
    s.dropped_kernel = 0;
    p.statistics(s);
    p.end(event::end_reason::interrupted, "");
    const std::vector<json> lines = out.lines();
    const auto at =
        std::find_if(lines.begin(), lines.end(), [](const json& l) { return l["event"] == "capture.lost"; });
    ASSERT_GT(lines.end() - at, 2);
    const json lost = at[0], resumed = at[1], totals = lines.back()["totals"];
    EXPECT_EQ(lost, json::parse(
                        R"({"ts":"1970-01-01T00:00:10.000000000Z","event":"capture.lost","reason":"gone"})"));
    EXPECT_EQ(resumed["event"], "capture.resumed");
    EXPECT_EQ(resumed["outage"], 2.0);
    EXPECT_EQ(resumed["attempts"], 3);
    EXPECT_EQ(resumed["interfaces"], json::parse(R"([{"name":"any","link_type":276,"snaplen":65535}])"));
    EXPECT_EQ(resumed["sandbox"]["helper"], "seccomp");
    EXPECT_EQ(totals["exchanges"], 1);
    EXPECT_EQ(totals["delivered"], c.frames.size());
    EXPECT_EQ(totals["kernel"],
              json::parse(R"({"received":)" + std::to_string(c.frames.size() + 1) +
                          R"(,"dropped":1,"dropped_interface":0,"not_handed_over":0,"waiting":0})"));
}

TEST(Pipeline, StatisticsAreDueOnAQuietLinkToo) {
    json_sink out;
    options asked = all_events();
    asked.stats_interval.count = 10 * common::nanoseconds_per_second;
    pipeline p(asked, out);
    common::interface_statistics s;
    s.received = 0;
    for (int second = 0; second <= 30; ++second) {
        s.ts = {second * common::nanoseconds_per_second};
        p.statistics(s);
    }
    EXPECT_EQ(out.lines().size(), 1u + 3u);
}

TEST(Pipeline, DropsAreReportedAtOnceAndAgainWhileTheyGoOn) {
    json_sink out;
    pipeline p(all_events(), out);
    common::interface_statistics s;
    s.received = 100;
    // dropped by second: from 2 to 13, then no more until 30, where the interface drops
    for (std::uint64_t second = 0; second <= 40; ++second) {
        s.ts = {static_cast<std::int64_t>(second) * common::nanoseconds_per_second};
        s.dropped_kernel = second < 2 ? 0 : std::min<std::uint64_t>(second, 13);
        s.dropped_interface = second < 30 ? 0 : 5;
        p.statistics(s);
    }
    std::vector<std::string> reports;
    for (const json& line : out.lines()) {
        if (line["event"] != "capture.stats") continue;
        EXPECT_EQ(line["reason"], "drops");
        const json& k = line["totals"]["kernel"];
        reports.push_back(line["ts"].get<std::string>().substr(17, 2) + ' ' + k["dropped"].dump() + ' ' +
                          k["dropped_interface"].dump());
    }
    EXPECT_EQ(reports, (std::vector<std::string>{"02 2 0", "12 12 0", "22 13 0", "32 13 5"}));
}

TEST(Pipeline, MalformedPacketsAreAnomaliesWithTheirPlace) {
    json_sink out;
    pipeline p(all_events(), out);
    test::bytes bad = one_exchange().frames[0].data;
    bad[14] = 0x44;
    p.feed(conversation::frame{{5}, bad}.record());
    p.end(event::end_reason::end_of_input, "");
    const json a = out.lines()[1];
    EXPECT_EQ(a["event"], "anomaly");
    EXPECT_EQ(a["code"], "ipv4.bad_header_length");
    EXPECT_EQ(a["offset"], 14);
    EXPECT_EQ(a["packet"], 1);
    EXPECT_EQ(a["detail"], "header length 16 is below 20");
}

TEST(Pipeline, ATimeStampThatWasCutIsAnAnomaly) {
    json_sink out;
    pipeline p(all_events(), out);
    const conversation c = one_exchange();
    common::record r = c.frames[0].record();
    p.feed(r);
    r.time_clamped = true;
    p.feed(r);
    p.end(event::end_reason::end_of_input, "");
    std::vector<json> told;
    for (const json& line : out.lines())
        if (line["event"] == "anomaly") told.push_back(line);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0]["code"], "input.time_fraction");
    EXPECT_EQ(told[0]["packet"], 2);
}

TEST(Pipeline, ALiveCaptureWithoutAPacketHasItsTimes) {
    json_sink out;
    pipeline p(all_events(), out);
    p.begin({3 * common::nanoseconds_per_second});
    p.report();
    common::interface_statistics s;
    s.ts = {4 * common::nanoseconds_per_second};
    p.statistics(s);
    p.end(event::end_reason::interrupted, "");
    std::vector<std::string> times;
    for (const json& line : out.lines()) times.push_back(line["ts"]);
    EXPECT_EQ(times,
              (std::vector<std::string>{"1970-01-01T00:00:03.000000000Z", "1970-01-01T00:00:03.000000000Z",
                                        "1970-01-01T00:00:04.000000000Z"}));
}

TEST(Pipeline, OneLostPacketOfAnUploadCostsItselfOnly) {
    constexpr std::size_t packets = 85, size = 59'498, lost = 7;
    for (const bool kernel : {false, true}) {
        conversation c;
        c.open();
        c.request("POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(packets * size) +
                  "\r\n\r\n");
        for (std::size_t i = 0; i < packets; ++i) {
            c.request(std::string(size, static_cast<char>('a' + i % 26)));
            if (i == lost) c.lose();
            c.acknowledge(false);
        }
        c.response("HTTP/1.1 204 No Content\r\n\r\n");
        c.close();
        json_sink out;
        pipeline p(all_events(), out);
        common::interface_statistics s;
        for (std::size_t i = 0; i < c.frames.size(); ++i) {
            p.feed(c.frames[i].record());
            if (!kernel || i % 10 != 0) continue;
            s.ts = c.frames[i].ts;
            s.dropped_kernel = i < 2 * lost ? 0 : 1;
            p.statistics(s);
        }
        p.end(event::end_reason::end_of_input, "");
        for (const json& line : out.lines()) {
            if (line["event"] == "tcp.close") {
                EXPECT_EQ(line["from_client"]["missing"], size);
            }
            if (line["event"] != "http.exchange") continue;
            EXPECT_EQ(line["missing"]["request"], size);
            EXPECT_EQ(line["missing"]["cause"], kernel ? "kernel_drop" : "upstream");
            EXPECT_EQ(line["request"]["body"]["size"], (packets - 1) * size);
        }
    }
}

TEST(Pipeline, StatisticsWithAnImplausibleTimeDoNotMoveTime) {
    for (const std::int64_t factor : {std::int64_t{1000}, std::int64_t{1}}) {
        json_sink out;
        pipeline p(all_events(), out);
        const conversation c = one_exchange();
        for (const auto& f : c.frames) p.feed(f.record());
        common::interface_statistics s;
        s.ts = {(c.frames.back().ts.since_epoch + 5'000'000'000) / factor};
        s.dropped_kernel = 2;
        p.statistics(s);
        p.end(event::end_reason::end_of_input, "");
        EXPECT_EQ(out.lines().back()["ts"],
                  factor == 1 ? "2026-01-02T03:04:10.008000000Z" : "2026-01-02T03:04:05.008000000Z");
    }
}

TEST(Pipeline, EventsNameTheInterfaceWhereThereAreSeveral) {
    json_sink out;
    pipeline p(all_events(), out);
    p.interface({"eth0", 1, 0, ""});
    p.interface({"eth1", 1, 0, ""});
    for (const auto& f : one_exchange().frames) {
        common::record r = f.record();
        r.interface = 1;
        p.feed(r);
    }
    p.end(event::end_reason::end_of_input, "");
    std::size_t named = 0;
    for (const json& line : out.lines())
        if (line.contains("conn")) {
            EXPECT_EQ(line["interface"], "eth1") << line;
            ++named;
        }
    EXPECT_EQ(named, 5u);
}

TEST(Pipeline, StatisticsComeByCaptureTime) {
    json_sink out;
    options o = all_events();
    o.stats_interval = {1'000'000'000};
    pipeline p(o, out);
    for (std::int64_t i = 0; i < 35; ++i)
        p.feed(conversation::frame{{i * 100'000'000}, protocol::test::ethernet_frame(0x0806, test::bytes(28))}
                   .record());
    p.end(event::end_reason::end_of_input, "");
    std::size_t reports = 0;
    for (const json& line : out.lines())
        reports += line["event"] == "capture.stats" && line["reason"] == "interval";
    EXPECT_EQ(reports, 3u);
}

TEST(Pipeline, AnEmptyCaptureHasABeginningAndAnEnd) {
    json_sink out;
    pipeline p(all_events(), out);
    p.end(event::end_reason::truncated, "it is empty");
    ASSERT_EQ(out.lines().size(), 2u);
    EXPECT_EQ(out.lines()[1]["error"], "it is empty");
    EXPECT_EQ(out.lines()[1]["reason"], "truncated");
}

TEST(Pipeline, SaysThatWeirWasStopped) {
    for (const auto& [why, word] : {std::pair(event::end_reason::interrupted, "shutdown"),
                                    std::pair(event::end_reason::end_of_input, "end_of_capture")}) {
        json_sink out;
        pipeline p(all_events(), out);
        conversation c;
        c.open();
        c.request("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
        for (const auto& f : c.frames) p.feed(f.record());
        p.end(why, "");
        std::vector<json> exchanges;
        for (const json& line : out.lines())
            if (line["event"] == "http.exchange") exchanges.push_back(line);
        ASSERT_EQ(exchanges.size(), 1U);
        EXPECT_EQ(exchanges[0]["ended"], word);
    }
}

} // namespace
} // namespace weir::pipeline
