// WebSocket as RFC 6455 has it: the handshake, frames to messages, control frames, the close; and every way
// in which a frame can be wrong.
#include <gtest/gtest.h>

#include "tests/session/websocket/harness.hpp"

namespace weir::session::test {
namespace {

TEST(websocket, tells_what_both_sides_say) {
    conversation w;
    w.say_frame(side::client, text("hello"));
    w.say_frame(side::server, text("h\xc3\xa9llo"));
    w.say_frame(side::client, {2, std::string("\x00\xff\x01", 3)});
    w.say_frame(side::server, text(""));
    w.end_and_close();
    const std::vector<json> open = w.events("websocket.open");
    ASSERT_EQ(open.size(), 1U);
    EXPECT_EQ(open[0]["url"], "ws://example.com/chat?room=1");
    EXPECT_EQ(open[0]["version"], "13");
    EXPECT_EQ(open[0]["exchange"], 1);
    EXPECT_FALSE(open[0].contains("deflate"));
    const std::vector<json> said = w.messages();
    ASSERT_EQ(said.size(), 4U);
    EXPECT_EQ(short_form(said[0]), R"(client text "hello")");
    EXPECT_EQ(said[1]["data"], "h\xc3\xa9llo");
    EXPECT_EQ(said[2]["data"]["base64"], "AP8B");
    EXPECT_EQ(said[2]["opcode"], "binary");
    EXPECT_EQ(said[3]["size"], 0);
    for (std::size_t i = 0; i < said.size(); ++i) EXPECT_EQ(said[i]["message"], i + 1);
    const json end = w.ending();
    EXPECT_EQ(end["clean"], false);
    EXPECT_EQ(end["ended"], "closed");
    EXPECT_EQ(end["from_client"]["messages"], 2);
    EXPECT_EQ(end["from_client"]["bytes"], 6 + 5 + 6 + 3);
    EXPECT_TRUE(w.anomalies().empty());
}

TEST(websocket, comes_behind_its_exchange) {
    conversation w;
    w.end_and_close();
    const std::vector<json> all = w.events();
    lines names;
    for (const json& e : all) names.push_back(e["event"]);
    EXPECT_EQ(names,
              (lines{"http.request", "http.response", "http.exchange", "websocket.open", "websocket.close"}));
}

TEST(websocket, what_stands_behind_the_101_in_its_segment_is_not_lost) {
    wire w;
    w.client(upgrade_request() + from_client(text("early")));
    w.server(upgrade_response() + from_server(text("first")) + from_server(text("second")));
    w.client(from_client(text("late")));
    w.end_and_close();
    EXPECT_EQ(short_forms(w.events("websocket.message")),
              (lines{R"(client text "early")", R"(server text "first")", R"(server text "second")",
                     R"(client text "late")"}));
}

TEST(websocket, puts_fragments_together_with_control_frames_between) {
    conversation w;
    w.say_frame(side::client, {1, "one ", false});
    w.say_frame(side::client, {9, "p"});
    w.say_frame(side::client, {0, "two ", false});
    w.say_frame(side::client, {10, "unasked"});
    w.say_frame(side::client, {0, "three", true});
    w.end_and_close();
    EXPECT_EQ(short_forms(w.messages()), (lines{R"(client ping "p")", R"(client pong "unasked")",
                                                R"(client text "one two three" frames 3)"}));
    EXPECT_EQ(w.messages()[2]["message"], 1) << "it began first";
    EXPECT_GT(w.messages()[2]["timing"]["receive"], 0.003);
}

TEST(websocket, a_pong_says_how_long_after_its_ping) {
    conversation w;
    w.say_frame(side::server, {9, "one"});
    w.say_frame(side::server, {9, "two"});
    w.say_frame(side::client, {10, "two"});
    w.say_frame(side::client, {10, "one"});
    w.say_frame(side::client, {9, ""});
    w.say_frame(side::server, {10, ""});
    w.end_and_close();
    const std::vector<json> said = w.messages();
    ASSERT_EQ(said.size(), 6U);
    EXPECT_EQ(said[2]["timing"]["latency"], 0.001);
    EXPECT_FALSE(said[3].contains("timing")) << "the answer to a later ping answers those before";
    EXPECT_EQ(said[5]["timing"]["latency"], 0.001);
    EXPECT_EQ(w.ending()["from_server"]["pings"], 2);
    EXPECT_EQ(w.ending()["from_client"]["pongs"], 2);
}

TEST(websocket, behind_a_hole_a_pong_may_answer_another_ping) {
    conversation w;
    w.say_frame(side::server, {9, "x"});
    w.lose(side::client, 7);
    w.say_frame(side::server, {9, "x"});
    w.say_frame(side::client, {10, "x"});
    w.say_frame(side::client, text("and much more of it"));
    w.end_and_close();
    for (const json& m : w.messages()) {
        if (m["opcode"] == "pong") {
            EXPECT_EQ(m["timing"]["latency"], 0.001);
        }
    }
}

TEST(websocket, closes_with_code_and_reason_of_both) {
    conversation w;
    w.say_frame(side::server, {8, close_payload(1000, "bye")});
    w.say_frame(side::client, {8, close_payload(1000)});
    const json end = w.ending(); // before the connection is over
    EXPECT_EQ(end["side"], "server");
    EXPECT_EQ(end["code"], 1000);
    EXPECT_EQ(end["reason"], "bye");
    EXPECT_EQ(end["reply"], (json{{"code", 1000}}));
    EXPECT_EQ(end["clean"], true);
    EXPECT_FALSE(end.contains("ended"));
    EXPECT_EQ(end["duration"], 0.002);
    w.end_and_close();
    EXPECT_EQ(w.events("websocket.close").size(), 1U);
    EXPECT_TRUE(w.anomalies().empty());
}

TEST(websocket, an_end_without_close_says_why) {
    for (const auto& [why, word] : {std::pair{event::close_reason::reset, "reset"},
                                    {event::close_reason::end_of_capture, "end_of_capture"},
                                    {event::close_reason::timeout, "timeout"}}) {
        conversation w;
        w.say_frame(side::client, {1, "half", false});
        w.close(why);
        EXPECT_EQ(w.ending()["ended"], word);
        EXPECT_EQ(w.ending()["clean"], false);
        ASSERT_EQ(w.messages().size(), 1U);
        EXPECT_EQ(w.messages()[0]["complete"], false);
        EXPECT_EQ(w.messages()[0]["ended"], word);
        EXPECT_EQ(w.messages()[0]["data"], "half");
    }
}

TEST(websocket, one_close_frame_alone_is_not_clean) {
    conversation w;
    w.say_frame(side::client, {8, ""});
    w.end_and_close();
    EXPECT_EQ(w.ending()["side"], "client");
    EXPECT_FALSE(w.ending().contains("code"));
    EXPECT_EQ(w.ending()["clean"], false);
    EXPECT_EQ(w.ending()["ended"], "closed");
}

TEST(websocket, lengths_of_every_form) {
    for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 65535U, 65536U, 70000U}) {
        conversation w({}, {.bodies = true});
        const std::string payload(size, 'x');
        w.say_frame(side::client, text(payload));
        w.say_frame(side::server, text(payload));
        w.end_and_close();
        ASSERT_EQ(w.messages().size(), 2U) << size;
        for (const json& m : w.messages()) {
            EXPECT_EQ(m["size"], size);
            EXPECT_EQ(m["data"], payload);
        }
        EXPECT_TRUE(w.anomalies().empty()) << size;
    }
}

