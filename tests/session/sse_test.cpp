// Server-sent events as WHATWG HTML has them: every field and line end, chunks, content codings, cuts at
// every byte, holes, limits; each told when its last byte arrives.
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>

#include "tests/session/harness.hpp"

namespace weir::session::test {
namespace {

const std::string request = "GET /events HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n";
std::string head(std::string_view fields = {}) {
    return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + std::string(fields) + "\r\n";
}

std::string short_form(const json& e) {
    std::string form = e["type"].get<std::string>() + " " + e.value("data", json()).dump();
    for (const char* member : {"id", "retry", "comments", "truncated", "complete"})
        if (e.contains(member)) form += std::string(" ") + member + " " + e[member].dump();
    return form;
}
using lines = std::vector<std::string>;
lines told(const wire& w) {
    lines all;
    for (const json& e : w.events("http.sse")) {
        EXPECT_EQ(e["number"], all.size() + 1);
        all.push_back(short_form(e));
    }
    return all;
}

/// The events of a body that the end of the connection ends.
lines events_of(std::string_view body, options asked = {}) {
    wire w(asked);
    w.client(request);
    w.server(head() + std::string(body));
    w.end_and_close();
    EXPECT_EQ(w.exchanges().size(), 1U);
    return told(w);
}

TEST(sse, tells_type_data_id_and_retry) {
    EXPECT_EQ(events_of("data: hello\n\n"
                        "event: tick\nid: 7\ndata: {\"price\":1}\ndata: second line\n\n"
                        "retry: 3000\n\n"
                        "data\n\n"
                        "data:no blank\nunknown: x\n\n"
                        "data:  two blanks\nid\n\n"),
              (lines{R"(message "hello")", R"(tick "{\"price\":1}\nsecond line" id "7")",
                     R"(message null retry 3000)", R"(message "")", R"(message "no blank")",
                     R"(message " two blanks" id "")"}));
}

TEST(sse, line_ends_of_every_kind_and_a_byte_order_mark) {
    const lines expected{R"(message "a\nb")", R"(message "c")"};
    for (const char* end : {"\n", "\r", "\r\n"}) {
        std::string body = "data: a|data: b||data: c||";
        for (std::size_t at; (at = body.find('|')) != std::string::npos;) body.replace(at, 1, end);
        EXPECT_EQ(events_of(body), expected);
        EXPECT_EQ(events_of("\xef\xbb\xbf" + body), expected);
        EXPECT_EQ(events_of(std::string(end) + body), expected) << "an empty line before";
    }
    EXPECT_EQ(events_of("\xef\xbb\xbf\xef\xbb\xbf"
                        "data: a\n\ndata: b\n\n"),
              lines{R"(message "b")"})
        << "only one mark is none";
    EXPECT_EQ(events_of("\xef\xbb"
                        "data: a\n\ndata: b\n\n"),
              lines{R"(message "b")"});
}

TEST(sse, comments_are_counted) {
    EXPECT_EQ(events_of(": keep-alive\n\n:\n\ndata: a\n: one more\n\ndata: b\n\n"),
              (lines{R"(message "a" comments 3)", R"(message "b")"}));
}

TEST(sse, what_is_no_value_is_ignored) {
    EXPECT_EQ(events_of(std::string("id: a\0b\ndata: x\n\n", 17)), lines{R"(message "x")"});
    EXPECT_EQ(events_of("retry: 1s\ndata: x\n\n"), lines{R"(message "x")"});
    EXPECT_EQ(events_of("retry: 99999999999999999999999\ndata: x\n\n"), lines{R"(message "x")"});
    EXPECT_EQ(events_of("event:\ndata: x\n\n"), lines{R"(message "x")"});
    EXPECT_EQ(events_of("Data: x\nevents: y\ndat: z\n\n"), lines{});
}

TEST(sse, an_event_without_its_empty_line_is_not_whole) {
    EXPECT_EQ(events_of("data: a\n\ndata: b\n"), (lines{R"(message "a")", R"(message "b" complete false)"}));
    EXPECT_EQ(events_of("data: a\n\ndata: b"), (lines{R"(message "a")", R"(message "b" complete false)"}));
    EXPECT_EQ(events_of("data: a\n\n: done\n"), lines{R"(message "a")"});
}

TEST(sse, is_told_when_its_last_byte_arrives) {
    wire w;
    w.client(request);
    w.server(head("Transfer-Encoding: chunked\r\n"));
    w.server("9\r\ndata: one\r\n1\r\n\n\r\n");
    EXPECT_TRUE(w.events("http.sse").empty());
    w.server("1\r\n\n");
    ASSERT_EQ(w.events("http.sse").size(), 1U) << "not even the end of its chunk was seen";
    EXPECT_EQ(w.events("http.sse")[0]["data"], "one");
    EXPECT_EQ(w.events("http.sse")[0]["exchange"], 1);
    EXPECT_TRUE(w.exchanges().empty());
    w.server("\r\n0\r\n\r\n");
    EXPECT_EQ(w.exchanges().size(), 1U);
}

const std::string sample =
    "\xef\xbb\xbf: hi\r\nid: 1\r\nevent: a\r\ndata: one\r\ndata: two\r\n\r\nretry: 5\rdata: \xe2\x82\xac\r\r"
    "data: {\"a\":1}\n\n";
const lines sample_events{R"(a "one\ntwo" id "1" comments 1)", "message \"\xe2\x82\xac\" retry 5",
                          R"(message "{\"a\":1}")"};

std::string zipped(std::string_view text) {
    z_stream z{};
    deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string in(text), out(text.size() * 2 + 100, '\0');
    z.next_in = reinterpret_cast<Bytef*>(in.data());
    z.avail_in = static_cast<uInt>(in.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    deflate(&z, Z_FINISH);
    out.resize(out.size() - z.avail_out);
    deflateEnd(&z);
    return out;
}
std::string chunked(std::string_view text, std::size_t size) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += size) {
        const std::string_view piece = text.substr(at, size);
        char line[20];
        out.append(line, static_cast<std::size_t>(std::snprintf(line, sizeof line, "%zx\r\n", piece.size())));
        out.append(piece).append("\r\n");
    }
    return out + "0\r\n\r\n";
}

TEST(sse, says_the_same_in_every_framing_coding_and_cut) {
    const std::string packed = zipped(sample);
    const std::vector<std::string> responses{
        head("Content-Length: " + std::to_string(sample.size()) + "\r\n") + sample,
        head("Transfer-Encoding: chunked\r\n") + chunked(sample, 1),
        head("Transfer-Encoding: chunked\r\n") + chunked(sample, 7),
        head("Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n") + chunked(packed, 5),
        head("Content-Encoding: gzip\r\n") + packed,
    };
    for (const std::string& response : responses) {
        for (std::size_t cut = 1; cut < response.size(); ++cut) {
            wire w;
            w.client(request);
            w.server(std::string_view(response).substr(0, cut));
            w.server(std::string_view(response).substr(cut));
            w.end_and_close();
            ASSERT_EQ(told(w), sample_events) << cut << " of " << response;
            ASSERT_TRUE(w.events("anomaly").empty());
        }
        wire bytewise;
        bytewise.client(request);
        for (const char& c : response) bytewise.server({&c, 1});
        bytewise.end_and_close();
        EXPECT_EQ(told(bytewise), sample_events);
    }
}

TEST(sse, a_hole_costs_the_event_that_it_is_in) {
    const std::string body = "data: one\n\ndata: two, and more of it\n\ndata: three\n\ndata: four\n\n";
    const lines whole = events_of(body);
    for (std::size_t at = 0; at < body.size(); ++at) {
        for (const std::size_t length : {std::size_t{1}, std::size_t{4}}) {
            if (at + length > body.size()) continue;
            wire w;
            w.client(request);
            w.server(head() + body.substr(0, at));
            w.lose(side::server, length);
            w.server(body.substr(at + length));
            w.end_and_close();
            std::size_t complete = 0;
            for (const std::string& form : told(w)) {
                if (form.ends_with("complete false")) continue;
                ++complete;
                ASSERT_NE(std::find(whole.begin(), whole.end(), form), whole.end()) << at << ": " << form;
            }
            EXPECT_GE(complete, 2U) << at;
        }
    }
}

TEST(sse, behind_a_hole_in_a_coding_nothing_is_guessed) {
    const std::string packed = zipped("data: one\n\ndata: two\n\n" + std::string(500, 'x') + "\n\n");
    wire w;
    w.client(request);
    w.server(head("Content-Encoding: gzip\r\n") + packed.substr(0, packed.size() - 10));
    w.lose(side::server, 3);
    w.server(packed.substr(packed.size() - 7));
    w.end_and_close();
    for (const std::string& form : told(w)) EXPECT_EQ(form.find("xx"), std::string::npos);
    EXPECT_EQ(w.exchanges()[0]["missing"]["response"], 3);
}

TEST(sse, is_cut_at_the_limit_and_kept_with_bodies) {
    const std::string body = "event: " + std::string(5000, 'e') + "\ndata: " + std::string(4095, 'x') +
                             "\xe2\x82\xac\n\ndata: y\n\n";
    wire w;
    w.client(request);
    w.server(head() + body);
    w.end_and_close();
    const std::vector<json> all = w.events("http.sse");
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0]["data"], std::string(4095, 'x'));
    EXPECT_EQ(all[0]["size"], 4098);
    EXPECT_EQ(all[0]["type"].get<std::string>().size(), 4096U);
    EXPECT_EQ(all[0]["truncated"], true);
    EXPECT_FALSE(all[1].contains("truncated"));
    const lines kept = events_of(body, {.bodies = true});
    EXPECT_NE(kept[0].find("\xe2\x82\xac"), std::string::npos);
}

TEST(sse, other_types_are_none) {
    for (const char* type : {"text/event-streams", "text/plain", "application/json"}) {
        wire w;
        w.client(request);
        w.server(std::string("HTTP/1.1 200 OK\r\nContent-Type: ") + type + "\r\n\r\ndata: x\n\n");
        w.end_and_close();
        EXPECT_TRUE(w.events("http.sse").empty()) << type;
    }
    wire w;
    w.client(request);
    w.server("HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\n\r\ndata: x\n\n");
    w.end_and_close();
    EXPECT_EQ(told(w), lines{R"(message "x")"});
}

TEST(sse, goes_on_beside_pieces_and_ends_with_its_response) {
    wire w({}, {}, everything());
    w.client(request + request);
    w.server(head("Content-Length: 9\r\n") + "data: a\n\n" + head("Content-Length: 9\r\n") + "data: b\n\n");
    w.end_and_close();
    EXPECT_EQ(w.events("http.body").size(), 2U);
    const std::vector<json> all = w.events("http.sse");
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[1]["exchange"], 2);
    EXPECT_EQ(all[1]["number"], 1);
}

} // namespace
} // namespace weir::session::test
