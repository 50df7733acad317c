// DNS over TCP: messages cut at every byte, with holes everywhere, in any order, and streams that end early.
#include <gtest/gtest.h>

#include "tests/session/dns/messages.hpp"

namespace weir::session::dns::test {
namespace {

using session::test::wire;

std::vector<json> dns_of(const wire& w) { return w.events("dns.exchange"); }

/// Three queries at once, and their responses in another order.
struct dialog {
    std::string asked = framed(query("a.example", 1, 1)) + framed(query("b.example", 1, 2)) +
                        framed(query("c.example", 1, 3));
    std::string answered = framed(response("b.example", 2, 2)) + framed(response("a.example", 1, 1)) +
                           framed(response("c.example", 3, 3));
};

void expect_all(const std::vector<json>& all, std::size_t where) {
    ASSERT_EQ(all.size(), 3u) << where;
    const std::array ids{2, 1, 3};
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(all[i]["id"], ids[i]) << where;
        EXPECT_EQ(all[i]["transport"], "tcp");
        EXPECT_TRUE(all[i].contains("query")) << where;
        EXPECT_EQ(all[i]["response"]["answers"][0]["data"], "10.0.0." + std::to_string(ids[i]));
        EXPECT_FALSE(all[i].contains("anomalies")) << where;
    }
}

TEST(DnsStream, CutAtEveryByteSaysTheSame) {
    const dialog d;
    for (std::size_t at = 0; at <= d.asked.size(); ++at) {
        wire w;
        w.client(d.asked.substr(0, at));
        w.client(d.asked.substr(at));
        w.server(d.answered);
        w.end_and_close();
        expect_all(dns_of(w), at);
    }
    for (std::size_t at = 0; at <= d.answered.size(); ++at) {
        wire w;
        w.client(d.asked);
        w.server(d.answered.substr(0, at));
        w.server(d.answered.substr(at));
        w.end_and_close();
        expect_all(dns_of(w), at);
    }
    wire bytewise;
    for (const char c : d.asked) bytewise.client(std::string_view(&c, 1));
    for (const char c : d.answered) bytewise.server(std::string_view(&c, 1));
    bytewise.end_and_close();
    expect_all(dns_of(bytewise), 0);
}

TEST(DnsStream, TruncatedAnywhereReportsEveryQuery) {
    const dialog d;
    for (std::size_t at = 0; at < d.answered.size(); ++at) {
        wire w;
        w.client(d.asked);
        w.server(d.answered.substr(0, at));
        w.end_and_close();
        const auto all = dns_of(w);
        ASSERT_GE(all.size(), 3u) << at;
        std::size_t queries = 0, whole = 0;
        for (const json& e : all) {
            queries += e.contains("query");
            whole += !e.contains("complete");
            if (e.contains("complete")) {
                EXPECT_EQ(e["ended"], "closed");
            }
        }
        EXPECT_EQ(queries, 3u) << at;
        EXPECT_EQ(whole, at / (d.answered.size() / 3)) << at;
    }
}

/// Every hole of every length up to 60 bytes in the responses.
TEST(DnsStream, AHoleAnywhereLosesNoMoreThanItTouches) {
    const dialog d;
    const std::size_t size = d.answered.size() / 3;
    for (std::size_t from = 0; from < d.answered.size(); ++from) {
        for (std::size_t length = 1; length <= 60 && from + length <= d.answered.size(); ++length) {
            wire w;
            w.client(d.asked);
            w.server(d.answered.substr(0, from));
            w.lose(side::server, length);
            w.server(d.answered.substr(from + length));
            w.end_and_close();
            const auto all = dns_of(w);
            const std::size_t first = from / size, last = (from + length - 1) / size;
            std::size_t queries = 0, whole = 0, missing = 0;
            for (const json& e : all) {
                queries += e.contains("query");
                const bool is_whole = e.contains("query") && e.contains("response") && !e.contains("missing");
                whole += is_whole;
                if (e.contains("missing")) missing += e["missing"].value("response", 0U);
            }
            const std::size_t untouched = 3 - (last - first + 1);
            ASSERT_EQ(queries, 3u) << from << '+' << length;
            ASSERT_EQ(whole, untouched) << from << '+' << length;
            ASSERT_EQ(missing, length) << "every lost byte is counted, " << from << '+' << length;
        }
    }
}

TEST(DnsStream, AHoleInTheQueriesCostsTheQueriesOnly) {
    const dialog d;
    for (std::size_t from = 0; from < d.asked.size(); ++from) {
        wire w;
        w.client(d.asked.substr(0, from));
        w.lose(side::client, 1);
        w.client(d.asked.substr(from + 1));
        w.server(d.answered);
        w.end_and_close();
        std::size_t responses = 0, paired = 0;
        for (const json& e : dns_of(w)) {
            responses += e.contains("response");
            paired += e.contains("query") && e.contains("response");
        }
        ASSERT_EQ(responses, 3u) << from;
        // of a chunk that begins behind a hole nobody can tell what it is, before anything else is known
        ASSERT_GE(paired, from < d.asked.size() / 3 ? 0u : 2u) << from;
    }
}

TEST(DnsStream, PickedUpInMidStreamTheNextMessageIsFound) {
    const dialog d;
    for (std::size_t from = 1; from < d.answered.size() / 3; ++from) {
        wire w;
        w.identity.is_midstream = true;
        w.server(d.answered.substr(from));
        w.end_and_close();
        // the detector looks for what begins a chunk; the session for what is in it
        for (const json& e : dns_of(w)) EXPECT_FALSE(e.contains("anomalies")) << from;
    }
    wire w;
    w.identity.is_midstream = true;
    w.server(d.answered);
    w.end_and_close();
    EXPECT_EQ(dns_of(w).size(), 3u);
}

TEST(DnsStream, AnyOrderOfResponsesIsPaired) {
    std::vector<unsigned> ids{1, 2, 3, 4, 5};
    do {
        wire w;
        for (unsigned id = 1; id <= 5; ++id) w.client(framed(query("example.com", 1, id)));
        for (const unsigned id : ids) w.server(framed(response("example.com", id, static_cast<char>(id))));
        w.end_and_close();
        const auto all = dns_of(w);
        ASSERT_EQ(all.size(), 5u);
        for (std::size_t i = 0; i < 5; ++i) {
            EXPECT_EQ(all[i]["exchange"], ids[i]);
            EXPECT_EQ(all[i]["response"]["answers"][0]["data"], "10.0.0." + std::to_string(ids[i]));
        }
    } while (std::next_permutation(ids.begin(), ids.end()));
}

TEST(DnsStream, AZoneTransferHasParts) {
    wire w;
    w.client(framed(query("example.com", 252)));
    message_builder first, next;
    first.ask("example.com", 252).answer("example.com", 1, from_hex("0a000001"));
    next.answer("a.example.com", 1, from_hex("0a000002"));
    w.server(framed(first.bytes()) + framed(next.bytes()) + framed(next.bytes()));
    w.end_and_close();
    const auto all = dns_of(w);
    ASSERT_EQ(all.size(), 3u);
    EXPECT_FALSE(all[0].contains("part"));
    EXPECT_EQ(all[1]["part"], 2);
    EXPECT_EQ(all[2]["part"], 3);
    EXPECT_FALSE(all[2].contains("repeated"));
}

TEST(DnsStream, ALengthThatNoMessageHasIsSkipped) {
    wire w;
    w.client(framed(query("a.example", 1, 1)) + u16(5) + "hello" + framed(query("b.example", 1, 2)));
    w.end_and_close();
    EXPECT_EQ(dns_of(w).size(), 2u);
    ASSERT_EQ(w.events("anomaly").size(), 1u);
    EXPECT_EQ(w.events("anomaly")[0]["code"], "dns.length_too_small");
}

TEST(DnsStream, AMessageThatItsSenderCutsIsAnAnomaly) {
    wire w;
    w.client(framed(query()));
    w.server(framed(response()).substr(0, 40));
    w.end(side::server);
    w.close();
    const auto all = dns_of(w);
    ASSERT_EQ(all.size(), 1u);
    EXPECT_EQ(all[0]["anomalies"], json::parse(R"(["dns.message_cut_short"])"));
    EXPECT_EQ(all[0]["ended"], "closed");
}

TEST(DnsStream, AQueryThatNobodyAnswersAsksToBeWoken) {
    recorder out;
    event::emitter events(out, session::test::everything());
    counters count;
    context shared{events, {}, count};
    const auto source = make_source(shared);
    ends id;
    flow::stream_consumer* const s = source->open(id);
    const std::string asked = framed(query());
    s->on_data({side::client, 0, common::as_bytes(asked), {1}, 1, {}});
    ASSERT_TRUE(id.woken_at);
    EXPECT_EQ(id.woken_at->since_epoch, 1 + 10 * common::nanoseconds_per_second);
    s->on_due(*id.woken_at);
    EXPECT_FALSE(id.woken_at);
    ASSERT_EQ(out.events().size(), 1u);
    EXPECT_EQ(out.events()[0]["ended"], "timeout");
    source->release(s);
}

TEST(DnsStream, OtherProtocolsAreLeftAlone) {
    for (const std::string_view said :
         {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "SSH-2.0-OpenSSH_9.2\r\n",
          "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "*1\r\n$4\r\nPING\r\n"}) {
        wire w;
        w.client(said);
        w.server(said);
        w.end_and_close();
        EXPECT_TRUE(dns_of(w).empty());
    }
}

} // namespace
} // namespace weir::session::dns::test