TEST(websocket, cuts_data_at_a_whole_character) {
    std::string payload(4095, 'x');
    payload += "\xe2\x82\xac and more";
    conversation cut;
    cut.say_frame(side::client, text(payload));
    cut.end_and_close();
    EXPECT_EQ(cut.messages()[0]["data"], std::string(4095, 'x'));
    EXPECT_EQ(cut.messages()[0]["truncated"], true);
    EXPECT_EQ(cut.messages()[0]["size"], payload.size());
    conversation whole({}, {.bodies = true});
    whole.say_frame(side::client, text(payload));
    whole.end_and_close();
    EXPECT_EQ(whole.messages()[0]["data"], payload);
    EXPECT_FALSE(whole.messages()[0].contains("truncated"));
    conversation few({}, {.bodies = true, .body_limit = 3});
    few.say_frame(side::client, text("abcdef"));
    few.say_frame(side::client, {9, "abcdef"});
    few.end_and_close();
    EXPECT_EQ(few.messages()[0]["data"], "abc");
    EXPECT_EQ(few.messages()[1]["data"], "abcdef") << "a control frame is short";
}

// --- the handshake

json opened(const std::string& request, const std::string& response) {
    wire w;
    w.client(request);
    w.server(response);
    w.end_and_close();
    const std::vector<json> open = w.events("websocket.open");
    EXPECT_EQ(open.size(), 1U);
    return open.empty() ? json() : open[0];
}
std::string replaced(std::string in, std::string_view what, std::string_view with) {
    const std::size_t at = in.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return in.replace(at, what.size(), with);
}

