// What HAR is made of: strings, URLs, queries, cookies and dates off the wire, and a file that is whole
// between two writes, and after one that failed.
#include "output/har_text.hpp"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <iterator>
#include <sys/resource.h>
#include <unistd.h>

#include "output/destination.hpp"

namespace weir::output {
namespace {

std::string put(const std::function<void(event::line_buffer&)>& f) {
    event::line_buffer out;
    f(out);
    return std::string(out.view());
}

std::string query(std::string_view target) {
    return put([&](event::line_buffer& out) { har::put_query(out, target); });
}
std::string url(std::string_view text) {
    return put([&](event::line_buffer& out) { har::put_url(out, text); });
}
std::string cookies(std::string_view field) {
    return put([&](event::line_buffer& out) { har::put_cookies(out, field); });
}
std::string set_cookie(std::string_view field) {
    return put([&](event::line_buffer& out) { har::put_set_cookie(out, field); });
}

TEST(HarText, BytesThatAreNoUtf8AreReadAsLatin1) {
    event::line_buffer out;
    EXPECT_TRUE(har::put_string(out, "gr\xc3\xbc\xc3\x9f"));
    EXPECT_FALSE(har::put_string(out, "\xe4\"\xff"));
    EXPECT_EQ(out.view(), "\"gr\xc3\xbc\xc3\x9f\"\"\xc3\xa4\\\"\xc3\xbf\"");
}

TEST(HarText, MillisecondsHaveSixDecimals) {
    for (const auto& [n, text] : {std::pair<std::int64_t, const char*>{0, "0.000000"},
                                  {1, "0.000001"},
                                  {1'234'567'890, "1234.567890"},
                                  {-5, "0.000000"}})
        EXPECT_EQ(put([n = n](event::line_buffer& out) { har::put_milliseconds(out, {n}); }), text);
}

TEST(HarText, AUrlHoldsWhatRfc3986Allows) {
    EXPECT_EQ(url("http://a:80/b?c=d&e=%20+f"), "\"http://a:80/b?c=d&e=%20+f\"");
    EXPECT_EQ(url("http://[::1]:80/[x]"), "\"http://[::1]:80/%5Bx%5D\"");
    EXPECT_EQ(url("http://a/ \"<>\\^`{|}#%zz%4\xc3\xa4\x01"),
              "\"http://a/%20%22%3C%3E%5C%5E%60%7B%7C%7D%23%25zz%254%C3%A4%01\"");
    EXPECT_EQ(url("http://a[b/"), "\"http://a%5Bb/\"");
}

TEST(HarText, AQueryIsDecodedAsAForm) {
    EXPECT_EQ(query("/a"), "[]");
    EXPECT_EQ(query("/a?"), "[]");
    EXPECT_EQ(query("/a?b=c+d&&e&=f&g=%41=%zz%"),
              R"([{"name":"b","value":"c d"},{"name":"e","value":""},{"name":"","value":"f"},)"
              R"({"name":"g","value":"A=%zz%"}])");
}

TEST(HarText, CookiesAreTakenApart) {
    EXPECT_EQ(cookies("a=1; b=x=y;; c ;"),
              R"(,{"name":"a","value":"1"},{"name":"b","value":"x=y"},{"name":"c","value":""})");
    EXPECT_EQ(
        set_cookie("a=1; Path=/; HttpOnly; SECURE; domain=x.y; SameSite=Lax; Expires=Wed, 21 Oct 2015 "
                   "07:28:00 GMT; Max-Age=1"),
        R"(,{"name":"a","value":"1","path":"/","domain":"x.y","expires":"2015-10-21T07:28:00.000000000Z",)"
        R"("httpOnly":true,"secure":true,"sameSite":"Lax"})");
    EXPECT_EQ(set_cookie("a"), R"(,{"name":"a","value":"","httpOnly":false,"secure":false})");
    EXPECT_EQ(set_cookie("a=b; expires=soon"),
              R"(,{"name":"a","value":"b","httpOnly":false,"secure":false})");
}

TEST(HarText, DatesOfCookies) {
    constexpr std::int64_t second = 1'000'000'000, expected = 1'445'412'480 * second;
    for (const char* text : {"Wed, 21 Oct 2015 07:28:00 GMT", "Wednesday, 21-Oct-15 07:28:00 GMT",
                             "Wed Oct 21 07:28:00 2015", "21 october 2015 7:28:0"}) {
        const auto date = har::cookie_date(text);
        ASSERT_TRUE(date) << text;
        EXPECT_EQ(date->since_epoch, expected) << text;
    }
    for (const char* text :
         {"", "soon", "21 Oct 2015", "Wed, 31 Feb 2015 07:28:00 GMT", "Wed, 21 Oct 2015 24:00:00 GMT",
          "Wed, 21 Oct 1066 07:28:00 GMT", "Wed, 21 Oct 9999 07:28:00 GMT", "Wed, 21 Oct 2015 07:28 GMT"})
        EXPECT_FALSE(har::cookie_date(text)) << text;
}

class ClosedFile : public testing::Test {
protected:
    void SetUp() override {
        const int fd = ::mkstemp(path.data());
        ASSERT_GE(fd, 0);
        to = std::make_unique<destination>(fd, true);
        to->end_with("]\n");
    }
    void TearDown() override { ::unlink(path.c_str()); }
    [[nodiscard]] std::string content() const {
        std::ifstream in(path);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    written write(std::string_view text) { return to->write(text); }

    std::string path = "/tmp/weir-har-XXXXXX";
    std::unique_ptr<destination> to;
};

TEST_F(ClosedFile, IsWholeBetweenTwoWrites) {
    EXPECT_EQ(write("[1"), written::all);
    EXPECT_EQ(content(), "[1]\n");
    EXPECT_EQ(write(""), written::all);
    EXPECT_EQ(content(), "[1]\n");
    EXPECT_EQ(write(",2,3"), written::all);
    EXPECT_EQ(content(), "[1,2,3]\n");
}

TEST_F(ClosedFile, IsWholeWhereThereWasNoRoomForMore) {
    std::signal(SIGXFSZ, SIG_IGN);
    ASSERT_EQ(write("[1"), written::all);
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    rlimit small = before;
    small.rlim_cur = 10;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    std::string_view text = ",\"longer than ten bytes\"";
    EXPECT_EQ(to->write(text), written::full);
    ::setrlimit(RLIMIT_FSIZE, &before);
    EXPECT_EQ(content(), "[1]\n      ");
    EXPECT_FALSE(to->error().empty());
}

} // namespace
} // namespace weir::output
