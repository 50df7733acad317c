// The form at the terminal of an event that has none of its own: one line, whatever its fields hold.
#include "output/text_fields.hpp"

#include <gtest/gtest.h>

#include "tests/event/sample_event.hpp"

namespace weir::output {
namespace {

using event::value;
using event::test::record;
using event::test::sample;

std::string text_of(const sample& e, bool coloured = false) {
    text_writer out(coloured);
    put_text_event(out, e);
    return std::string(out.view());
}

std::string text_of(const value& v) {
    text_writer out(false);
    put_text_value(out, v);
    return std::string(out.view());
}

std::string quoted_text(std::string_view bytes) {
    text_writer out(false);
    put_quoted(out, bytes);
    return std::string(out.view());
}

TEST(TextFields, AnEventIsOneLineOfItsMembers) {
    const std::array<std::uint16_t, 2> ports{80, 443};
    const std::array<record, 2> records{record{{"a.example"}, {1}, 300, ports},
                                        record{{"b c"}, {65280}, {}, {}}};
    const std::array<std::optional<event::wire>, 2> parameters{event::wire{"7"}, std::nullopt};
    sample e;
    e.ts = {1767323045'012'345'678};
    e.connection.conn = 7;
    e.flag = false;
    e.offset = -3;
    e.score = 0.5;
    e.option = event::code<event::test::option_codes>{11};
    e.answers = records;
    e.parameters = parameters;
    e.reply = value{event::wire{"OK"}};
    e.note = {"line\nbreak"};
    EXPECT_EQ(text_of(e),
              "03:04:05.012 #7 0.0.0.0:0 - 0.0.0.0:0 test.sample flag=false offset=-3 balance=0 score=0.5 "
              "paint=red option=11 answers=[{name=a.example type=A ttl=300 ports=[80 443]} "
              "{name=\"b c\" type=TYPE65280}] parameters=[7 null] reply=OK note=line\\x0abreak\n");
    EXPECT_NE(text_of(e, true).find("\x1b[2mpaint=\x1b[0mred"), std::string::npos);
}

TEST(TextFields, WireBytesCannotImitateMembers) {
    EXPECT_EQ(quoted_text("plain/text-1.2?3"), "plain/text-1.2?3");
    EXPECT_EQ(quoted_text(""), "\"\"");
    EXPECT_EQ(quoted_text("a b"), "\"a b\"");
    EXPECT_EQ(quoted_text("x=1"), "\"x=1\"");
    EXPECT_EQ(quoted_text("[1]"), "\"[1]\"");
    EXPECT_EQ(quoted_text(R"(say "hi" \o/)"), R"("say \"hi\" \\o/")");
    EXPECT_EQ(quoted_text("\x1b[2J"), "\"\\x1b[2J\"");
    EXPECT_EQ(quoted_text("\xc2\x9b\xff"), "\\xc2\\x9b\\xff");
}

TEST(TextFields, LongTextIsCutAtACharacterAndSaysSo) {
    EXPECT_EQ(quoted_text(std::string(most_text, 'a')), std::string(most_text, 'a'));
    EXPECT_EQ(quoted_text(std::string(most_text + 5, 'a')), std::string(most_text, 'a') + "+5 more");
    const std::string character = "\xe2\x82\xac";
    for (std::size_t before = 0; before < 3; ++before) {
        std::string text(most_text - 1 - before, 'a');
        text += character + character;
        const std::string shown = quoted_text(text);
        EXPECT_EQ(shown.find("\\x"), std::string::npos) << before << ' ' << shown;
        EXPECT_NE(shown.find(" more"), std::string::npos) << before;
    }
    EXPECT_EQ(quoted_text(std::string(most_text + 1, '\x80')).substr(most_text * 4), "+1 more");
}

TEST(TextFields, LongListsAreCutAndSaySo) {
    std::vector<value> list(most_elements + 2, value{std::uint64_t{1}});
    EXPECT_EQ(text_of(value{event::value_list{list.data(), 3}}), "[1 1 1]");
    EXPECT_EQ(text_of(value{event::value_list{list.data(), 0}}), "[]");
    EXPECT_TRUE(text_of(value{event::value_list{list.data(), list.size()}}).ends_with(" 1 +2 more]"));
}

TEST(TextFields, ValuesNestNoDeeperThanTheLimit) {
    std::vector<value> chain(100'001);
    for (std::size_t i = 1; i < chain.size(); ++i) chain[i].of = event::value_list{&chain[i - 1], 1};
    EXPECT_EQ(text_of(chain[event::most_nested]), "[[[[[[[[null]]]]]]]]");
    EXPECT_EQ(text_of(chain.back()), "[[[[[[[[...]]]]]]]]");
    const event::value_pair pair{{event::wire{"a key"}}, {-1.5}};
    const event::value_member member{"name", {common::ip_address{}}};
    EXPECT_EQ(text_of(value{event::value_pairs{&pair, 1}}), "[\"a key\"=-1.5]");
    EXPECT_EQ(text_of(value{event::value_object{&member, 1}}), "[name=0.0.0.0]");
}

TEST(TextFields, NoByteOfTheWireEndsTheLine) {
    for (int first = 0; first < 256; ++first) {
        const std::string bytes{'a', static_cast<char>(first), 'b'};
        sample e;
        e.note = {bytes};
        const std::string text = text_of(e);
        for (std::size_t i = 0; i + 1 < text.size(); ++i)
            ASSERT_TRUE(static_cast<unsigned char>(text[i]) >= 0x20 && text[i] != 0x7f) << first;
    }
}

} // namespace
} // namespace weir::output