TEST(websocket_handshake, the_accept_key_is_checked) {
    EXPECT_TRUE(codes(opened(upgrade_request(), upgrade_response())).empty());
    EXPECT_EQ(codes(opened(upgrade_request(), replaced(upgrade_response(), "s3pP", "S3pP"))),
              lines{"websocket.accept_invalid"});
    EXPECT_EQ(codes(opened(upgrade_request(), replaced(upgrade_response(), "Sec-WebSocket-Accept", "X"))),
              lines{"websocket.accept_invalid"});
    EXPECT_EQ(codes(opened(replaced(upgrade_request(), "dGhl", "xx"), upgrade_response())),
              (lines{"websocket.key_invalid", "websocket.accept_invalid"}));
}

TEST(websocket_handshake, versions) {
    for (const char* version : {"8", "7"})
        EXPECT_TRUE(codes(opened(replaced(upgrade_request(), ": 13", std::string(": ") + version),
                                 upgrade_response()))
                        .empty());
    for (const char* version : {"14", "6", "x", ""})
        EXPECT_EQ(codes(opened(replaced(upgrade_request(), ": 13", std::string(": ") + version),
                               upgrade_response())),
                  lines{"websocket.version_unknown"});
    wire w; // its frames differ
    w.client(replaced(upgrade_request(), ": 13", ": 4"));
    w.server(upgrade_response());
    w.client(from_client(text("hello")));
    w.end_and_close();
    EXPECT_TRUE(w.events("websocket.message").empty());
    EXPECT_EQ(w.events("websocket.close")[0]["from_client"]["unframed"], 11);
}

TEST(websocket_handshake, subprotocol_and_extensions_must_be_offered) {
    const std::string offers = upgrade_request({}, "Sec-WebSocket-Protocol: chat, graphql-ws\r\n");
    const json chosen = opened(offers, upgrade_response({}, "Sec-WebSocket-Protocol: graphql-ws\r\n"));
    EXPECT_EQ(chosen["protocol"], "graphql-ws");
    EXPECT_TRUE(codes(chosen).empty());
    EXPECT_EQ(codes(opened(offers, upgrade_response({}, "Sec-WebSocket-Protocol: soap\r\n"))),
              lines{"websocket.protocol_not_offered"});
    EXPECT_EQ(codes(opened(upgrade_request(), upgrade_response("permessage-deflate"))),
              lines{"websocket.extension_not_offered"});
    EXPECT_EQ(codes(opened(upgrade_request("x-own"), upgrade_response("x-own"))),
              lines{"websocket.extension_unknown"});
}

