// Every vector whole, cut at every byte, byte by byte with the sides interleaved, and truncated at every
// byte.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "session/http/anomalies.hpp"
#include "tests/session/harness.hpp"
#include "tests/session/vectors.hpp"

namespace weir::session::test {
namespace {

constexpr options with_bodies{.bodies = true};

/// The exchanges without what depends on the time and the size of packets.
std::vector<json> timeless(std::vector<json> exchanges) {
    for (json& e : exchanges) {
        e.erase("ts");
        e.erase("timing");
    }
    return exchanges;
}

std::vector<std::string> codes_in_table_order(const std::vector<json>& exchanges) {
    std::set<std::string> seen;
    for (const json& e : exchanges)
        for (const std::string& c : codes(e)) seen.insert(c);
    std::vector<std::string> ordered;
    for (const auto& row : http::anomaly_table)
        if (seen.contains(std::string(row.code))) ordered.emplace_back(row.code);
    return ordered;
}

void finish(wire& w, const vector_case& v) {
    if (v.server_ends) w.end(side::server);
    w.close(v.server_ends ? event::close_reason::fin : event::close_reason::end_of_capture);
}

std::vector<json> whole(const vector_case& v) {
    wire w(with_bodies);
    w.client(v.client);
    w.server(v.server);
    finish(w, v);
    return timeless(w.exchanges());
}

TEST(vectors, say_what_they_must) {
    for (const vector_case& v : vectors()) {
        SCOPED_TRACE(v.name);
        const std::vector<json> e = whole(v);
        ASSERT_EQ(e.size(), v.targets.size());
        for (std::size_t i = 0; i < e.size(); ++i) {
            ASSERT_TRUE(e[i].contains("request") && e[i].contains("response")) << e[i].dump();
            EXPECT_EQ(e[i]["request"]["target"], v.targets[i]);
            EXPECT_EQ(e[i]["response"].value("status", 0), v.statuses[i]);
            EXPECT_EQ(e[i]["response"]["body"].value("data", ""), v.bodies[i]);
            EXPECT_EQ(e[i]["response"]["body"]["size"], v.bodies[i].size());
        }
        EXPECT_EQ(codes_in_table_order(e), std::vector<std::string>(v.codes.begin(), v.codes.end()));
    }
}

TEST(vectors, are_the_same_however_they_are_cut) {
    for (const vector_case& v : vectors()) {
        SCOPED_TRACE(v.name);
        const std::vector<json> expected = whole(v);
        for (std::size_t cut = 1; cut < v.client.size(); ++cut) {
            wire w(with_bodies);
            w.client(std::string_view(v.client).substr(0, cut));
            w.client(std::string_view(v.client).substr(cut));
            w.server(v.server);
            finish(w, v);
            EXPECT_EQ(timeless(w.exchanges()), expected) << "request cut at " << cut;
        }
        for (std::size_t cut = 1; cut < v.server.size(); ++cut) {
            wire w(with_bodies);
            w.client(v.client);
            w.server(std::string_view(v.server).substr(0, cut));
            w.server(std::string_view(v.server).substr(cut));
            finish(w, v);
            EXPECT_EQ(timeless(w.exchanges()), expected) << "response cut at " << cut;
        }
    }
}

TEST(vectors, are_the_same_byte_by_byte) {
    for (const vector_case& v : vectors()) {
        SCOPED_TRACE(v.name);
        wire w(with_bodies);
        for (const char& c : v.client) w.client({&c, 1});
        for (const char& c : v.server) w.server({&c, 1});
        finish(w, v);
        EXPECT_EQ(timeless(w.exchanges()), whole(v));
    }
}

TEST(vectors, are_the_same_where_both_sides_speak_at_once) {
    // The response begins while the last byte of the request is still to come.
    for (const vector_case& v : vectors()) {
        if (v.name == "http09") continue; // an HTTP/0.9 request ends where its answer begins
        SCOPED_TRACE(v.name);
        wire w(with_bodies);
        w.client(std::string_view(v.client).substr(0, v.client.size() - 1));
        std::size_t at = 0;
        w.say_acking(side::server, std::string_view(v.server).substr(0, 1), v.client.size());
        w.client(std::string_view(v.client).substr(v.client.size() - 1));
        at = 1;
        w.server(std::string_view(v.server).substr(at));
        finish(w, v);
        EXPECT_EQ(timeless(w.exchanges()), whole(v));
    }
}

/// What may be said of a message that was cut: complete only if it is the same as in the whole.
void expect_prefix(const std::vector<json>& got, const std::vector<json>& expected) {
    ASSERT_LE(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        for (const char* message : {"request", "response"}) {
            if (!got[i].contains(message)) continue;
            const json& m = got[i][message];
            if (m["complete"] == true)
                EXPECT_EQ(m, expected[i][message]);
            else
                EXPECT_LE(m["body"]["size"], expected[i][message]["body"]["size"]);
        }
    }
}

TEST(vectors, truncated_anywhere_are_a_prefix_and_say_so) {
    for (const vector_case& v : vectors()) {
        // Without what follows, these are whole: messages of HTTP/0.9, a response that has no body by its
        // status.
        if (v.name == "http09" || v.name == "no_version" || v.name == "junk_line_before_response" ||
            v.name == "body_on_204")
            continue;
        SCOPED_TRACE(v.name);
        const std::vector<json> expected = whole(v);
        for (std::size_t size = 0; size <= v.client.size() + v.server.size(); ++size) {
            SCOPED_TRACE(size);
            wire w(with_bodies);
            w.client(std::string_view(v.client).substr(0, size));
            if (size > v.client.size())
                w.server(std::string_view(v.server).substr(0, size - v.client.size()));
            w.close(event::close_reason::end_of_capture);
            expect_prefix(w.exchanges(), expected);
        }
    }
}

TEST(vectors, lost_bytes_anywhere_neither_crash_nor_pass_as_complete) {
    for (const vector_case& v : vectors()) {
        SCOPED_TRACE(v.name);
        for (const side from : {side::client, side::server}) {
            const std::string& hit = from == side::client ? v.client : v.server;
            for (std::size_t at = 0; at < hit.size(); ++at) {
                for (const std::size_t length : {std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
                    wire w(with_bodies);
                    if (from == side::server) w.client(v.client);
                    w.say(from, std::string_view(hit).substr(0, at));
                    w.lose(from, length);
                    if (at + length < hit.size()) w.say(from, std::string_view(hit).substr(at + length));
                    if (from == side::client) w.server(v.server);
                    finish(w, v);
                    std::size_t complete = 0;
                    for (const json& e : w.exchanges())
                        complete +=
                            static_cast<std::size_t>(e.value("/request/complete"_json_pointer, false) &&
                                                     e.value("/response/complete"_json_pointer, false));
                    EXPECT_LE(complete, v.targets.size()) << at;
                }
            }
        }
    }
}

} // namespace
} // namespace weir::session::test
