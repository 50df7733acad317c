// What remains true when bytes are missing: resynchronisation, what is counted, and which response answers
// what.
#include <gtest/gtest.h>

#include "tests/session/harness.hpp"

namespace weir::session::test {
namespace {

std::string request(std::string_view target) {
    return std::string("GET ").append(target).append(" HTTP/1.1\r\nHost: h\r\n\r\n");
}

std::string response(std::string_view body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string(body);
}

struct pair_told {
    std::string target;
    std::string body;
    friend bool operator==(const pair_told&, const pair_told&) = default;
    friend void PrintTo(const pair_told& p, std::ostream* out) { *out << p.target << " <- " << p.body; }
};

/// Target and response body of every exchange; "-" where the message was not seen.
std::vector<pair_told> pairs(const wire& w) {
    std::vector<pair_told> all;
    for (const json& e : w.exchanges())
        all.push_back({e.contains("request") ? e["request"].value("target", "?") : "-",
                       e.contains("response") ? e["response"]["body"].value("data", "") : "-"});
    return all;
}

constexpr options with_bodies{.bodies = true};

TEST(loss, inside_a_body_of_known_length_is_counted_and_skipped) {
    wire w(with_bodies);
    w.client(request("/a"));
    w.server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    w.lose(side::server, 4, event::missing_cause::kernel_drop);
    w.server("hij");
    w.client(request("/b"));
    w.server(response("B"));
    const std::vector<json> e = w.exchanges();
    ASSERT_EQ(e.size(), 2U);
    EXPECT_EQ(e[0]["missing"].dump(), R"({"cause":"kernel_drop","response":4})");
    EXPECT_EQ(e[0]["response"]["complete"], false);
    EXPECT_EQ(e[0]["response"]["body"].dump(), R"({"data":"abc","size":6})");
    EXPECT_EQ(e[1]["response"]["complete"], true);
}

TEST(loss, up_to_the_end_of_a_body_ends_it) {
    wire w(with_bodies);
    w.client(request("/a"));
    w.server("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    w.lose(side::server, 7);
    ASSERT_EQ(w.exchanges().size(), 1U);
    EXPECT_EQ(w.exchanges()[0]["missing"]["response"], 7);
}

TEST(loss, inside_the_data_of_a_chunk_is_skipped) {
    wire w(with_bodies);
    w.client(request("/a"));
    w.server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nab");
    w.lose(side::server, 4);
    w.server("gh\r\n1\r\ni\r\n0\r\n\r\n");
    const json e = w.exchanges().at(0);
    EXPECT_EQ(e["missing"]["response"], 4);
    EXPECT_EQ(e["response"]["body"]["size"], 5);
    EXPECT_FALSE(e.contains("anomalies"));
}

TEST(loss, in_chunk_framing_ends_at_the_next_chunk_size_line) {
    wire w(with_bodies);
    w.client(request("/a"));
    w.server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n");
    w.lose(side::server, 5); // "8\r\nef" of a chunk
    w.server("ghijkl\r\n3\r\nmno\r\n0\r\nX: y\r\n\r\n");
    w.client(request("/b"));
    w.server(response("B"));
    EXPECT_EQ(pairs(w), (std::vector<pair_told>{{"/a", "abcd"}, {"/b", "B"}}));
    const json e = w.exchanges().at(0);
    EXPECT_EQ(e["response"]["body"].dump(), R"({"data":"abcd","size":13})");
    EXPECT_EQ(e["response"]["trailers"]["x"], "y");
    EXPECT_EQ(e["response"]["complete"], false);
    EXPECT_EQ(e["missing"]["response"], 5);
    EXPECT_FALSE(e.contains("ended")) << "it went on to its end";
}

TEST(loss, data_that_looks_like_a_chunk_size_line_is_not_believed) {
    wire w(with_bodies);
    w.client(request("/a"));
    w.server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    w.lose(side::server, 4);
    w.server("ab\r\n1f\r\n12\r\n0\r\n\r\nmore of this chunk\r\n5\r\nhello\r\n0\r\n\r\n");
    const json e = w.exchanges().at(0);
    EXPECT_EQ(e["response"]["body"]["size"],
              std::string("ab\r\n1f\r\n12\r\n0\r\n\r\nmore of this chunkhello").size());
    EXPECT_FALSE(e["response"]["body"].contains("unframed"));
}

TEST(loss, a_chunk_that_ends_in_no_other_is_not_believed) {
    wire w(with_bodies);
    w.client(request("/a"));
    w.server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    w.lose(side::server, 4);
    // "5 CR LF hello CR LF" stands in the data, and no size line follows it.
    const std::string data = "ab\r\n5\r\nhello\r\nno size line\r\n";
    w.server(data + "\r\n3\r\nxyz\r\n0\r\n\r\n");
    const json e = w.exchanges().at(0);
    EXPECT_EQ(e["response"]["body"]["size"], data.size() + 3);
    EXPECT_FALSE(e["response"]["body"].contains("unframed"));
}

TEST(loss, of_a_head_counts_what_follows_it) {
    wire w(with_bodies);
    w.client(request("/a"));
    w.server("HTTP/1.1 200 OK\r\nContent-Ty");
    w.lose(side::server, 60);
    w.server(std::string(500, 'x'));
    w.lose(side::server, 40);
    w.server(std::string(300, 'y'));
    w.client(request("/b"));
    w.lose(side::server, 70);
    w.server(std::string(200, 'z'));
    w.client(request("/c"));
    w.server(response("C"));
    const std::vector<json> e = w.exchanges();
    ASSERT_EQ(e.size(), 3U);
    EXPECT_EQ(e[0]["response"]["body"].dump(), R"({"size":0,"unframed":800})");
    EXPECT_EQ(e[0]["missing"]["response"], 100);
    EXPECT_EQ(e[1]["missing"].dump(),
              R"({"cause":"upstream","lost":"response","response":70,"unframed":200})");
    EXPECT_EQ(e[2]["response"]["complete"], true);
}

TEST(loss, of_one_head_of_several_in_a_packet_costs_one_exchange) {
    for (const std::size_t lost : {std::size_t{10}, std::size_t{20}, std::size_t{35}}) {
        wire w(with_bodies);
        w.client(request("/a") + request("/b") + request("/c"));
        w.lose(side::server, lost);
        w.server((response("A") + response("B") + response("C")).substr(lost));
        EXPECT_EQ(pairs(w), (std::vector<pair_told>{{"/a", "-"}, {"/b", "B"}, {"/c", "C"}})) << lost;
    }
    wire w(with_bodies);
    w.client(request("/a"));
    w.server(response("A"));
    w.lose(side::client, 10);
    w.client((request("/b") + request("/c") + request("/d")).substr(10));
    w.server(response("B") + response("C") + response("D"));
    w.end_and_close();
    std::vector<std::string> targets;
    for (const json& e : w.exchanges())
        if (e.contains("request")) targets.push_back(e["request"]["target"]);
    EXPECT_EQ(targets, (std::vector<std::string>{"/a", "/c", "/d"}));
}

TEST(loss, what_cannot_be_framed_is_counted) {
    wire w(with_bodies);
    w.client(request("/a"));
    w.server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n");
    w.lose(side::server, 10);
    w.server(std::string(5000, 'x'));
    w.lose(side::server, 7);
    w.server(std::string(3000, 'y'));
    w.end_and_close();
    const json e = w.exchanges().at(0);
    EXPECT_EQ(e["response"]["body"].dump(), R"({"data":"abcd","size":4,"unframed":8000})");
    EXPECT_EQ(e["missing"]["response"], 17);
}

/// A body of `size` bytes in chunks as curl makes them.
std::string in_chunks(std::size_t size) {
    constexpr std::size_t chunk = 65'524;
    std::string all;
    for (std::size_t at = 0; at < size; at += chunk) {
        const std::size_t n = std::min(chunk, size - at);
        char line[16];
        std::snprintf(line, sizeof line, "%zx\r\n", n);
        all.append(line);
        for (std::size_t i = 0; i < n; ++i) all.push_back(static_cast<char>((at + i) * 2654435761U >> 13));
        all.append("\r\n");
    }
    return all + "0\r\n\r\n";
}

TEST(loss, of_any_packet_of_an_upload_leaves_its_ledger_closed) {
    constexpr std::size_t size = 5'000'000, packet = 65'483; // what loopback carries
    const std::string bodies[] = {std::string(size, 'u'), in_chunks(size)};
    const std::string heads[] = {"POST /up HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\n",
                                 "POST /up HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"};
    for (const bool chunked : {false, true}) {
        const std::string& body = bodies[chunked];
        for (std::size_t at = packet; at + 2 * packet < body.size(); at += 3 * packet) {
            for (const std::size_t lost : {std::size_t{49}, packet - 6000}) {
                wire w;
                w.client(heads[chunked]);
                for (std::size_t p = 0; p < body.size(); p += packet) {
                    const std::string_view piece = std::string_view(body).substr(p, packet);
                    w.say(side::client, piece.substr(p == at ? lost : 0));
                    if (p + packet == at) w.lose(side::client, lost);
                }
                w.server(response("ok"));
                ASSERT_EQ(w.exchanges().size(), 1U);
                const json e = w.exchanges()[0];
                const std::uint64_t got = e["request"]["body"]["size"], gone = e["missing"]["request"];
                EXPECT_EQ(gone, lost);
                EXPECT_FALSE(e["request"]["body"].contains("unframed")) << at;
                // the chunk framing that was lost is all that may be between
                EXPECT_GE(got + gone, size);
                EXPECT_LE(got + gone, size + (chunked ? 18 : 0));
                EXPECT_EQ(e["response"]["status"], 200);
            }
        }
    }
}

TEST(loss, in_chunk_framing_up_to_the_end_leaves_the_next_message_alone) {
    wire w(with_bodies);
    w.client(request("/a"));
    w.server("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab");
    w.lose(side::server, 10);
    w.server("rest of some chunk\r\n0\r\n\r\n");
    w.client(request("/b"));
    w.server(response("B"));
    EXPECT_EQ(pairs(w), (std::vector<pair_told>{{"/a", "ab"}, {"/b", "B"}}));
    EXPECT_EQ(w.exchanges()[0]["response"]["complete"], false);
}

TEST(loss, in_a_body_that_the_end_ends_is_counted) {
    wire w(with_bodies);
    w.client(request("/a"));
    w.server("HTTP/1.1 200 OK\r\n\r\nabc");
    w.lose(side::server, 100);
    w.server("xyz");
    w.end(side::server);
    const json e = w.exchanges().at(0);
    EXPECT_EQ(e["missing"]["response"], 100);
    EXPECT_EQ(e["response"]["body"]["size"], 6);
    EXPECT_EQ(e["response"]["complete"], false);
}

TEST(loss, in_a_head_keeps_what_was_read_before) {
    wire w;
    w.client(request("/a"));
    w.server("HTTP/1.1 404 Not Found\r\nServer: x\r\nDate: ");
    w.lose(side::server, 50);
    w.server("and the rest");
    w.client(request("/b"));
    w.server(response("B"));
    const std::vector<json> e = w.exchanges();
    ASSERT_EQ(e.size(), 2U);
    EXPECT_EQ(e[0]["response"]["status"], 404);
    EXPECT_EQ(e[0]["response"]["headers"].dump(), R"({"server":"x"})");
    EXPECT_EQ(e[0]["response"]["complete"], false);
    EXPECT_EQ(e[0]["missing"]["response"], 50);
    EXPECT_EQ(e[1]["request"]["target"], "/b");
}

TEST(loss, of_a_whole_response_leaves_its_request_alone) {
    wire w(with_bodies);
    w.client(request("/a"));
    w.lose(side::server, response("A").size());
    w.client(request("/b"));
    w.server(response("B"));
    w.client(request("/c"));
    w.server(response("C"));
    EXPECT_EQ(pairs(w), (std::vector<pair_told>{{"/a", "-"}, {"/b", "B"}, {"/c", "C"}}));
    EXPECT_EQ(w.exchanges()[0]["missing"]["response"], response("A").size());
}

TEST(loss, of_a_whole_request_leaves_its_response_alone) {
    wire w(with_bodies);
    w.client(request("/a"));
    w.server(response("A"));
    w.lose(side::client, request("/b").size());
    w.server(response("B"));
    w.client(request("/c"));
    w.server(response("C"));
    EXPECT_EQ(pairs(w), (std::vector<pair_told>{{"/a", "A"}, {"-", "B"}, {"/c", "C"}}));
    EXPECT_EQ(w.exchanges()[1]["missing"]["request"], request("/b").size());
}

TEST(loss, that_is_told_late_does_not_shift_the_pairs) {
    // The hole in the requests is given up only after the responses behind it were seen.
    wire w(with_bodies);
    w.client(request("/a"));
    w.server(response("A"));
    const std::uint64_t lost = request("/b").size();
    const std::uint64_t acked = w.offset(side::client) + lost;
    w.say_acking(side::server, response("B"), acked);
    w.say_acking(side::server, response("C"), acked + request("/c").size());
    w.lose(side::client, lost);
    w.client(request("/c"));
    w.client(request("/d"));
    w.server(response("D"));
    w.end_and_close();
    EXPECT_EQ(pairs(w), (std::vector<pair_told>{{"/a", "A"}, {"-", "B"}, {"/c", "C"}, {"/d", "D"}}));
}

TEST(loss, a_capture_that_swaps_request_and_response_pairs_them) {
    wire w(with_bodies);
    w.say_acking(side::server, response("A"), request("/a").size());
    w.client(request("/a"));
    w.client(request("/b"));
    w.server(response("B"));
    EXPECT_EQ(pairs(w), (std::vector<pair_told>{{"/a", "A"}, {"/b", "B"}}));
    EXPECT_TRUE(w.events("anomaly").empty());
}

TEST(loss, a_response_that_nobody_asked_for_stands_alone) {
    wire w(with_bodies);
    w.client(request("/a"));
    w.server(response("A"));
    w.server("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
    const std::vector<json> e = w.exchanges();
    ASSERT_EQ(e.size(), 2U);
    EXPECT_FALSE(e[1].contains("request"));
    EXPECT_EQ(codes(e[1]), std::vector<std::string>{"http.response_without_request"});
}

TEST(loss, a_response_sent_before_the_request_arrived_does_not_answer_it) {
    wire w(with_bodies);
    w.client(request("/a"));
    w.server(response("A"));
    const std::uint64_t acked = w.offset(side::client);
    w.client(request("/b"));
    w.say_acking(side::server, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", acked);
    w.end_and_close();
    EXPECT_EQ(pairs(w), (std::vector<pair_told>{{"/a", "A"}, {"-", ""}, {"/b", "-"}}));
}

TEST(loss, pipelined_responses_after_a_hole_answer_in_order) {
    wire w(with_bodies);
    w.client(request("/a") + request("/b") + request("/c"));
    w.server("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nab");
    w.lose(side::server, 4);
    w.server(response("B") + response("C"));
    EXPECT_EQ(pairs(w), (std::vector<pair_told>{{"/a", "ab"}, {"/b", "B"}, {"/c", "C"}}));
}

TEST(loss, of_a_response_is_said_as_loss_not_as_silence) {
    wire w;
    w.client(request("/a"));
    w.lose(side::server, 90);
    w.end_and_close();
    const json e = w.exchanges().at(0);
    EXPECT_FALSE(e.contains("response"));
    EXPECT_FALSE(e.contains("ended"));
    EXPECT_EQ(e["missing"].dump(), R"({"cause":"upstream","lost":"response","response":90})");
}

TEST(loss, of_two_responses_is_said_of_both) {
    wire w;
    w.client(request("/a"));
    w.lose(side::server, 90);
    w.client(request("/b"));
    w.lose(side::server, 80);
    w.client(request("/c"));
    w.server(response("C"));
    w.end_and_close();
    const std::vector<json> e = w.exchanges();
    ASSERT_EQ(e.size(), 3U);
    EXPECT_EQ(e[0]["missing"]["lost"], "response");
    EXPECT_EQ(e[1]["missing"]["lost"], "response");
    EXPECT_FALSE(e[2].contains("missing"));
}

TEST(loss, of_a_request_is_said) {
    wire w;
    w.client(request("/a"));
    w.server(response("A"));
    w.lose(side::client, 60);
    w.server(response("B"));
    EXPECT_EQ(w.exchanges().at(1)["missing"].dump(), R"({"cause":"upstream","lost":"request","request":60})");
}

TEST(loss, by_the_snaplen_accuses_nobody) {
    wire w;
    const std::string whole = request("/a/long/way/to/go");
    for (const std::size_t seen : {std::size_t{12}, std::size_t{22}, std::size_t{34}, std::size_t{40}}) {
        w.client(std::string_view(whole).substr(0, seen));
        w.lose(side::client, whole.size() - seen, event::missing_cause::snaplen);
        w.server("HTTP/1.1 200 OK\r\nContent-");
        w.lose(side::server, 30, event::missing_cause::snaplen);
    }
    w.end_and_close();
    const std::vector<json> e = w.exchanges();
    ASSERT_EQ(e.size(), 4U);
    EXPECT_TRUE(w.events("anomaly").empty());
    for (std::size_t i = 0; i < 4; ++i) {
        SCOPED_TRACE(e[i].dump());
        EXPECT_EQ(e[i]["request"]["method"], "GET");
        EXPECT_TRUE(
            std::string_view("/a/long/way/to/go").starts_with(e[i]["request"]["target"].get<std::string>()));
        EXPECT_EQ(e[i]["request"].contains("version"), i > 1) << "nobody says 0.9";
        EXPECT_EQ(e[i]["request"]["complete"], false);
        EXPECT_EQ(e[i]["response"]["status"], 200);
        EXPECT_EQ(e[i]["missing"]["cause"], "snaplen");
    }
}

TEST(loss, at_every_place_of_a_conversation_leaves_the_last_exchange_whole) {
    const std::string requests[] = {request("/1"), request("/22"), request("/333")};
    const std::string responses[] = {
        response("one"), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n",
        response("three")};
    for (const side from : {side::client, side::server}) {
        const std::string* said = from == side::client ? requests : responses;
        const std::size_t all = said[0].size() + said[1].size();
        for (std::size_t at = 0; at < all; ++at) {
            for (std::size_t length = 1; at + length <= all; length += 5) {
                wire w(with_bodies);
                std::size_t told = 0;
                for (std::size_t i = 0; i < 3; ++i) {
                    for (const side s : {side::client, side::server}) {
                        const std::string& text = (s == side::client ? requests : responses)[i];
                        if (s != from) {
                            w.say(s, text);
                            continue;
                        }
                        // The part of this packet before the hole, the hole, and the part behind it.
                        const std::size_t begin = std::clamp(at, told, told + text.size()) - told;
                        const std::size_t end = std::clamp(at + length, told, told + text.size()) - told;
                        w.say(s, std::string_view(text).substr(0, begin));
                        if (end > begin) w.lose(s, end - begin);
                        w.say(s, std::string_view(text).substr(end));
                        told += text.size();
                    }
                }
                w.end_and_close();
                const std::vector<pair_told> p = pairs(w);
                ASSERT_FALSE(p.empty());
                EXPECT_EQ(p.back(), (pair_told{"/333", "three"})) << "hole of " << length << " at " << at;
                EXPECT_LE(p.size(), 4U);
            }
        }
    }
}

TEST(loss, a_connection_picked_up_in_a_body_is_read_from_the_next_message_on) {
    wire w(with_bodies);
    w.identity.is_midstream = true;
    w.server("the tail of a body that began before the capture");
    w.server("more of it");
    w.client(request("/next"));
    w.server(response("N"));
    EXPECT_EQ(pairs(w), (std::vector<pair_told>{{"/next", "N"}}));
    EXPECT_TRUE(w.events("anomaly").empty());
}

TEST(loss, a_connection_picked_up_between_request_and_response_tells_the_response) {
    wire w(with_bodies);
    w.identity.is_midstream = true;
    w.server(response("A"));
    w.client(request("/b"));
    w.server(response("B"));
    EXPECT_EQ(pairs(w), (std::vector<pair_told>{{"-", "A"}, {"/b", "B"}}));
    EXPECT_TRUE(w.events("anomaly").empty());
}

} // namespace
} // namespace weir::session::test