TEST(websocket_handshake, reads_what_deflate_was_agreed_on) {
    const auto agreed = [](std::string_view extensions) {
        return opened(upgrade_request(offers_deflate), upgrade_response(extensions));
    };
    EXPECT_EQ(agreed("permessage-deflate")["deflate"],
              (json{{"client_window_bits", 15}, {"server_window_bits", 15}}));
    EXPECT_EQ(agreed("Permessage-Deflate; server_max_window_bits=\"10\"; client_max_window_bits=9; "
                     "server_no_context_takeover; client_no_context_takeover")["deflate"],
              (json{{"client_window_bits", 9},
                    {"server_window_bits", 10},
                    {"client_no_context_takeover", true},
                    {"server_no_context_takeover", true}}));
    for (const char* wrong :
         {"server_max_window_bits=7", "server_max_window_bits=16", "client_max_window_bits",
          "server_max_window_bits=08", "server_no_context_takeover=1", "unheard_of",
          "server_no_context_takeover; server_no_context_takeover"}) {
        const json open = agreed(std::string("permessage-deflate; ") + wrong);
        EXPECT_EQ(codes(open), lines{"websocket.extension_invalid"}) << wrong;
        EXPECT_TRUE(open.contains("deflate")) << wrong;
    }
    EXPECT_EQ(codes(agreed("permessage-deflate, permessage-deflate")), lines{"websocket.extension_invalid"});
}

TEST(websocket_handshake, without_its_request_the_answer_is_believed) {
    wire w;
    w.server(upgrade_response("permessage-deflate"));
    compressor pack;
    w.client(from_client(compressed(pack("hello"))));
    w.server(from_server(text("there")));
    w.end_and_close();
    EXPECT_EQ(short_forms(w.events("websocket.message")),
              (lines{R"(client text "hello" compressed)", R"(server text "there")"}));
    EXPECT_EQ(codes(w.events("websocket.open")[0]), lines{});
}

// --- frames that are wrong

struct wrong_frame {
    std::string bytes; ///< of the client
    lines codes;
    std::string form; ///< of the message that it makes; empty where it makes none
};

std::string with_first_byte(std::string bytes, int first) {
    bytes[0] = static_cast<char>(first);
    return bytes;
}

TEST(websocket_anomalies, each_is_named) {
    const std::string masked_hello = from_client(text("hello"));
    const std::string long_hello = std::string("\x81\xfe\x00\x05", 4) + mask + masked_hello.substr(6);
    const std::vector<wrong_frame> all{
        {with_first_byte(masked_hello, 0xa1),
         {"websocket.reserved_bits"},
         R"(client text "hello" websocket.reserved_bits)"},
        {with_first_byte(masked_hello, 0xc1),
         {"websocket.reserved_bits"},
         R"(client text "hello" websocket.reserved_bits)"},
        {with_first_byte(masked_hello, 0x83), {"websocket.opcode_unknown"}, ""},
        {with_first_byte(masked_hello, 0x8b), {"websocket.opcode_unknown"}, ""},
        {from_server(text("hello")),
         {"websocket.mask_missing"},
         R"(client text "hello" websocket.mask_missing)"},
        {long_hello, {"websocket.length_not_minimal"}, R"(client text "hello" websocket.length_not_minimal)"},
        {with_first_byte(masked_hello, 0x09),
         {"websocket.control_fragmented"},
         R"(client ping "hello" websocket.control_fragmented)"},
        {from_client({0, "rest"}),
         {"websocket.continuation_unexpected"},
         R"(client continuation "rest" complete false websocket.continuation_unexpected)"},
        {from_client(text("\xff")),
         {"websocket.text_not_utf8"},
         R"(client text {"base64":"/w=="} size 1 websocket.text_not_utf8)"},
        {from_client(text("cut \xe2\x82")),
         {"websocket.text_not_utf8"},
         R"(client text {"base64":"Y3V0IOKC"} size 6 websocket.text_not_utf8)"},
        {from_client({8, "x"}), {"websocket.close_invalid"}, ""},
        {from_client({8, close_payload(1005)}), {"websocket.close_invalid"}, ""},
        {from_client({8, close_payload(999)}), {"websocket.close_invalid"}, ""},
        {from_client({8, close_payload(1000, "\xff")}), {"websocket.reason_not_utf8"}, ""},
    };
    for (const wrong_frame& f : all) {
        conversation w;
        w.client(f.bytes);
        w.end_and_close();
        EXPECT_EQ(w.anomalies(), f.codes);
        EXPECT_EQ(short_forms(w.messages()), f.form.empty() ? lines{} : lines{f.form});
        if (f.form.empty()) {
            EXPECT_EQ(codes(w.ending()), f.codes) << "what belongs to no message";
        }
    }
}

