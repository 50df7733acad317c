// Every message of the HTTP vectors as TCP segments: in any pair of places swapped, which changes nothing;
// with each segment lost, which is counted to the byte and harms no other exchange.
#include <gtest/gtest.h>

#include <algorithm>

#include "event/selection.hpp"
#include "pipeline/pipeline.hpp"
#include "tests/pipeline/conversation.hpp"
#include "tests/pipeline/json_sink.hpp"
#include "tests/session/vectors.hpp"

namespace weir::pipeline {
namespace {

using nlohmann::json;
using session::test::vector_case;
using test::conversation;
using test::json_sink;

/// Segments of one side: at most so many, so that pairs stay few, and small ones where the text is short.
constexpr std::size_t most_segments = 6;

/// A connection and which of its frames carry data of the vector.
struct played {
    conversation talk;
    std::vector<std::size_t> data;  ///< places of frames
    std::vector<std::size_t> sizes; ///< of their payloads
    std::vector<bool> from_client;
    std::size_t carried[2] = {0, 0}; ///< by the client, by the server
};

void say(played& p, bool from_client, std::string_view text) {
    const std::size_t size = std::max<std::size_t>(1, (text.size() + most_segments - 1) / most_segments);
    for (std::size_t at = 0; at < text.size(); at += size) {
        const std::string_view piece = text.substr(at, size);
        if (from_client)
            p.talk.request(piece);
        else
            p.talk.response(piece);
        p.data.push_back(p.talk.frames.size() - 1);
        p.sizes.push_back(piece.size());
        p.from_client.push_back(from_client);
    }
    p.carried[from_client ? 0 : 1] += text.size();
}

played play(const vector_case& v) {
    played p;
    p.talk.open();
    say(p, true, v.client);
    say(p, false, v.server);
    p.talk.acknowledge(true);
    p.talk.acknowledge(false);
    if (v.server_ends) p.talk.close();
    return p;
}

std::vector<json> exchanges_of(const std::vector<conversation::frame>& frames, std::size_t without) {
    json_sink out;
    options o;
    o.events = event::default_selection(event::audience::lines);
    o.sessions.bodies = true;
    pipeline p(o, out);
    for (std::size_t i = 0; i < frames.size(); ++i)
        if (i != without) p.feed(frames[i].record());
    p.end(event::end_reason::end_of_input, "");
    std::vector<json> all;
    for (json& line : out.lines()) {
        if (line["event"] != "http.exchange") continue;
        line.erase("ts");
        line.erase("timing");
        all.push_back(line);
    }
    return all;
}

constexpr auto none = static_cast<std::size_t>(-1);

/// Their first bytes are no HTTP by themselves: only the request says that they are.
bool needs_its_request_first(std::string_view name) {
    return name == "junk_line_before_response" || name == "status_no_number";
}

TEST(HttpSegments, SwappedInAnyPairSayTheSame) {
    for (const vector_case& v : session::test::vectors()) {
        SCOPED_TRACE(v.name);
        const played p = play(v);
        const std::vector<json> expected = exchanges_of(p.talk.frames, none);
        ASSERT_EQ(expected.size(), v.targets.size());
        for (std::size_t i = 0; i < p.data.size(); ++i) {
            for (std::size_t j = i + 1; j < p.data.size(); ++j) {
                if (i == 0 && !p.from_client[j] && needs_its_request_first(v.name)) continue;
                std::vector<conversation::frame> frames = p.talk.frames;
                std::swap(frames[p.data[i]].data, frames[p.data[j]].data);
                EXPECT_EQ(exchanges_of(frames, none), expected) << i << " and " << j;
            }
        }
    }
}

std::uint64_t number(const json& object, const char* name) {
    return object.is_object() ? object.value(name, std::uint64_t{0}) : 0;
}

/// All that is told of one side's bytes, heads and framing excepted.
struct sums {
    std::uint64_t missing = 0, body = 0, unframed = 0;
};

sums sums_of(const std::vector<json>& exchanges, const char* side) {
    sums s;
    for (const json& e : exchanges) {
        if (e.contains("missing")) {
            s.missing += number(e["missing"], side);
            s.unframed += number(e["missing"], "unframed");
        }
        if (!e.contains(side)) continue;
        s.body += number(e[side]["body"], "size");
        s.unframed += number(e[side]["body"], "unframed");
    }
    return s;
}

/// An exchange as far as its two messages go: without what another message, or none, had to do with it.
json essence(json e) {
    for (const char* name : {"anomalies", "exchange", "informational"}) e.erase(name);
    for (const char* side : {"request", "response"})
        if (e.contains(side)) e[side].erase("skipped");
    return e;
}

bool is_whole(const json& e) {
    return e.contains("request") && e.contains("response") && e["request"]["complete"] == true &&
           e["response"]["complete"] == true;
}

TEST(HttpSegments, LostOnesAreCountedAndNothingHarmedIsWhole) {
    for (const vector_case& v : session::test::vectors()) {
        if (v.name == "cl_0") continue; // what is left of it is a request, as its body was
        SCOPED_TRACE(v.name);
        const played p = play(v);
        std::vector<json> whole;
        for (const json& e : exchanges_of(p.talk.frames, none)) whole.push_back(essence(e));
        for (std::size_t i = 0; i < p.data.size(); ++i) {
            SCOPED_TRACE(i);
            const bool from_client = p.from_client[i];
            const std::vector<json> got = exchanges_of(p.talk.frames, p.data[i]);
            bool are_all_whole = true;
            for (const json& e : got) {
                are_all_whole = are_all_whole && is_whole(e);
                if (!is_whole(e)) continue;
                const bool is_of_the_whole = std::find(whole.begin(), whole.end(), essence(e)) != whole.end();
                EXPECT_TRUE(is_of_the_whole) << e.dump();
            }
            const sums s = sums_of(got, from_client ? "request" : "response");
            // bytes of no message that was seen (an interim response, empty lines) are told by tcp.close
            // alone
            if (!are_all_whole) {
                EXPECT_EQ(s.missing, p.sizes[i]) << json(got).dump();
            }
            EXPECT_LE(s.body + s.missing + s.unframed, p.carried[from_client ? 0 : 1]) << json(got).dump();
        }
    }
}

TEST(HttpSegments, ALostOneHarmsItsExchangeAlone) {
    const std::string before = "GET /before HTTP/1.1\r\nHost: h\r\n\r\n";
    const std::string after = "GET /after HTTP/1.1\r\nHost: h\r\n\r\n";
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    for (const vector_case& v : session::test::vectors()) {
        // nothing follows it; it is a request inside of another; what follows it is held until it is answered
        if (v.server_ends || v.name == "cl_0" || v.name == "h2c") continue;
        SCOPED_TRACE(v.name);
        played p;
        p.talk.open();
        p.talk.request(before);
        p.talk.response(answer);
        say(p, true, v.client);
        say(p, false, v.server);
        p.talk.request(after);
        p.talk.response(answer);
        p.talk.close();
        for (std::size_t i = 0; i < p.data.size(); ++i) {
            SCOPED_TRACE(i);
            const std::vector<json> got = exchanges_of(p.talk.frames, p.data[i]);
            const auto unharmed = std::count_if(got.begin(), got.end(), [](const json& e) {
                if (!is_whole(e)) return false;
                return e["request"]["target"] == "/before" || e["request"]["target"] == "/after";
            });
            EXPECT_EQ(unharmed, 2) << json(got).dump();
        }
    }
}

} // namespace
} // namespace weir::pipeline
