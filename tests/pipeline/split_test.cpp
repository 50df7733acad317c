// The account of a flow does not depend on the others: a capture dealt to several pipelines by its flows
// gives the same events as one pipeline, in the same order. (Not the numbers of connections, and not
// capture.*.)
#include <algorithm>
#include <gtest/gtest.h>
#include <random>

#include "common/keyed_hash.hpp"
#include "event/json.hpp"
#include "flow/capture_time.hpp"
#include "flow/key.hpp"
#include "pipeline/pipeline.hpp"
#include "protocol/decode.hpp"
#include "tests/pipeline/conversation.hpp"
#include "tests/pipeline/dns_messages.hpp"

namespace weir::pipeline {
namespace {

using test::conversation;

std::size_t names_erased = 0;

struct told {
    flow::moment at;
    std::string line;
};

/// Names of ends come from other flows: they are what a part of the capture need not know.
void without_names(std::string& line) {
    constexpr std::string_view port = R"("port":)", name = R"(,"name":")";
    for (std::size_t at = line.find(port); at != std::string::npos; at = line.find(port, at + 1)) {
        const std::size_t end = line.find_first_not_of("0123456789", at + port.size());
        if (line.compare(end, name.size(), name) != 0) continue;
        line.erase(end, line.find('"', end + name.size()) + 1 - end);
        ++names_erased;
    }
}

/// Keeps each event with the moment of its pipeline.
class keeping_sink final : public event::sink {
public:
    const pipeline* of = nullptr;
    std::vector<told> all;
    void on_event(const event::any_event& e) override {
        writer_.append(e);
        std::string line(writer_.lines());
        writer_.clear();
        if (line.find(R"("event":"capture.)") != std::string::npos) return;
        without_names(line);
        if (const std::size_t conn = line.find(R"("conn":)"); conn != std::string::npos)
            line.erase(conn, line.find(',', conn) - conn);
        all.push_back({of->now(), std::move(line)});
    }

private:
    event::json_writer writer_;
};

constexpr common::nanoseconds seconds(std::int64_t n) { return {n * common::nanoseconds_per_second}; }

/// Everything that can happen to connections and conversations, at random; times may jitter and stand still.
std::vector<conversation::frame> capture(std::uint32_t seed) {
    std::mt19937 generator(seed);
    const auto random = [&] { return static_cast<std::uint32_t>(generator()); };
    const auto chance = [&](unsigned one_in) { return random() % one_in == 0; };
    std::vector<conversation::frame> all;
    for (std::uint16_t port = 1000; port < 1150; ++port) {
        const common::timestamp start =
            common::timestamp{1'767'323'045'000'000'000} + seconds(random() % 300);
        conversation c(port, start, {chance(5) ? 0 : std::int64_t{random() % 3'000'000}});
        const bool is_tcp = !chance(3);
        if (chance(6))
            c.knock();
        else if (is_tcp && !chance(5))
            c.open();
        for (unsigned n = random() % 12; n > 0; --n) {
            const bool from_client = chance(2);
            if (!is_tcp)
                c.datagram(from_client, from_client ? test::dns_query() : test::dns_answer(1, 2));
            else if (from_client)
                c.request("GET /" + std::to_string(n) + " HTTP/1.1\r\nHost: example.com\r\n\r\n");
            else
                c.response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
            if (chance(8)) c.repeat();
            if (chance(8) && c.frames.size() > 1) c.lose();
            if (chance(20) && !c.frames.empty()) c.refuse(!from_client);
            if (chance(6)) c.acknowledge(chance(2));
            if (chance(12)) c.wait(seconds(random() % 400));
        }
        if (is_tcp && chance(2)) c.close();
        if (is_tcp && chance(6)) c.reset(chance(2));
        for (auto& f : c.frames) {
            if (chance(10)) f.ts.since_epoch += random() % 20'000'000;
            if (chance(60)) f.data.resize(random() % f.data.size());
            if (chance(60) && !f.data.empty()) f.data[random() % f.data.size()] ^= 0xff;
            all.push_back(f);
        }
    }
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.ts < b.ts; });
    for (std::size_t i = 1; i < all.size(); ++i)
        if (chance(20)) std::swap(all[i - 1], all[i]);
    return all;
}

options everything() {
    options o;
    o.events.set();
    return o;
}

std::vector<told> by_one(const std::vector<conversation::frame>& frames) {
    keeping_sink out;
    pipeline p(everything(), out);
    out.of = &p;
    for (const auto& f : frames) p.feed(f.record());
    p.end(event::end_reason::end_of_input, "");
    return out.all;
}

std::vector<told> by_several(const std::vector<conversation::frame>& frames, std::size_t count,
                             std::vector<std::size_t>& dealt) {
    std::vector<keeping_sink> outs(count);
    std::vector<std::unique_ptr<pipeline>> parts;
    for (auto& out : outs) {
        parts.push_back(std::make_unique<pipeline>(everything(), out));
        out.of = parts.back().get();
    }
    const common::keyed_hash hash({7, 9});
    flow::capture_time clock;
    protocol::packet packet;
    dealt.assign(count, 0);
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const common::record r = frames[i].record();
        protocol::decode(packet, r.link_type, r.data, r.original_length);
        const auto key = flow::key_of(packet);
        const std::size_t to = key ? key->hashed(hash) % count : 0;
        ++dealt[to];
        parts[to]->advance(clock.see(r.ts));
        parts[to]->feed(r, i + 1);
    }
    clock.settle();
    for (auto& p : parts) {
        p->advance(*clock.now());
        p->end(event::end_reason::end_of_input, "");
    }
    std::vector<told> all;
    for (auto& out : outs) all.insert(all.end(), out.all.begin(), out.all.end());
    std::stable_sort(all.begin(), all.end(), [](const told& a, const told& b) { return a.at < b.at; });
    return all;
}

TEST(Split, PipelinesThatShareACaptureTellWhatOneTells) {
    std::size_t timeouts = 0, lines = 0;
    for (std::uint32_t seed = 1; seed <= 10; ++seed) {
        SCOPED_TRACE(seed);
        const auto frames = capture(seed);
        const std::vector<told> one = by_one(frames);
        EXPECT_TRUE(
            std::is_sorted(one.begin(), one.end(), [](const told& a, const told& b) { return a.at < b.at; }));
        for (const std::size_t count : {2u, 4u}) {
            std::vector<std::size_t> dealt;
            const std::vector<told> several = by_several(frames, count, dealt);
            EXPECT_GT(*std::min_element(dealt.begin(), dealt.end()), 0u);
            ASSERT_EQ(one.size(), several.size());
            for (std::size_t i = 0; i < one.size(); ++i) ASSERT_EQ(one[i].line, several[i].line) << i;
        }
        lines += one.size();
        for (const told& t : one) timeouts += t.line.find(R"("reason":"timeout")") != std::string::npos;
    }
    EXPECT_GT(lines, 5'000u);
    EXPECT_GT(names_erased, 100u) << "there were names to leave out";
    EXPECT_GT(timeouts, 250u) << "many flows end by time, so that the order of deadlines is tried";
}

} // namespace
} // namespace weir::pipeline
