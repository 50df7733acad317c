// WebSocket cut at every byte, byte by byte, truncated at every byte, with a hole at every byte, every packet
// lost and every pair of packets swapped: what is told was said, and what can be told is.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/session/websocket/harness.hpp"

namespace weir::session::test {
namespace {

struct step {
    side from;
    std::string bytes;
};

struct dialog {
    std::string name;
    std::string extensions;
    std::vector<step> steps;
};

/// Each says something that nobody else says.
std::vector<dialog> dialogs() {
    std::vector<dialog> all;
    const auto both = [](std::vector<step>& steps, const frame& f) {
        for (const side s : {side::client, side::server}) steps.push_back({s, from(s, f)});
    };
    dialog plain{"plain", "", {}};
    both(plain.steps, text("the first message of either"));
    both(plain.steps, {1, "a message in ", false});
    both(plain.steps, {9, "ping between"});
    both(plain.steps, {0, "two frames"});
    both(plain.steps, {10, "ping between"});
    both(plain.steps, {2, std::string(130, '\xfe')});
    both(plain.steps, text("{\"type\":\"the last one\"}"));
    both(plain.steps, {8, close_payload(1000, "that is all")});
    all.push_back(plain);
    for (const bool takes_over : {true, false}) {
        compressor up(15, takes_over), down(15, takes_over);
        dialog packed{takes_over ? "takeover" : "no takeover",
                      takes_over
                          ? "permessage-deflate"
                          : "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
                      {}};
        for (int i = 0; i < 3; ++i) {
            const std::string said = "message number " + std::to_string(i) + " says what all the others say";
            packed.steps.push_back({side::client, from_client(compressed(up(said)))});
            packed.steps.push_back({side::server, from_server(compressed(down(said)))});
        }
        all.push_back(packed);
    }
    return all;
}

lines told(const conversation& w) {
    lines all = short_forms(w.messages());
    std::sort(all.begin(), all.end());
    return all;
}
lines whole(const dialog& d) {
    conversation w(d.extensions);
    for (const step& s : d.steps) w.say(s.from, s.bytes);
    w.end_and_close();
    EXPECT_TRUE(w.anomalies().empty()) << d.name;
    return told(w);
}

/// Every byte of a side is accounted for, and what is complete was said.
void expect_truth(const conversation& w, const dialog& d, const lines& expected, const std::string& what) {
    const std::multiset<std::string> may_say(expected.begin(), expected.end());
    for (const json& m : w.messages()) {
        if (m.contains("complete") || !m.contains("size")) continue;
        EXPECT_TRUE(may_say.contains(short_form(m))) << d.name << ", " << what << ": " << short_form(m);
    }
    for (const side s : {side::client, side::server}) {
        std::size_t said = 0;
        for (const step& one : d.steps) said += one.from == s ? one.bytes.size() : 0;
        const json totals = w.ending()[s == side::client ? "from_client" : "from_server"];
        EXPECT_LE(totals["bytes"].get<std::size_t>() + totals["missing"].get<std::size_t>(), said);
        EXPECT_LE(totals["unframed"], totals["bytes"]);
    }
}

TEST(websocket_loss, says_the_same_wherever_a_packet_ends) {
    for (const dialog& d : dialogs()) {
        const lines expected = whole(d);
        for (std::size_t i = 0; i < d.steps.size(); ++i) {
            const std::string_view bytes = d.steps[i].bytes;
            for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
                conversation w(d.extensions);
                for (std::size_t j = 0; j < d.steps.size(); ++j) {
                    w.say(d.steps[j].from, j == i ? bytes.substr(0, cut) : d.steps[j].bytes);
                    if (j == i) w.say(d.steps[j].from, bytes.substr(cut));
                }
                w.end_and_close();
                ASSERT_EQ(told(w), expected) << d.name << ", step " << i << " cut at " << cut;
            }
        }
    }
}

TEST(websocket_loss, says_the_same_byte_by_byte_and_in_one_packet) {
    for (const dialog& d : dialogs()) {
        conversation bytewise(d.extensions), at_once(d.extensions);
        for (const step& s : d.steps)
            for (const char& c : s.bytes) bytewise.say(s.from, {&c, 1});
        for (const side from : {side::client, side::server}) {
            std::string all;
            for (const step& s : d.steps) all += s.from == from ? s.bytes : "";
            at_once.say(from, all);
        }
        bytewise.end_and_close();
        at_once.end_and_close();
        EXPECT_EQ(told(bytewise), whole(d)) << d.name;
        EXPECT_EQ(told(at_once), whole(d)) << d.name;
    }
}

TEST(websocket_loss, truncated_it_says_a_part_and_what_is_not_complete) {
    for (const dialog& d : dialogs()) {
        const lines expected = whole(d);
        for (std::size_t i = 0; i < d.steps.size(); ++i) {
            for (std::size_t cut = 0; cut < d.steps[i].bytes.size(); ++cut) {
                conversation w(d.extensions);
                for (std::size_t j = 0; j < i; ++j) w.say(d.steps[j].from, d.steps[j].bytes);
                w.say(d.steps[i].from, std::string_view(d.steps[i].bytes).substr(0, cut));
                w.close(event::close_reason::end_of_capture);
                expect_truth(w, d, expected, "step " + std::to_string(i) + " ends at " + std::to_string(cut));
            }
        }
    }
}

TEST(websocket_loss, a_hole_anywhere_invents_nothing) {
    for (const dialog& d : dialogs()) {
        const lines expected = whole(d);
        for (std::size_t i = 0; i < d.steps.size(); ++i) {
            const std::string_view bytes = d.steps[i].bytes;
            for (std::size_t at = 0; at < bytes.size(); ++at) {
                for (const std::size_t length : {std::size_t{1}, bytes.size() - at}) {
                    if (at + length > bytes.size()) continue;
                    conversation w(d.extensions);
                    for (std::size_t j = 0; j < d.steps.size(); ++j) {
                        w.say(d.steps[j].from, j == i ? bytes.substr(0, at) : d.steps[j].bytes);
                        if (j != i) continue;
                        w.lose(d.steps[j].from, length);
                        w.say(d.steps[j].from, bytes.substr(at + length));
                    }
                    w.end_and_close();
                    expect_truth(w, d, expected,
                                 "hole of " + std::to_string(length) + " at " + std::to_string(i) + "/" +
                                     std::to_string(at));
                }
            }
        }
    }
}

TEST(websocket_loss, a_lost_packet_costs_what_was_in_it) {
    const dialog d = dialogs().front();
    const lines expected = whole(d);
    for (std::size_t i = 0; i < d.steps.size(); ++i) {
        conversation w;
        for (std::size_t j = 0; j < d.steps.size(); ++j) {
            if (j == i)
                w.lose(d.steps[j].from, d.steps[j].bytes.size());
            else
                w.say(d.steps[j].from, d.steps[j].bytes);
        }
        w.end_and_close();
        expect_truth(w, d, expected, "lost " + std::to_string(i));
        // The message of a lost frame is lost or not complete, and so is one that was open around it; what
        // follows is found.
        const std::size_t cost = i == 4 || i == 5 ? 2 : 1;
        std::size_t complete = 0;
        for (const json& m : w.messages()) complete += m.contains("complete") ? 0U : 1U;
        EXPECT_EQ(complete + (i < 14 ? cost : 0), expected.size()) << "without step " << i;
    }
}

TEST(websocket_loss, packets_of_the_two_sides_may_come_in_another_order) {
    for (const dialog& d : dialogs()) {
        for (std::size_t i = 0; i + 1 < d.steps.size(); ++i) {
            if (d.steps[i].from == d.steps[i + 1].from) continue; // reassembly puts those in order
            conversation w(d.extensions);
            std::vector<step> swapped = d.steps;
            std::swap(swapped[i], swapped[i + 1]);
            for (const step& s : swapped) w.say(s.from, s.bytes);
            w.end_and_close();
            EXPECT_EQ(told(w), whole(d)) << d.name << " " << i;
        }
    }
}

TEST(websocket_loss, a_hole_inside_a_payload_is_counted_and_passed_over) {
    conversation w;
    const std::string one = from_client(text(std::string(1000, 'a') + "end"));
    w.client(one.substr(0, 106));
    w.lose(side::client, 900, event::missing_cause::kernel_drop);
    w.client(one.substr(1006) + from_client(text("next")));
    w.end_and_close();
    const std::vector<json> said = w.messages();
    ASSERT_EQ(said.size(), 2U);
    EXPECT_EQ(said[0]["missing"], (json{{"bytes", 900}, {"cause", "kernel_drop"}}));
    EXPECT_EQ(said[0]["complete"], false);
    EXPECT_EQ(said[0]["data"], std::string(100 - 2, 'a')) << "up to the hole";
    EXPECT_EQ(said[1]["data"], "next");
    EXPECT_EQ(w.ending()["from_client"]["unframed"], 0);
}

TEST(websocket_loss, frames_are_found_again_in_the_middle_of_a_packet) {
    conversation w;
    w.say_frame(side::client, text("before"));
    w.lose(side::client, 50);
    std::string packet = "the rest of a frame whose header is lost";
    for (int i = 0; i < 4; ++i) packet += from_client(text("message " + std::to_string(i)));
    w.client(packet);
    w.end_and_close();
    EXPECT_EQ(short_forms(w.messages()),
              (lines{R"(client text "before")", R"(client text "message 0")", R"(client text "message 1")",
                     R"(client text "message 2")", R"(client text "message 3")"}));
    EXPECT_EQ(w.ending()["from_client"]["unframed"], 40);
    EXPECT_EQ(w.ending()["from_client"]["missing"], 50);
    EXPECT_TRUE(w.anomalies().empty());
}

TEST(websocket_loss, a_side_that_is_lost_says_so_and_may_be_found_later) {
    websocket::limits few;
    few.held_bytes = 100;
    limits most;
    most.of<websocket::application>() = few;
    for (const bool is_found : {false, true}) {
        conversation w({}, {}, most);
        w.lose(side::server, 10);
        for (int i = 0; i < 5; ++i) w.server(std::string(60, static_cast<char>(0xf0 + i)));
        if (is_found) w.say_frame(side::server, text("a message that is long enough to be sure"));
        w.end_and_close();
        EXPECT_EQ(w.anomalies(), lines{"websocket.framing_lost"});
        EXPECT_EQ(w.ending()["from_server"].contains("lost"), !is_found);
        EXPECT_EQ(w.messages().size(), is_found ? 1U : 0U);
        EXPECT_EQ(w.ending()["from_server"]["unframed"], 300);
    }
}

TEST(websocket_loss, a_packet_larger_than_what_is_held_is_looked_into) {
    conversation w;
    w.lose(side::server, 10);
    std::string packet(20'000, '\xff');
    for (int i = 0; i < 4; ++i) packet += from_server(text("message " + std::to_string(i)));
    w.server(packet);
    w.end_and_close();
    EXPECT_EQ(w.messages().size(), 4U);
    EXPECT_EQ(w.ending()["from_server"]["unframed"], 20'000);
}

TEST(websocket_loss, the_rest_of_a_message_is_a_continuation) {
    conversation w;
    w.say_frame(side::client, {1, "the beginning, ", false});
    w.lose(side::client, 30);
    w.say_frame(side::client, {0, "something in the middle, ", false});
    w.say_frame(side::client, {0, "the end of it"});
    w.say_frame(side::client, text("another message"));
    w.end_and_close();
    const std::vector<json> said = w.messages();
    ASSERT_EQ(said.size(), 3U);
    EXPECT_EQ(short_form(said[0]), R"(client text "the beginning, " complete false missing)");
    EXPECT_EQ(said[1]["opcode"], "continuation");
    EXPECT_EQ(said[1]["data"], "something in the middle, the end of it");
    EXPECT_EQ(said[1]["complete"], false);
    EXPECT_TRUE(w.anomalies().empty());
}

TEST(websocket_loss, is_found_in_mid_stream_where_both_sides_leave_no_doubt) {
    const auto play = [](const std::vector<step>& steps) {
        wire w;
        w.identity.is_midstream = true;
        for (const step& s : steps) w.say(s.from, s.bytes);
        w.end_and_close();
        return w.events();
    };
    const std::vector<json> found = play({{side::client, from_client(text("{\"type\":\"subscribe\"}"))},
                                          {side::server, from_server(text("{\"type\":\"subscribed\"}"))},
                                          {side::client, from_client({9, ""})},
                                          {side::server, from_server({10, ""})}});
    ASSERT_EQ(found.size(), 6U);
    EXPECT_EQ(found[0]["event"], "websocket.open");
    EXPECT_EQ(found[0]["midstream"], true);
    EXPECT_FALSE(found[0].contains("exchange"));
    EXPECT_EQ(found[1]["data"], "{\"type\":\"subscribe\"}");
    EXPECT_EQ(found[4]["timing"]["latency"], 0.001);
    EXPECT_TRUE(play({{side::client, from_client({9, ""})}, {side::server, from_server({10, ""})}}).empty())
        << "eight bytes prove nothing";
    EXPECT_TRUE(
        play({{side::client, std::string(100, '\x17')}, {side::server, std::string(100, '\x81')}}).empty());
}

} // namespace
} // namespace weir::session::test
