// No allocation per packet in steady state: once pools and buffers are warm, exchanges on keep-alive
// connections and on new ones cost none. The count is of this whole process, so it stands in a program of its
// own.
#include <atomic>
#include <cstdlib>
#include <gtest/gtest.h>
#include <new>

#include "event/json.hpp"
#include "event/redis_events.hpp"
#include "event/selection.hpp"
#include "pipeline/pipeline.hpp"
#include "tests/pipeline/conversation.hpp"
#include "tests/pipeline/dns_messages.hpp"

namespace {
std::atomic<std::uint64_t> allocations{0};
}

void* operator new(std::size_t size) {
    ++allocations;
    if (void* p = std::malloc(size)) return p;
    throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace weir::pipeline {
namespace {

class clearing_sink final : public event::sink {
public:
    event::json_writer writer;
    std::uint64_t bytes = 0;
    void on_event(const event::any_event& e) override {
        writer.append(e);
        bytes += writer.lines().size();
        writer.clear();
    }
};

/// Allocations in the last of three rounds of the same connection.
std::uint64_t allocations_when_warm(const test::conversation& one, event::mask wanted) {
    clearing_sink out;
    options o;
    o.events = wanted;
    pipeline p(o, out);
    std::int64_t shift = 0;
    std::uint64_t last = 0;
    for (int round = 0; round < 3; ++round) {
        const std::uint64_t before = allocations;
        for (const auto& f : one.frames) {
            common::record r = f.record();
            r.ts.since_epoch += shift;
            p.feed(r);
        }
        last = allocations - before;
        shift += 10'000'000'000; // the connection before has lingered out
    }
    EXPECT_GT(out.bytes, 100'000u);
    p.end(event::end_reason::end_of_input, "");
    return last;
}

TEST(SteadyState, AllocatesNothingPerPacket) {
    test::conversation keep_alive;
    keep_alive.open();
    for (int i = 0; i < 200; ++i) {
        keep_alive.request("GET /item HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\nCookie: a=1\r\n\r\n");
        keep_alive.response("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello");
    }
    keep_alive.close();
    test::conversation datagrams(5000);
    test::conversation stream(5001);
    stream.open();
    for (int i = 0; i < 100; ++i) {
        const auto id = static_cast<char>(i);
        datagrams.datagram(true, test::dns_query(id));
        datagrams.datagram(false, test::dns_answer(id, id));
        stream.request(test::with_length(test::dns_query(id)));
        stream.response(test::with_length(test::dns_answer(id, id)));
    }
    stream.close();
    for (const auto& other : {datagrams, stream})
        keep_alive.frames.insert(keep_alive.frames.end(), other.frames.begin(), other.frames.end());
    EXPECT_EQ(allocations_when_warm(keep_alive, event::default_selection(event::audience::lines)), 0u)
        << "in " << keep_alive.frames.size() << " packets";
}

TEST(SteadyState, AllocatesNothingPerCommandOfRedis) {
    test::conversation redis;
    redis.open();
    for (int i = 0; i < 200; ++i) {
        redis.request("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n*2\r\n$4\r\nMGET\r\n$1\r\na\r\n");
        redis.response("+OK\r\n*2\r\n$28\r\na value of some twenty bytes\r\n");
        redis.response("%1\r\n+k\r\n*1\r\n:1\r\n>3\r\n+message\r\n+news\r\n+hello\r\n");
        redis.request("GET an-inline-key-that-is-long-enough\r\n");
        redis.response("-WRONGTYPE Operation against a key\r\n");
    }
    redis.close();
    event::mask wanted = event::default_selection(event::audience::lines);
    wanted.set(event::kind<event::redis_push>());
    EXPECT_EQ(allocations_when_warm(redis, wanted), 0u) << "in " << redis.frames.size() << " packets";
}

} // namespace
} // namespace weir::pipeline
