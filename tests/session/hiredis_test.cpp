// hiredis as an oracle: replies of RESP2, generated and mutated, read by both. What hiredis reads, Weir tells
// alike; where hiredis gives up, Weir notes an anomaly, and says no more replies than hiredis before that.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>

#include <hiredis/hiredis.h>

#include "event/redis_events.hpp"
#include "tests/session/redis_harness.hpp"

namespace weir::session::test {
namespace {

json wire_text(std::string_view bytes) {
    event::redis_push e; // writes bytes as events do
    e.kind = {bytes};
    event::json_writer writer;
    const event::any_event any(&e);
    writer.append(any);
    return json::parse(writer.lines())["kind"];
}

json value_of(const redisReply& r) {
    switch (r.type) {
    case REDIS_REPLY_INTEGER:
        return r.integer;
    case REDIS_REPLY_NIL:
        return nullptr;
    case REDIS_REPLY_ARRAY: {
        json list = json::array();
        for (std::size_t i = 0; i < r.elements; ++i) list.push_back(value_of(*r.element[i]));
        return list;
    }
    default:
        return wire_text({r.str, r.len});
    }
}

std::string_view type_of(const redisReply& r) {
    switch (r.type) {
    case REDIS_REPLY_INTEGER:
        return "integer";
    case REDIS_REPLY_NIL:
        return "null";
    case REDIS_REPLY_ARRAY:
        return "array";
    case REDIS_REPLY_STATUS:
        return "simple_string";
    case REDIS_REPLY_ERROR:
        return "error";
    default:
        return "bulk_string";
    }
}

struct reading {
    std::vector<std::pair<std::string, json>> replies;
    bool failed = false;
    bool gave_up_length = false; ///< a length without an end: hiredis waits for it for ever
};

reading by_hiredis(std::string_view bytes) {
    reading r;
    const std::unique_ptr<redisReader, void (*)(redisReader*)> reader(redisReaderCreate(), redisReaderFree);
    redisReaderFeed(reader.get(), bytes.data(), bytes.size());
    for (;;) {
        void* reply = nullptr;
        if (redisReaderGetReply(reader.get(), &reply) != REDIS_OK) {
            r.failed = true;
            return r;
        }
        if (reply == nullptr) return r;
        const auto* const got = static_cast<redisReply*>(reply);
        r.replies.emplace_back(type_of(*got), value_of(*got));
        freeReplyObject(reply);
    }
}

reading by_weir(std::string_view bytes, std::size_t step) {
    wire w({.bodies = true, .body_limit = 1 << 20});
    std::string asked;
    for (int i = 0; i < 40; ++i) asked += resp({"EVAL", "x"});
    w.client(asked);
    for (std::size_t at = 0; at < bytes.size(); at += step) w.server(bytes.substr(at, step));
    w.close(event::close_reason::end_of_capture);
    reading r;
    for (const json& e : w.events("redis.command")) {
        if (!e.contains("reply")) continue;
        if (e.contains("complete")) break;
        r.replies.emplace_back(e["reply"]["type"], e["reply"].value("value", json()));
    }
    for (const json& a : w.events("anomaly")) {
        r.gave_up_length = r.gave_up_length || a["code"] == "redis.length_invalid";
        r.failed = r.failed || a["code"] != "redis.bulk_end_invalid"; // hiredis does not look at it
    }
    return r;
}

class replies {
public:
    explicit replies(unsigned seed)
        : random_(seed) {}

    std::string stream() {
        std::string all;
        for (int i = number(1, 8); i > 0; --i) all += reply(0);
        return all;
    }
    std::string mutated(std::string text) {
        for (int i = number(1, 3); i > 0 && !text.empty(); --i) {
            const auto at = static_cast<std::size_t>(number(0, static_cast<int>(text.size()) - 1));
            static constexpr std::string_view odd = "+-:$*\r\n0123456789x \xff";
            switch (number(0, 3)) {
            case 0:
                text[at] = odd[static_cast<std::size_t>(number(0, static_cast<int>(odd.size()) - 1))];
                break;
            case 1:
                text.erase(at, static_cast<std::size_t>(number(1, 4)));
                break;
            case 2:
                text.insert(at, 1,
                            odd[static_cast<std::size_t>(number(0, static_cast<int>(odd.size()) - 1))]);
                break;
            default:
                text.resize(at);
            }
        }
        return text;
    }

private:
    int number(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
    std::string line() {
        std::string t;
        for (int i = number(0, 20); i > 0; --i) t.push_back(static_cast<char>(number(0x20, 0x7e)));
        return t;
    }
    std::string reply(int depth) {
        switch (number(0, depth < 5 ? 6 : 4)) { // hiredis 0.14 goes seven deep
        case 0:
            return "+" + line() + "\r\n";
        case 1:
            return "-" + line() + "\r\n";
        case 2:
            return ":" + std::to_string(number(-100000, 100000)) + "\r\n";
        case 3: {
            std::string t;
            for (int i = number(0, 40); i > 0; --i) t.push_back(static_cast<char>(number(0, 255)));
            return bulk(t);
        }
        case 4:
            return number(0, 1) == 0 ? "$-1\r\n" : "*-1\r\n";
        default: {
            const int size = number(0, 5);
            std::string list = "*" + std::to_string(size) + "\r\n";
            for (int i = 0; i < size; ++i) list += reply(depth + 1);
            return list;
        }
        }
    }

    std::mt19937 random_;
};

TEST(hiredis, reads_what_is_well_formed_alike) {
    for (unsigned seed = 0; seed < 100; ++seed) {
        const std::string text = replies(seed).stream();
        const reading theirs = by_hiredis(text);
        ASSERT_FALSE(theirs.failed);
        for (const std::size_t step : {text.size(), std::size_t{1}, std::size_t{7}}) {
            const reading ours = by_weir(text, step);
            ASSERT_FALSE(ours.failed) << seed;
            ASSERT_EQ(ours.replies, theirs.replies) << seed << " in steps of " << step << "\n" << text;
        }
    }
}

TEST(hiredis, agrees_where_it_is_mutated) {
    std::size_t failed = 0, whole = 0;
    for (unsigned seed = 0; seed < 800; ++seed) {
        replies make(seed);
        const std::string text = make.mutated(make.stream());
        // What RESP3 added, and the line feeds that masters send, are no errors to Weir.
        const reading theirs = by_hiredis(text);
        const reading ours = by_weir(text, text.size() + 1);
        if (theirs.failed) {
            ++failed;
            EXPECT_TRUE(ours.failed || ours.replies.size() >= theirs.replies.size()) << seed << "\n" << text;
        } else {
            ++whole;
            EXPECT_FALSE(ours.failed && !ours.gave_up_length) << seed << "\n" << text;
            EXPECT_EQ(ours.replies.size(), theirs.replies.size()) << seed << "\n" << text;
        }
        const std::size_t both = std::min(ours.replies.size(), theirs.replies.size());
        EXPECT_EQ(both, theirs.replies.size()) << seed << "\n" << text;
        for (std::size_t i = 0; i < both; ++i)
            ASSERT_EQ(ours.replies[i], theirs.replies[i]) << seed << ", reply " << i << "\n" << text;
    }
    EXPECT_GT(failed, 150U);
    EXPECT_GT(whole, 150U);
}

} // namespace
} // namespace weir::session::test