TEST(websocket_anomalies, a_long_control_frame) {
    conversation w;
    w.say_frame(side::client, {9, std::string(126, 'x')});
    w.end_and_close();
    EXPECT_EQ(w.anomalies(), lines{"websocket.control_too_long"});
    EXPECT_EQ(w.messages()[0]["size"], 126);
    EXPECT_EQ(w.messages()[0]["truncated"], json()) << "4096 bytes are kept of it, too";
}

TEST(websocket_anomalies, a_masked_server) {
    conversation w;
    w.server(from_client(text("hello")));
    w.end_and_close();
    EXPECT_EQ(short_forms(w.messages()), lines{R"(server text "hello" websocket.mask_unexpected)"});
}

TEST(websocket_anomalies, a_message_that_another_interrupts) {
    conversation w;
    w.say_frame(side::client, {1, "one", false});
    w.say_frame(side::client, text("two"));
    w.end_and_close();
    EXPECT_EQ(
        short_forms(w.messages()),
        (lines{R"(client text "one" complete false websocket.message_interrupted)", R"(client text "two")"}));
}

TEST(websocket_anomalies, bytes_behind_the_close) {
    conversation w;
    w.say_frame(side::client, {8, close_payload(1001)});
    w.say_frame(side::client, text("late"));
    w.end_and_close();
    EXPECT_EQ(w.anomalies(), lines{"websocket.data_after_close"});
    EXPECT_TRUE(w.messages().empty());
    EXPECT_EQ(w.ending()["from_client"]["unframed"], 10);
}

TEST(websocket_anomalies, a_connection_that_ends_inside_a_frame) {
    const std::string whole = from_client(text("hello"));
    for (std::size_t size = 1; size < whole.size(); ++size) {
        conversation w;
        w.client(whole.substr(0, size));
        w.end_and_close();
        EXPECT_EQ(w.anomalies(), lines{"websocket.message_cut_short"}) << size;
        const bool has_header = size >= 6;
        EXPECT_EQ(w.messages().size(), has_header ? 1U : 0U) << size;
        EXPECT_EQ(w.ending()["from_client"]["unframed"], has_header ? 0 : size);
    }
}

// --- limits

limits with(websocket::limits of) {
    limits most;
    most.of<websocket::application>() = of;
    return most;
}

TEST(websocket_limits, a_frame_that_is_too_long_is_none) {
    websocket::limits few;
    few.frame_bytes = 1000;
    conversation w({}, {}, with(few));
    w.say_frame(side::client, text(std::string(1000, 'x')));
    std::string huge = from_client(text(std::string(1001, 'x')));
    w.client(huge.substr(0, 500));
    for (const char* next : {"found again", "and again, and so on"}) w.say_frame(side::client, text(next));
    w.end_and_close();
    EXPECT_EQ(w.anomalies(), lines{"websocket.frame_limit"});
    ASSERT_EQ(w.messages().size(), 3U);
    EXPECT_EQ(w.messages()[1]["data"], "found again");
    EXPECT_EQ(w.ending()["from_client"]["unframed"], 500);
    conversation beyond;
    beyond.client(std::string("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02\x03\x04", 14));
    beyond.end_and_close();
    EXPECT_EQ(beyond.anomalies(), lines{"websocket.length_invalid"});
}

TEST(websocket_limits, frames_that_mean_nothing_are_passed_over_some_times) {
    websocket::limits few;
    few.illegal_frames = 2;
    conversation w({}, {}, with(few));
    for (int i = 0; i < 3; ++i) w.say_frame(side::client, {3, "no such frame, this one"});
    w.say_frame(side::client, text("a frame that means something"));
    w.end_and_close();
    EXPECT_EQ(w.anomalies(), (lines{"websocket.opcode_unknown", "websocket.illegal_limit"}));
    EXPECT_EQ(short_forms(w.messages()), lines{R"(client text "a frame that means something")"});
}

