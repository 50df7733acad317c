// Text in declared charsets: decoded to UTF-8 and named, cut at a character, left as bytes where it is not
// true.
#include <gtest/gtest.h>

#include "session/coding/charset.hpp"
#include "tests/session/harness.hpp"

namespace weir::session::test {
namespace {

/// The body of a response with this Content-Type, with `limit` bytes kept, told in pieces of `step` bytes.
json body_of(std::string_view type, std::string_view bytes, std::uint64_t limit = 1 << 20,
             std::size_t step = 1000) {
    charsets tables;
    wire w({.bodies = true, .body_limit = limit, .charsets = &tables});
    w.client("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    w.server("HTTP/1.1 200 OK\r\nContent-Type: " + std::string(type) +
             "\r\nContent-Length: " + std::to_string(bytes.size()) + "\r\n\r\n");
    for (std::size_t at = 0; at < bytes.size(); at += step) w.server(bytes.substr(at, step));
    return w.exchanges().at(0)["response"]["body"];
}

using namespace std::string_view_literals;

TEST(charset, every_one_of_ours_becomes_utf8_and_is_named) {
    const struct {
        std::string_view type, bytes, text, name;
    } cases[] = {
        {"text/html; charset=ISO-8859-1", "caf\xe9"sv, "caf\xc3\xa9", "ISO-8859-1"},
        {"text/html;charset=\"latin1\"", "\xdc"sv, "\xc3\x9c", "ISO-8859-1"},
        {"text/html; CHARSET=Windows-1252", "\x80 5"sv, "\xe2\x82\xac 5", "windows-1252"},
        {"text/plain; x=y; charset=utf-16le", "a\0\xe9\0"sv, "a\xc3\xa9", "UTF-16LE"},
        {"text/plain; charset=utf-16be", "\0a\0\xe9"sv, "a\xc3\xa9", "UTF-16BE"},
        {"text/plain; charset=utf-16",
         "\xff\xfe"
         "a\0"sv,
         "a", "UTF-16"},
        {"text/plain; charset=utf-16", "\xfe\xff\0a\xd8\x3d\xde\0"sv, "a\xf0\x9f\x98\x80", "UTF-16"},
        {"text/html; charset=Shift_JIS", "\x93\xfa\x96\x7b\\"sv, "\xe6\x97\xa5\xe6\x9c\xac\\", "Shift_JIS"},
        {"text/html; charset=ISO-8859-1", "plain"sv, "plain", "ISO-8859-1"},
    };
    for (const auto& c : cases) {
        for (const std::size_t step : {std::size_t{1}, std::size_t{1000}}) {
            const json b = body_of(c.type, c.bytes, 1000, step);
            EXPECT_EQ(b["data"], c.text) << c.type;
            EXPECT_EQ(b["charset"], c.name);
            EXPECT_EQ(b["size"], c.bytes.size());
        }
    }
}

TEST(charset, a_long_text_is_decoded_over_every_seam) {
    std::string sjis, utf8;
    for (int i = 0; i < 10'000; ++i) {
        sjis += i % 7 == 0 ? "x" : "\x93\xfa";
        utf8 += i % 7 == 0 ? "x" : "\xe6\x97\xa5";
    }
    EXPECT_EQ(body_of("text/html; charset=sjis", sjis)["data"], utf8);
}

TEST(charset, bytes_that_are_not_in_it_stay_bytes) {
    for (const auto& [type, bytes] :
         {std::pair("text/html; charset=windows-1252", "\x81\xff"sv),
          std::pair("text/html; charset=shift_jis", "ok \x93"sv),
          std::pair("text/html; charset=utf-16", "\0\xd8\0\xd8"sv),
          std::pair("text/html; charset=koi8-r", "\xc1\xc2"sv),
          std::pair("text/html; charset=utf-8", "\xc1\xc2"sv), std::pair("image/png", "\x89PNG"sv)}) {
        const json b = body_of(type, bytes);
        EXPECT_TRUE(b["data"].contains("base64")) << type;
        EXPECT_FALSE(b.contains("charset")) << type;
    }
}

TEST(charset, without_tables_text_stays_bytes) {
    wire w({.bodies = true});
    w.client("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    w.server("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=latin1\r\nContent-Length: 1\r\n\r\n\xe9");
    EXPECT_TRUE(w.exchanges().at(0)["response"]["body"]["data"].contains("base64"));
}

TEST(charset, a_limit_inside_a_character_cuts_before_it) {
    const std::string text = "a\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80z";
    const std::size_t ends[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10};
    for (std::size_t limit = 0; limit <= 10; ++limit) {
        const json b = body_of("application/json", text, limit);
        EXPECT_EQ(b["data"], text.substr(0, ends[limit])) << limit;
        EXPECT_EQ(b["truncated"], true);
    }
    EXPECT_EQ(body_of("text/html; charset=shift_jis", "\x93\xfa\x93\xfa", 3)["data"], "\xe6\x97\xa5");
    EXPECT_EQ(body_of("text/html; charset=utf-16be", "\0a\0b"sv, 3)["data"], "a");
}

TEST(charset, bytes_that_are_no_text_are_cut_at_the_limit_itself) {
    EXPECT_EQ(body_of("image/png", "\xff\xfe\xc3\xa9"sv, 3)["data"]["base64"], "//7D");
}

TEST(charset, a_whole_body_with_half_a_character_stays_bytes) {
    EXPECT_TRUE(body_of("text/plain", "caf\xc3")["data"].contains("base64"));
}

} // namespace
} // namespace weir::session::test
