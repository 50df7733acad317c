// Which queries and responses belong together on datagrams, and what is said of those that do not.
#include <gtest/gtest.h>

#include "session/dns/exchange.hpp"
#include "tests/session/dns/messages.hpp"

namespace weir::session::dns::test {
namespace {

constexpr std::int64_t second = common::nanoseconds_per_second;

std::vector<std::string> codes(const json& e) { return e.value("anomalies", std::vector<std::string>{}); }

TEST(DnsStages, EachIsDecided) {
    for (const stage s : {stage::answered, stage::answered_late})
        EXPECT_EQ(next_stage(s, occasion::impatience), s) << "what is answered stays so";
    EXPECT_EQ(next_stage(stage::waiting, occasion::response), stage::answered);
    EXPECT_EQ(next_stage(stage::waiting, occasion::impatience), stage::given_up);
    EXPECT_EQ(next_stage(stage::given_up, occasion::response), stage::answered_late);
}

TEST(DnsExchange, SaysWhatBothMessagesSaid) {
    datagram_wire w;
    w.client(query());
    w.server(response());
    ASSERT_EQ(w.exchanges().size(), 1u);
    const json e = w.exchanges().front();
    EXPECT_EQ(e["transport"], "udp");
    EXPECT_EQ(e["id"], 0x1234);
    EXPECT_EQ(e["opcode"], "query");
    EXPECT_EQ(e["questions"], json::parse(R"([{"name":"example.com","type":"A","class":"IN"}])"));
    EXPECT_EQ(e["query"], json::parse(R"({"flags":["rd"],"size":29})"));
    EXPECT_EQ(e["response"]["rcode"], "NOERROR");
    EXPECT_EQ(e["response"]["answers"],
              json::parse(R"([{"name":"example.com","type":"A","class":"IN","ttl":300,"data":"10.0.0.1"}])"));
    EXPECT_EQ(e["timing"]["wait"], 0.001);
    EXPECT_FALSE(e.contains("queries"));
    EXPECT_FALSE(e.contains("complete"));
    EXPECT_EQ(w.count.exchanges, 1u);
}

TEST(DnsExchange, EdnsStandsApart) {
    message_builder q;
    q.ask("example.com", 65280).answer("", 41, u16(10) + u16(2) + "\x01\xff", 0x8000, 2, 1232);
    q.flags = recursion;
    message_builder r;
    r.ask("example.com", 65280).answer("", 41, u16(15) + u16(4) + u16(22) + "no", 0x01000000, 2, 4096);
    datagram_wire w;
    w.client(q.bytes());
    w.server(r.bytes());
    ASSERT_EQ(w.exchanges().size(), 1u);
    const json e = w.exchanges().front();
    EXPECT_EQ(e["questions"][0]["type"], "TYPE65280");
    EXPECT_EQ(e["query"]["edns"], json::parse(R"({"udp_size":1232,"version":0,"flags":["do"],"options":[
        {"code":10,"name":"COOKIE","text":"01ff","data":{"base64":"Af8="}}]})"));
    EXPECT_EQ(e["response"]["edns"]["options"][0]["text"], "22 (No Reachable Authority): no");
    EXPECT_EQ(e["response"]["rcode"], "BADVERS");
    EXPECT_FALSE(e["response"].contains("additionals"));
}

TEST(DnsExchange, AnAnswerIsPairedByIdAndQuestionInAnyOrder) {
    std::vector<int> order{0, 1, 2, 3};
    do {
        datagram_wire w;
        const std::array names{"a.example", "b.example", "a.example", "c.example"};
        const std::array<unsigned, 4> ids{1, 1, 2, 3};
        for (std::size_t i = 0; i < 4; ++i) w.client(query(names[i], 1, ids[i]));
        for (const int i : order) {
            const auto n = static_cast<std::size_t>(i);
            w.server(response(names[n], ids[n], static_cast<char>(n + 1)));
        }
        const auto all = w.exchanges();
        ASSERT_EQ(all.size(), 4u);
        for (std::size_t k = 0; k < 4; ++k) {
            const auto n = static_cast<std::size_t>(order[k]);
            EXPECT_EQ(all[k]["exchange"], n + 1);
            EXPECT_TRUE(all[k].contains("query"));
            EXPECT_EQ(all[k]["response"]["answers"][0]["data"], "10.0.0." + std::to_string(n + 1));
        }
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST(DnsExchange, TheCaseOfANameDoesNotMatter) {
    datagram_wire w;
    w.client(query("ExAmPlE.com"));
    w.server(response("example.COM"));
    ASSERT_EQ(w.exchanges().size(), 1u);
    EXPECT_EQ(w.exchanges().front()["questions"][0]["name"], "ExAmPlE.com") << "as it was asked";
    EXPECT_TRUE(w.exchanges().front().contains("query"));
}

TEST(DnsExchange, AnErrorWithoutAQuestionIsPairedById) {
    datagram_wire w;
    w.client(query());
    w.server(message_builder().rcode(1).bytes());
    ASSERT_EQ(w.exchanges().size(), 1u);
    EXPECT_EQ(w.exchanges().front()["response"]["rcode"], "FORMERR");
    EXPECT_EQ(w.exchanges().front()["questions"].size(), 1u);
}

TEST(DnsExchange, AQueryThatNobodyAnswersIsReportedAfterTenSeconds) {
    datagram_wire w;
    w.client(query());
    w.wait(3 * second);
    w.client(query());
    w.wait(6 * second);
    EXPECT_TRUE(w.exchanges().empty());
    w.wait(second);
    ASSERT_EQ(w.exchanges().size(), 1u);
    const json e = w.exchanges().front();
    EXPECT_EQ(e["queries"], 2);
    EXPECT_FALSE(e.contains("response"));
    EXPECT_EQ(e["complete"], false);
    EXPECT_EQ(e["ended"], "timeout");
    EXPECT_EQ(e["timing"], json::parse(R"({"unanswered":10.0})"));
    w.close();
    EXPECT_EQ(w.exchanges().size(), 1u) << "once";
}

TEST(DnsExchange, ALateAnswerSaysSo) {
    datagram_wire w;
    w.client(query());
    w.wait(12 * second);
    w.server(response());
    ASSERT_EQ(w.exchanges().size(), 2u);
    const json e = w.exchanges().back();
    EXPECT_EQ(e["late"], true);
    EXPECT_EQ(e["exchange"], 1);
    EXPECT_FALSE(e.contains("query")) << "it was in the first event";
    EXPECT_EQ(e["timing"]["wait"], 12.001);
}

TEST(DnsExchange, AtTheEndEveryQueryIsReported) {
    const std::array<std::pair<event::close_reason, std::string_view>, 3> ends{
        {{event::close_reason::end_of_capture, "end_of_capture"},
         {event::close_reason::evicted, "evicted"},
         {event::close_reason::timeout, "timeout"}}};
    for (const auto& [why, word] : ends) {
        datagram_wire w;
        w.client(query("a.example", 1, 1));
        w.client(query("b.example", 1, 2));
        w.close(why);
        ASSERT_EQ(w.exchanges().size(), 2u);
        EXPECT_EQ(w.exchanges().back()["ended"], word);
    }
}

TEST(DnsExchange, AnotherResponseIsRepeatedOrAnAnomaly) {
    datagram_wire w;
    w.client(query());
    w.client(query());
    w.server(response());
    w.server(response("example.com", 0x1234, 2));
    w.server(response("example.com", 0x1234, 3));
    const auto all = w.exchanges();
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0]["queries"], 2);
    EXPECT_EQ(all[1]["repeated"], true);
    EXPECT_TRUE(codes(all[1]).empty()) << "asked twice, answered twice";
    EXPECT_EQ(codes(all[2]), std::vector<std::string>{"dns.responses_differ"});
    EXPECT_EQ(w.events("anomaly").size(), 1u);
}

TEST(DnsExchange, AnAnswerToAnotherQuestionIsNotPaired) {
    datagram_wire w;
    w.client(query("example.com"));
    w.server(response("evil.example"));
    w.server(response("example.com"));
    const auto all = w.exchanges();
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(codes(all[0]), std::vector<std::string>{"dns.question_differs"});
    EXPECT_FALSE(all[0].contains("query"));
    EXPECT_TRUE(all[1].contains("query"));
}

TEST(DnsExchange, AskedAnewIsAnotherExchange) {
    datagram_wire w;
    for (int n = 0; n < 2; ++n) {
        w.client(query());
        w.server(response());
    }
    ASSERT_EQ(w.exchanges().size(), 2u);
    EXPECT_EQ(w.exchanges().back()["exchange"], 2);
    EXPECT_TRUE(w.exchanges().back().contains("query"));
}

TEST(DnsExchange, MulticastResponsesNeedNoQuery) {
    datagram_wire w;
    constexpr std::array<std::uint8_t, 4> group{224, 0, 0, 251};
    w.identity.client = {w.identity.client.ip, 5353};
    w.identity.server = {common::ip_address::v4(group), 5353};
    message_builder announced, asked;
    announced.id = asked.id = 0;
    announced.answer("printer.local", 1, from_hex("0a000009"), 120, 0, 0x8001);
    asked.flags = 0;
    asked.ask("printer.local", 28, 0x8001);
    w.client(announced.bytes());
    w.client(asked.bytes());
    w.wait(10 * second);
    const auto all = w.exchanges();
    ASSERT_EQ(all.size(), 2u);
    EXPECT_FALSE(all[0].contains("query"));
    EXPECT_EQ(all[0]["response"]["answers"][0]["class"], "IN");
    EXPECT_EQ(all[0]["response"]["answers"][0]["cache_flush"], true);
    EXPECT_EQ(all[1]["questions"][0]["unicast_response"], true);
    EXPECT_FALSE(all[1].contains("complete")) << "who answers does so elsewhere";
}

TEST(DnsExchange, TheTopBitOfAClassMeansNothingElsewhere) {
    datagram_wire w;
    w.client(message_builder().ask("example.com", 1, 0x8001).bytes());
    w.close();
    ASSERT_EQ(w.exchanges().size(), 1u);
    EXPECT_EQ(w.exchanges().front()["questions"][0]["class"], "CLASS32769");
}

TEST(DnsExchange, OnAnyPortByContentAndOnItsOwnByLess) {
    const std::string cut = response().substr(0, 40);
    for (const std::uint16_t port : {std::uint16_t{53}, std::uint16_t{4711}}) {
        datagram_wire whole, broken;
        whole.identity.server.port = broken.identity.server.port = port;
        whole.client(query());
        whole.server(response());
        EXPECT_EQ(whole.exchanges().size(), 1u) << port;
        broken.server(cut);
        EXPECT_EQ(broken.exchanges().size(), port == 53 ? 1u : 0u);
    }
}

TEST(DnsExchange, EveryCutOfAResponseIsPairedOrReported) {
    const std::string whole = response();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        datagram_wire cut, truncated;
        for (datagram_wire* w : {&cut, &truncated}) w->client(query());
        cut.say(side::server, whole.substr(0, size), whole.size());
        truncated.server(whole.substr(0, size));
        EXPECT_TRUE(cut.events("anomaly").empty()) << size;
        EXPECT_EQ(truncated.events("anomaly").size(), 1u) << size;
        if (size < 12) continue;
        ASSERT_EQ(cut.exchanges().size(), 1u) << size;
        EXPECT_TRUE(cut.exchanges()[0].contains("query")) << "by its id, where its question is cut: " << size;
        EXPECT_EQ(cut.exchanges()[0]["missing"]["response"], whole.size() - size);
        EXPECT_EQ(cut.exchanges()[0]["missing"]["cause"], "snaplen");
    }
}

