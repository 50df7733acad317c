// JSON lines: the exact shapes of the design, every byte of the wire recoverable, nothing unescaped.
#include "event/json.hpp"

#include <array>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "event/json_value.hpp"
#include "event/registry.hpp"

namespace weir::event {
namespace {

std::string line(const any_event& e) {
    json_writer w;
    w.append(e);
    return std::string(w.lines());
}

std::string wire_json(std::string_view bytes) {
    line_buffer b;
    put_wire(b, bytes);
    return std::string(b.view());
}

std::string headers_json(const std::vector<header>& list) {
    line_buffer b;
    put_header_object(b, list);
    return std::string(b.view());
}

connection_ref some_connection() {
    connection_ref c;
    c.conn = 1;
    c.community_id = "1:abc";
    c.client = {common::ip_address::v4(std::array<std::uint8_t, 4>{10, 0, 0, 1}), 41000};
    c.server = {common::ip_address::v4(std::array<std::uint8_t, 4>{10, 0, 0, 2}), 80};
    return c;
}

TEST(Json, TcpCloseHasTheShapeOfTheDesign) {
    tcp_close e;
    e.ts = {1767323045000000123};
    e.connection = some_connection();
    e.start = {1767323044000000000};
    e.duration = {1000000123};
    e.handshake = common::nanoseconds{210000};
    e.reason = close_reason::fin;
    e.by = side::client;
    e.state = "SF";
    e.history = "ShADadfF";
    e.midstream = true;
    e.from_client = {6, 512, 512, 0, 0, 0, 0, 0};
    e.from_server = {5, 2048, 1024, 0, 1, 0, 0, 0};
    EXPECT_EQ(
        line(&e),
        R"({"ts":"2026-01-02T03:04:05.000000123Z","event":"tcp.close","conn":1,"community_id":"1:abc",)"
        R"("client":{"ip":"10.0.0.1","port":41000},"server":{"ip":"10.0.0.2","port":80},)"
        R"("start":"2026-01-02T03:04:04.000000000Z","duration":1.000000123,"handshake":0.000210000,)"
        R"("reason":"fin","by":"client","state":"SF","history":"ShADadfF","midstream":true,)"
        R"("from_client":{"packets":6,"payload":512,"bytes":512,"missing":0,"retransmits":0,"out_of_order":0,"overlaps":0,"zero_windows":0},)"
        R"("from_server":{"packets":5,"payload":2048,"bytes":1024,"missing":0,"retransmits":1,"out_of_order":0,"overlaps":0,"zero_windows":0}})"
        "\n");
}

TEST(Json, MembersThatDoNotApplyAreLeftOut) {
    tcp_close e;
    e.connection = some_connection();
    const std::string text = line(&e);
    for (const char* absent : {"handshake", "\"by\"", "midstream", "history", "null"})
        EXPECT_EQ(text.find(absent), std::string::npos) << absent;
}

TEST(Json, AnAnomalyWithoutConnectionOrTimeStillBeginsItsObject) {
    anomaly e;
    e.code = "ipv4.bad_header_length";
    e.layer = "ipv4";
    e.packet = 17;
    e.offset = 14;
    e.detail = {"header length 16 is below 20"};
    EXPECT_EQ(line(&e),
              R"({"event":"anomaly","code":"ipv4.bad_header_length","layer":"ipv4","packet":17,"offset":14,)"
              R"("detail":"header length 16 is below 20"})"
              "\n");
}

TEST(Json, ExchangeHoldsWhatIsKnownOnly) {
    const std::array<header, 3> fields{header{"Host", "example.com"}, {"Cookie", "a=1"}, {"cookie", "b=2"}};
    const std::array<std::string_view, 1> odd{"http.content_length_and_chunked"};
    http_exchange e;
    e.ts = {0};
    e.connection = some_connection();
    e.exchange = 1;
    e.request.emplace();
    e.request->method = {"GET"};
    e.request->target = {"/a?b=c"};
    e.request->version = "1.1";
    e.request->host = wire{"example.com"};
    e.request->headers = {fields};
    e.request->body = http_body{};
    e.request->complete = true;
    e.missing.emplace().response = 1460;
    e.anomalies = odd;
    const auto parsed = nlohmann::json::parse(line(&e));
    EXPECT_EQ(parsed["request"]["headers"],
              nlohmann::json::parse(R"({"host":"example.com","cookie":["a=1","b=2"]})"));
    EXPECT_EQ(parsed["missing"], nlohmann::json::parse(R"({"response":1460,"cause":"not_captured"})"));
    EXPECT_EQ(parsed["anomalies"], nlohmann::json::parse(R"(["http.content_length_and_chunked"])"));
    EXPECT_FALSE(parsed.contains("response"));
    EXPECT_FALSE(parsed.contains("informational"));
}

TEST(Wire, EveryByteStringComesBack) {
    // all pairs of bytes at several alignments: parsed again, they must be what they were
    for (unsigned a = 0; a < 256; ++a) {
        for (unsigned b = 0; b < 256; ++b) {
            for (const std::string_view before : {"", "abcdefg", "0123456789abcdef"}) {
                std::string bytes(before);
                bytes += static_cast<char>(a);
                bytes += static_cast<char>(b);
                bytes += "tail";
                const auto parsed = nlohmann::json::parse(wire_json(bytes));
                if (is_utf8(bytes)) {
                    ASSERT_EQ(parsed.get<std::string>(), bytes);
                } else {
                    ASSERT_TRUE(parsed.contains("base64"));
                }
            }
        }
    }
}

TEST(Wire, AByteThatNeedsAnEscapeIsFoundInEachPlaceOfEachLength) {
    for (std::size_t size = 1; size <= 50; ++size)
        for (std::size_t at = 0; at < size; ++at)
            for (unsigned code = 0; code < 0x100; ++code) {
                std::string bytes(size, 'x');
                bytes[at] = static_cast<char>(code);
                const bool plain = code >= 0x20 && code < 0x80 && code != '"' && code != '\\';
                const std::string json = wire_json(bytes);
                ASSERT_EQ(json == '"' + bytes + '"', plain) << size << ' ' << at << ' ' << code;
                if (code < 0x80) {
                    ASSERT_EQ(nlohmann::json::parse(json).get<std::string>(), bytes);
                }
            }
}

TEST(Headers, NamesOfEachLengthAreLowered) {
    for (std::size_t size = 1; size <= 30; ++size)
        for (std::size_t at = 0; at < size; ++at)
            for (const char c : std::string_view("AZaz09-_@[`{/:")) {
                std::string name(size, 'N'), lowered(size, 'n');
                name[at] = c;
                lowered[at] = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
                const bool token = std::string_view("@[{/:").find(c) == std::string_view::npos;
                const std::string json = headers_json({{name, "v"}});
                ASSERT_EQ(json == "{\"" + lowered + "\":\"v\"}", token) << json;
            }
}

TEST(Wire, IsBase64WhereItIsNoUtf8) {
    EXPECT_EQ(wire_json("\xff\x00"
                        "A"),
              R"({"base64":"/w=="})");
    EXPECT_EQ(wire_json(std::string_view("\xff\0A", 3)), R"({"base64":"/wBB"})");
}

TEST(Utf8, RefusesWhatRfc3629Refuses) {
    for (const char* good :
         {"", "abc", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xef\xbf\xbf", "\xf4\x8f\xbf\xbf"})
        EXPECT_TRUE(is_utf8(good)) << good;
    for (const char* bad :
         {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "a\xffz"})
        EXPECT_FALSE(is_utf8(bad));
}

TEST(Headers, RepeatedNamesBecomeArraysInPlace) {
    EXPECT_EQ(headers_json({{"B", "1"}, {"a", "2"}, {"b", "3"}, {"C", ""}, {"B", "4"}}),
              R"({"b":["1","3","4"],"a":"2","c":""})");
    EXPECT_EQ(headers_json({}), "{}");
}

TEST(Headers, NamesThatAreNoTokensAreEscaped) {
    EXPECT_EQ(headers_json({{"A b\"\xff", "v"}}), R"({"a%20b%22%FF":"v"})");
    EXPECT_EQ(headers_json({{"", "v"}, {"", "w"}}), R"({"":["v","w"]})");
}

TEST(Headers, ManyNamesAreCountedOnce) {
    std::vector<std::string> names;
    std::vector<header> list;
    for (int i = 0; i < 200; ++i) names.push_back("X-" + std::to_string(i % 150));
    for (const auto& n : names) list.push_back({n, "v"});
    const auto parsed = nlohmann::json::parse(headers_json(list));
    EXPECT_EQ(parsed.size(), 150u);
    EXPECT_EQ(parsed["x-0"].size(), 2u);
    EXPECT_EQ(parsed["x-149"], "v");
}

TEST(Seconds, HaveNineDecimalsAndASign) {
    line_buffer b;
    for (const std::int64_t ns :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, std::int64_t{12'000'000'345}, INT64_MIN}) {
        b.put_seconds({ns});
        b.put(' ');
    }
    EXPECT_EQ(b.view(), "0.000000000 0.000000001 -0.000000001 12.000000345 -9223372036.854775808 ");
}

TEST(LineBuffer, TimesAroundASecondAndTheEpochAreRight) {
    line_buffer b;
    for (const std::int64_t ns : {std::int64_t{5}, std::int64_t{999'999'999}, std::int64_t{1'000'000'000},
                                  std::int64_t{-1}, std::int64_t{7}}) {
        b.put_time({ns});
        b.put('\n');
    }
    EXPECT_EQ(
        b.view(),
        "1970-01-01T00:00:00.000000005Z\n1970-01-01T00:00:00.999999999Z\n1970-01-01T00:00:01.000000000Z\n"
        "1969-12-31T23:59:59.999999999Z\n1970-01-01T00:00:00.000000007Z\n");
}

TEST(Schema, NamesEveryEventAndItsMembers) {
    const auto schema = nlohmann::json::parse(json_schema());
    EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    EXPECT_EQ(schema["oneOf"].size(), registry::size);
    for (const std::string_view name : registry::names) {
        const auto& def = schema["$defs"][std::string(name)];
        EXPECT_EQ(def["properties"]["event"]["const"], name);
        EXPECT_EQ(def["additionalProperties"], false);
    }
    const auto& close = schema["$defs"]["tcp.close"];
    EXPECT_TRUE(close["properties"].contains("community_id"));
    const std::vector<std::string> required = close["required"];
    EXPECT_NE(std::find(required.begin(), required.end(), "conn"), required.end());
    EXPECT_EQ(std::find(required.begin(), required.end(), "handshake"), required.end());
}

} // namespace
} // namespace weir::event