TEST(websocket_limits, pings_that_wait) {
    websocket::limits few;
    few.pings = 2;
    conversation w({}, {}, with(few));
    for (const char* each : {"1", "2", "3"}) w.say_frame(side::client, {9, each});
    w.say_frame(side::server, {10, "1"});
    w.say_frame(side::server, {10, "2"});
    w.end_and_close();
    EXPECT_EQ(w.anomalies(), lines{"websocket.ping_limit"});
    EXPECT_FALSE(w.messages()[3].contains("timing"));
    EXPECT_EQ(w.messages()[4]["timing"]["latency"], 0.003);
}

TEST(websocket_limits, a_message_that_expands_without_end) {
    websocket::limits few;
    few.decoded_bytes = 100'000;
    compressor pack;
    conversation w("permessage-deflate", {}, with(few));
    w.say_frame(side::client, compressed(pack(std::string(1'000'000, 'x'))));
    w.say_frame(side::client, compressed(pack("what refers to nothing before: 8273645")));
    w.end_and_close();
    EXPECT_EQ(w.anomalies(), lines{"websocket.decoded_limit"});
    ASSERT_EQ(w.messages().size(), 2U);
    EXPECT_FALSE(w.messages()[0].contains("size"));
    EXPECT_EQ(w.messages()[0]["data"].get<std::string>().size(), 4096U);
    EXPECT_EQ(w.messages()[1]["data"], "what refers to nothing before: 8273645");
}

// --- before RFC 6455

const std::string hixie_request =
    "GET /demo HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nSec-WebSocket-Key2: 12998 5 Y3 1  "
    ".P00\r\n"
    "Sec-WebSocket-Protocol: sample\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\n"
    "Origin: http://example.com\r\n\r\n^n:ds[4U";
const std::string hixie_response =
    "HTTP/1.1 101 WebSocket Protocol Handshake\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Origin: http://example.com\r\nSec-WebSocket-Location: ws://example.com/demo\r\n"
    "Sec-WebSocket-Protocol: sample\r\n\r\n8jKS'y:G*Co,Wxa-";

TEST(websocket_hixie, is_read_with_its_challenge) {
    const auto play = [](bool whole) {
        wire w;
        const std::string client =
            hixie_request + std::string("\x00hello\xff", 7) + std::string("\xff\x00", 2);
        const std::string server = hixie_response + std::string("\x00w\xc3\xb6rld\xff", 8) +
                                   std::string("\x80\x81\x01", 3) + std::string(129, 'b') +
                                   std::string("\xff\x00", 2);
        if (whole) {
            w.client(client);
            w.server(server);
        } else {
            for (const char& c : client) w.client({&c, 1});
            for (const char& c : server) w.server({&c, 1});
        }
        w.end_and_close();
        EXPECT_TRUE(w.events("anomaly").empty());
        EXPECT_EQ(w.events("websocket.open")[0]["version"], "hixie-76");
        EXPECT_EQ(w.events("websocket.open")[0]["protocol"], "sample");
        EXPECT_EQ(w.events("websocket.close")[0]["clean"], true);
        EXPECT_EQ(w.events("websocket.close")[0]["from_server"]["unframed"], 0);
        return short_forms(w.events("websocket.message"));
    };
    const lines said = play(true);
    EXPECT_EQ(said, play(false));
    ASSERT_EQ(said.size(), 3U);
    EXPECT_EQ(said[0], R"(client text "hello")");
}

TEST(websocket_hixie, a_wrong_answer_is_named_and_a_hole_passed_over) {
    wire w;
    w.client(hixie_request);
    w.server(replaced(hixie_response, "8jKS", "8jKT"));
    w.client(std::string("\x00one", 4));
    w.lose(side::client, 10);
    w.client(std::string("lost\xff\x00two\xff", 10));
    w.end_and_close();
    EXPECT_EQ(w.events("anomaly").size(), 1U);
    EXPECT_EQ(w.events("anomaly")[0]["code"], "websocket.accept_invalid");
    EXPECT_EQ(short_forms(w.events("websocket.message")),
              (lines{R"(client text "one" complete false missing)", R"(client text "two")"}));
}

} // namespace
} // namespace weir::session::test
