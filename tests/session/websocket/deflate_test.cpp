// permessage-deflate (RFC 7692): every window and takeover setting of both sides, messages in many frames,
// last blocks, what is broken, and what a hole makes unreadable.
#include <gtest/gtest.h>

#include <random>

#include "tests/session/websocket/harness.hpp"

namespace weir::session::test {
namespace {

/// Text that repeats itself at every distance up to `span`.
std::string repeating_text(std::size_t size, std::size_t span, unsigned seed) {
    std::mt19937 random(seed);
    std::string text;
    while (text.size() < size) {
        if (text.size() > 40 && random() % 2 == 0) {
            const std::size_t back = std::min<std::size_t>(text.size(), 1 + random() % span);
            text += text.substr(text.size() - back, 3 + random() % 30);
        } else {
            text += static_cast<char>('a' + random() % 26);
        }
    }
    text.resize(size);
    return text;
}

TEST(websocket_deflate, every_window_and_takeover_setting_of_both_sides) {
    for (int client_bits = 8; client_bits <= 15; ++client_bits) {
        for (int server_bits = 8; server_bits <= 15; ++server_bits) {
            for (int takeover = 0; takeover < 4; ++takeover) {
                std::string extension =
                    "permessage-deflate; client_max_window_bits=" + std::to_string(client_bits) +
                    "; server_max_window_bits=" + std::to_string(server_bits);
                if ((takeover & 1) == 0) extension += "; client_no_context_takeover";
                if ((takeover & 2) == 0) extension += "; server_no_context_takeover";
                compressor up(client_bits, (takeover & 1) != 0), down(server_bits, (takeover & 2) != 0);
                conversation w(extension, {.bodies = true});
                std::vector<std::string> said;
                for (unsigned i = 0; i < 3; ++i) {
                    said.push_back(repeating_text(3000, 2000, i / 2));
                    w.say_frame(side::client, compressed(up(said.back())));
                    said.push_back(repeating_text(2000, 2000, i / 2));
                    w.say_frame(side::server, compressed(down(said.back()), 2));
                }
                w.end_and_close();
                const std::vector<json> told = w.messages();
                ASSERT_EQ(told.size(), said.size()) << extension;
                for (std::size_t i = 0; i < said.size(); ++i) {
                    ASSERT_EQ(told[i]["data"], said[i]) << extension;
                    ASSERT_EQ(told[i]["size"], said[i].size());
                    ASSERT_LT(told[i]["compressed_size"].get<std::size_t>(), said[i].size());
                }
                EXPECT_TRUE(w.anomalies().empty()) << extension;
                const json agreed = w.events("websocket.open")[0]["deflate"];
                EXPECT_EQ(agreed["client_window_bits"], client_bits);
                EXPECT_EQ(agreed["server_window_bits"], server_bits);
            }
        }
    }
}

TEST(websocket_deflate, a_message_cut_into_frames_anywhere) {
    const std::string said = repeating_text(300, 100, 1);
    const std::string packed = compressor()(said);
    for (std::size_t cut = 0; cut <= packed.size(); ++cut) {
        conversation w("permessage-deflate");
        w.say_frame(side::client, {1, packed.substr(0, cut), false, 4});
        w.say_frame(side::client, {9, "between"});
        w.say_frame(side::client, {0, packed.substr(cut)});
        w.end_and_close();
        ASSERT_EQ(w.messages().size(), 2U);
        EXPECT_EQ(w.messages()[1]["data"], said) << cut;
        EXPECT_TRUE(w.anomalies().empty());
    }
}

TEST(websocket_deflate, messages_that_are_not_compressed_may_stand_between) {
    compressor pack;
    conversation w("permessage-deflate");
    w.say_frame(side::client, compressed(pack("say it once")));
    w.say_frame(side::client, text("plainly"));
    w.say_frame(side::client, compressed(pack("say it once, and again")));
    w.say_frame(side::client, compressed(""));
    w.say_frame(side::client, compressed(std::string(1, '\0')));
    w.end_and_close();
    EXPECT_EQ(short_forms(w.messages()),
              (lines{R"(client text "say it once" compressed)", R"(client text "plainly")",
                     R"(client text "say it once, and again" compressed)", R"(client text "" compressed)",
                     R"(client text "" compressed)"}));
    EXPECT_TRUE(w.anomalies().empty());
}

// RFC 7692 section 7.2.3.4: a last block ends no message, and what follows refers to what was before it.
TEST(websocket_deflate, a_last_block_ends_nothing) {
    conversation w("permessage-deflate");
    const std::string hello("\xf3\x48\xcd\xc9\xc9\x07\x00", 7);
    w.say_frame(side::client, compressed(hello + std::string(1, '\0')));
    w.say_frame(side::client, compressed(hello));
    // "Hello" again, by its distance.
    w.say_frame(side::client, compressed(std::string("\xf2\x00\x11\x00\x00", 5)));
    w.end_and_close();
    EXPECT_EQ(short_forms(w.messages()),
              (lines{R"(client text "Hello" compressed)", R"(client text "Hello" compressed)",
                     R"(client text "Hello" compressed)"}));
    EXPECT_TRUE(w.anomalies().empty());
}

TEST(websocket_deflate, what_is_no_deflate_is_said_to_be_none) {
    for (const std::string& broken : {std::string(20, '\xff'), std::string("\x00\x05", 2)}) {
        compressor pack;
        conversation w("permessage-deflate");
        w.say_frame(side::client, compressed(broken));
        w.say_frame(side::client, compressed(pack("a new beginning")));
        w.end_and_close();
        EXPECT_EQ(w.anomalies(), lines{"websocket.deflate_invalid"});
        ASSERT_EQ(w.messages().size(), 2U);
        EXPECT_FALSE(w.messages()[0].contains("size"));
        EXPECT_EQ(w.messages()[0]["compressed_size"], broken.size());
        EXPECT_EQ(w.messages()[1]["data"], "a new beginning");
    }
}

TEST(websocket_deflate, what_refers_to_lost_bytes_is_not_guessed) {
    for (const bool takes_over : {true, false}) {
        compressor pack(15, takes_over);
        conversation w(takes_over ? "permessage-deflate" : "permessage-deflate; client_no_context_takeover");
        const std::string once = "what was said once need not be said again, 19283746";
        w.say_frame(side::client, compressed(pack(once)));
        const std::string lost = from_client(compressed(pack("this is lost: zxywvutsrq0987654321")));
        w.lose(side::client, lost.size());
        w.say_frame(side::client, compressed(pack("this is lost: zxywvutsrq0987654321, and this is not")));
        w.say_frame(side::client, compressed(pack("nothing else says 5647382910fgdhsjaktyr")));
        w.end_and_close();
        const std::vector<json> said = w.messages();
        ASSERT_EQ(said.size(), 3U) << takes_over;
        EXPECT_EQ(said[1].contains("size"), !takes_over) << said[1];
        if (takes_over) {
            EXPECT_EQ(said[1].value("data", "").find("zxy"), std::string::npos);
        }
        EXPECT_TRUE(w.anomalies().empty()) << "nobody did wrong";
        EXPECT_EQ(w.ending()["from_client"]["missing"], lost.size());
    }
}

} // namespace
} // namespace weir::session::test
