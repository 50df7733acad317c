// Every form that a member may have: what JSON is written of it, that its schema allows just that, and how
// deep values nest.
#include <gtest/gtest.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "event/json_fields.hpp"
#include "event/schema_fields.hpp"
#include "tests/event/sample_event.hpp"

namespace weir::event::test {
namespace {

using nlohmann::json;

template <class T>
std::string json_of(const T& v) {
    line_buffer out;
    put_json(out, v);
    return std::string(out.view());
}

std::string line(const sample& e) {
    line_buffer out;
    put_event(out, e);
    return std::string(out.view());
}

TEST(Forms, NumbersHaveTheirSign) {
    EXPECT_EQ(json_of(std::int64_t{0}), "0");
    EXPECT_EQ(json_of(std::int8_t{-128}), "-128");
    EXPECT_EQ(json_of(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
    EXPECT_EQ(json_of(std::numeric_limits<std::int64_t>::max()), "9223372036854775807");
    EXPECT_EQ(json_of(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
}

TEST(Forms, RealsReadBackTheSame) {
    for (const double d : {0.0, -0.0, 1.0, 0.1, 1e22, -2.2250738585072014e-308, 4.9406564584124654e-324,
                           1.7976931348623157e308, 3.141592653589793})
        EXPECT_EQ(json::parse(json_of(d)).get<double>(), d) << json_of(d);
    constexpr double infinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(json_of(infinity), "\"inf\"");
    EXPECT_EQ(json_of(-infinity), "\"-inf\"");
    EXPECT_EQ(json_of(std::numeric_limits<double>::quiet_NaN()), "\"nan\"");
    EXPECT_EQ(json_of(-std::numeric_limits<double>::quiet_NaN()), "\"nan\"");
}

TEST(Forms, ACodeHasItsNameOrKeepsItsNumber) {
    EXPECT_EQ(json_of(code<record_types>{28}), "\"AAAA\"");
    EXPECT_EQ(json_of(code<record_types>{65280}), "\"TYPE65280\"");
    EXPECT_EQ(json_of(code<option_codes>{10}), "\"COOKIE\"");
    EXPECT_EQ(json_of(code<option_codes>{11}), "11");
    EXPECT_EQ(json_of(code<record_types>{0}), "\"TYPE0\"");
    EXPECT_EQ(json_of(code<record_types>{256}), "\"TYPE256\"");
}

TEST(Forms, AnElementWithoutValueIsNullAndKeepsItsPlace) {
    const std::array<std::optional<wire>, 3> list{wire{"7"}, std::nullopt, wire{""}};
    EXPECT_EQ(json_of(std::span<const std::optional<wire>>(list)), R"(["7",null,""])");
    EXPECT_EQ(json_of(std::span<const std::optional<wire>>()), "[]");
}

TEST(Forms, AMemberThatDoesNotApplyIsLeftOut) {
    EXPECT_EQ(line({}), R"({"ts":"1970-01-01T00:00:00.000000000Z","event":"test.sample","conn":0,)"
                        R"("community_id":"","client":{"ip":"0.0.0.0","port":0},)"
                        R"("server":{"ip":"0.0.0.0","port":0},"balance":0,"paint":"red","answers":[]})"
                        "\n");
}

TEST(Forms, ObjectsAndListsNest) {
    const std::array<std::uint16_t, 2> ports{80, 443};
    const std::array<record, 2> records{record{{"a.example"}, {1}, 300, ports},
                                        record{{"\xff"}, {65280}, {}, {}}};
    const std::array<std::int8_t, 2> row{1, -1};
    const std::array<std::span<const std::int8_t>, 2> rows{std::span<const std::int8_t>(row), {}};
    const std::array<value_member, 2> ethernet{value_member{"type", {std::uint64_t{2048}}},
                                               {"source", {std::string_view("02:00:00:00:00:01")}}};
    const std::array<layer, 2> layers{layer{"ethernet", {ethernet.data(), ethernet.size()}}, {"opaque", {}}};
    sample e;
    e.flag = false;
    e.answers = records;
    e.matrix = rows;
    e.layers = layers;
    e.one = records[1];
    e.extra = {ethernet.data(), 1};
    const json parsed = json::parse(line(e));
    EXPECT_EQ(parsed["flag"], false);
    EXPECT_EQ(parsed["answers"], json::parse(R"([{"name":"a.example","type":"A","ttl":300,"ports":[80,443]},)"
                                             R"({"name":{"base64":"/w=="},"type":"TYPE65280"}])"));
    EXPECT_EQ(parsed["matrix"], json::parse("[[1,-1],[]]"));
    EXPECT_EQ(parsed["layers"],
              json::parse(R"([{"layer":"ethernet","type":2048,"source":"02:00:00:00:00:01"},)"
                          R"({"layer":"opaque"}])"));
    EXPECT_EQ(parsed["one"], parsed["answers"][1]);
    EXPECT_EQ(parsed["extra"], json::parse(R"({"type":2048})"));
}

/// A list in a list, `depth` times.
std::string nested(std::size_t depth) {
    std::vector<value> chain(depth + 1);
    chain[0].of = std::uint64_t{1};
    for (std::size_t i = 1; i <= depth; ++i) chain[i].of = value_list{&chain[i - 1], 1};
    return json_of(chain[depth]);
}

struct endless {
    std::span<const endless> more;
    static constexpr auto fields() { return std::tuple{field{"more", &endless::more, "of the same"}}; }
};
static_assert(is_finite<sample>() && !is_finite<endless>());

TEST(Values, NestAsDeepAsTheLimitAndNoDeeper) {
    EXPECT_EQ(nested(0), "1");
    EXPECT_EQ(nested(1), "[1]");
    EXPECT_EQ(nested(most_nested), "[[[[[[[[1]]]]]]]]");
    EXPECT_EQ(nested(most_nested + 1), R"([[[[[[[[{"truncated":true}]]]]]]]])");
    EXPECT_EQ(nested(100'000), nested(most_nested + 1)) << "the stack must not grow with what the wire says";
}

TEST(Values, PairsAndObjectsCountAsDepthToo) {
    std::vector<value_pair> chain(20);
    std::vector<value_member> members(20);
    chain[0] = {{wire{"k"}}, {std::int64_t{-1}}};
    members[0] = {"m", {true}};
    for (std::size_t i = 1; i < chain.size(); ++i) {
        chain[i] = {{wire{"k"}}, {value_pairs{&chain[i - 1], 1}}};
        members[i] = {"m", {value_object{&members[i - 1], 1}}};
    }
    const std::string pairs = json_of(value{value_pairs{&chain[19], 1}});
    const std::string objects = json_of(value{value_object{&members[19], 1}});
    EXPECT_TRUE(json::accept(pairs) && json::accept(objects)) << pairs << objects;
    EXPECT_NE(pairs.find(R"(["k",{"truncated":true}])"), std::string::npos) << pairs;
    EXPECT_NE(objects.find(R"({"m":{"truncated":true}})"), std::string::npos) << objects;
    const auto count = [](std::string_view text, std::string_view what) {
        std::size_t n = 0;
        for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1))
            ++n;
        return n;
    };
    EXPECT_EQ(count(pairs, "\"k\""), most_nested);
    EXPECT_EQ(count(objects, "\"m\""), most_nested);
    const value_object inside{&members[19], 1};
    EXPECT_EQ(json_of(inside), objects);
}

/// Random trees, written twice: by Weir, and as nlohmann's values.
class forest {
public:
    explicit forest(std::uint64_t seed)
        : random_(seed) {}

    std::pair<value, json> tree(std::size_t depth) {
        switch (pick(depth < most_nested ? 12 : 9)) {
        case 0:
            return {{nothing{}}, nullptr};
        case 1: {
            const bool b = pick(2) == 1;
            return {{b}, b};
        }
        case 2: {
            const auto n = static_cast<std::int64_t>(random_());
            return {{n}, n};
        }
        case 3: {
            const std::uint64_t n = random_() >> pick(64);
            return {{n}, n};
        }
        case 4: {
            const double d =
                std::ldexp(static_cast<double>(random_() >> 11), static_cast<int>(pick(200)) - 100);
            return {{d}, d};
        }
        case 5:
            return {{std::string_view("ours")}, "ours"};
        case 6:
        case 7:
            return text();
        case 8:
            return {{common::ip_address{}}, "0.0.0.0"};
        case 9: {
            std::vector<value>& list = *lists_.emplace_back(std::make_unique<std::vector<value>>());
            json same = json::array();
            for (std::size_t i = pick(4); i-- > 0;) {
                auto [v, j] = tree(depth + 1);
                list.push_back(v);
                same.push_back(j);
            }
            return {{value_list{list.data(), list.size()}}, same};
        }
        case 10: {
            std::vector<value_pair>& list = *pairs_.emplace_back(std::make_unique<std::vector<value_pair>>());
            json same = json::array();
            for (std::size_t i = pick(3); i-- > 0;) {
                auto [k, kj] = tree(depth + 1);
                auto [v, vj] = tree(depth + 1);
                list.push_back({k, v});
                same.push_back(json::array({kj, vj}));
            }
            return {{value_pairs{list.data(), list.size()}}, same};
        }
        default: {
            static constexpr std::array<std::string_view, 3> names{"a", "b", "c"};
            std::vector<value_member>& list =
                *members_.emplace_back(std::make_unique<std::vector<value_member>>());
            json same = json::object();
            for (std::size_t i = pick(4); i-- > 0;) {
                auto [v, j] = tree(depth + 1);
                list.push_back({names[i], v});
                same[std::string(names[i])] = j;
            }
            return {{value_object{list.data(), list.size()}}, same};
        }
        }
    }

private:
    std::size_t pick(std::size_t n) { return random_() % n; }

    /// Half of them UTF-8: quotes, escapes, control characters and all.
    std::pair<value, json> text() {
        static constexpr std::array<std::string_view, 8> parts{"\"",    "\\",       "\n",   "\x01",
                                                               "plain", "\xc3\xa9", "\x7f", "\xff"};
        std::string& bytes = *texts_.emplace_back(std::make_unique<std::string>());
        const std::size_t kinds = pick(2) == 0 ? parts.size() : parts.size() - 1;
        for (std::size_t i = pick(12); i-- > 0;) bytes += parts[pick(kinds)];
        if (is_utf8(bytes)) return {{wire{bytes}}, bytes};
        line_buffer out;
        put_wire(out, bytes);
        return {{wire{bytes}}, json::parse(out.view())};
    }

    std::mt19937_64 random_;
    std::vector<std::unique_ptr<std::vector<value>>> lists_;
    std::vector<std::unique_ptr<std::vector<value_pair>>> pairs_;
    std::vector<std::unique_ptr<std::vector<value_member>>> members_;
    std::vector<std::unique_ptr<std::string>> texts_;
};

TEST(Values, AnotherParserReadsWhatWasMeant) {
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        forest f(seed);
        const auto [v, expected] = f.tree(0);
        const std::string text = json_of(v);
        ASSERT_TRUE(json::accept(text)) << text;
        ASSERT_EQ(json::parse(text), expected) << text;
    }
}

TEST(Schema, EveryFormHasOne) {
    const auto schema = json(event_schema<sample>());
    const json& p = schema["properties"];
    EXPECT_EQ(p["balance"]["type"], "integer");
    EXPECT_FALSE(p["balance"].contains("minimum"));
    EXPECT_EQ(p["option"]["anyOf"],
              json::parse(R"([{"enum":["NSID","COOKIE"]},{"type":"integer","minimum":0}])"));
    EXPECT_EQ(p["answers"]["items"]["properties"]["type"]["anyOf"],
              json::parse(R"([{"enum":["A","AAAA","ANY"]},{"type":"string","pattern":"^TYPE[0-9]+$"}])"));
    EXPECT_EQ(p["answers"]["items"]["required"], json::parse(R"(["name","type"])"));
    EXPECT_EQ(p["parameters"]["items"]["anyOf"], json::parse(R"([{"$ref":"#/$defs/wire"},{"type":"null"}])"));
    EXPECT_EQ(p["matrix"]["items"]["items"]["type"], "integer");
    EXPECT_EQ(p["reply"]["$ref"], "#/$defs/value");
    EXPECT_EQ(p["layers"]["items"]["additionalProperties"]["$ref"], "#/$defs/value");
    EXPECT_EQ(
        schema["required"],
        json::parse(R"(["ts","conn","community_id","client","server","balance","paint","answers","event"])"));
    EXPECT_EQ(schema["properties"]["event"]["const"], "test.sample");
    const json defs = shared_definitions();
    EXPECT_EQ(defs["value"]["anyOf"][1]["items"]["$ref"], "#/$defs/value");
}

} // namespace
} // namespace weir::event::test