TEST(DnsExchange, LimitsDegradeTheConversationOnly) {
    session::limits most;
    most.of<dns::application>().waiting = 2;
    most.of<dns::application>().remembered = 1;
    datagram_wire w(most);
    for (unsigned id = 1; id <= 3; ++id) w.client(query("example.com", 1, id));
    ASSERT_EQ(w.exchanges().size(), 1u);
    EXPECT_EQ(w.exchanges()[0]["id"], 1);
    EXPECT_EQ(w.exchanges()[0]["ended"], "evicted");
    EXPECT_EQ(codes(w.exchanges()[0]), std::vector<std::string>{"dns.waiting_limit"});
    w.server(response("example.com", 3));
    w.server(response("example.com", 2));
    w.server(response("example.com", 3));
    EXPECT_FALSE(w.exchanges()[3].contains("repeated")) << "it is no longer remembered";
}

TEST(DnsNames, AnAddressHasTheNameThatWasAsked) {
    flow::names known(10, {1, 2});
    datagram_wire w;
    w.use(known);
    message_builder r;
    r.ask("www.example.com", 1);
    r.answer("cdn.example.net", 1, from_hex("0a000007"), 30);
    r.answer("WWW.example.com", 5, name("cdn.example.net"));
    r.answer("other.example", 1, from_hex("0a000008"));
    w.server(r.bytes());
    EXPECT_TRUE(known.empty()) << "nobody was seen to ask";
    w.client(query("www.example.com"));
    w.server(r.bytes());
    const auto asker = w.identity.client.ip;
    const auto address = [](std::string_view hex) {
        return common::ip_address::v4(common::as_bytes(from_hex(hex)));
    };
    EXPECT_EQ(known.find(asker, address("0a000007"), {w.now}).view(), "www.example.com");
    EXPECT_EQ(known.find(asker, address("0a000008"), {w.now}).view(), "") << "of another name";
    EXPECT_EQ(known.find(address("0a000009"), address("0a000007"), {w.now}).view(), "") << "of another asker";
    EXPECT_EQ(known.find(asker, address("0a000007"), {w.now + 599 * second}).view(), "www.example.com");
    EXPECT_EQ(known.find(asker, address("0a000007"), {w.now + 601 * second}).view(), "");
    w.client(query("later.example", 1, 2));
    message_builder later;
    later.id = 2;
    later.ask("later.example", 1).answer("later.example", 1, from_hex("0a000007"), 3600);
    w.server(later.bytes());
    EXPECT_EQ(known.find(asker, address("0a000007"), {w.now + 3599 * second}).view(), "later.example");
}

TEST(DnsNames, TheLimitForgetsTheOldestAndSaysSoOnce) {
    flow::names known(2, {1, 2});
    datagram_wire w;
    w.use(known);
    for (unsigned n = 1; n <= 4; ++n) {
        const std::string of = "n" + std::to_string(n);
        w.client(query(of, 1, n));
        w.server(response(of, n, static_cast<char>(n)));
    }
    const auto address = [](char last) {
        return common::ip_address::v4(common::as_bytes(std::string("\x0a\0\0", 3) + last));
    };
    const auto asker = w.identity.client.ip;
    EXPECT_EQ(known.find(asker, address(1), {w.now}).view(), "");
    EXPECT_EQ(known.find(asker, address(2), {w.now}).view(), "");
    EXPECT_EQ(known.find(asker, address(3), {w.now}).view(), "n3");
    EXPECT_EQ(known.find(asker, address(4), {w.now}).view(), "n4");
    ASSERT_EQ(w.events("anomaly").size(), 1u);
    EXPECT_EQ(w.events("anomaly")[0]["code"], "dns.names_limit");
}

} // namespace
} // namespace weir::session::dns::test
