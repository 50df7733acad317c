// Steady state allocates nothing: every operator new is counted here, and after a first round there must be
// none.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "event/selection.hpp"
#include "session/source.hpp"

namespace {
std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
    ++allocations;
    if (void* const p = std::malloc(size == 0 ? 1 : size)) return p;
    throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace weir::session::test {
namespace {

using event::side;

class fixed_identity final : public flow::identity {
public:
    event::connection_ref ref() const override { return {1, "1:test", {}, {}}; }
    std::optional<common::nanoseconds> handshake() const override { return std::nullopt; }
    bool midstream() const override { return false; }
};

class nothing final : public event::sink {
public:
    void on_event(const event::any_event&) override { ++events; }
    std::size_t events = 0;
};

constexpr std::string_view requests[] = {
    "GET /one?a=b HTTP/1.1\r\nHost: example.com\r\nUser-Agent: test\r\nAccept: */*\r\nCookie: a=1\r\n\r\n",
    "POST /two HTTP/1.1\r\nHost: example.com\r\nContent-Length: 5\r\n\r\nhello",
    "HEAD /three HTTP/1.1\r\nHost: example.com\r\n\r\n",
};
constexpr std::string_view responses[] = {
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: "
    "1\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 3\r\n\r\nabc",
    "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
};

class driver {
public:
    explicit driver(event::mask wanted, options asked = {})
        : emitter_(sink_, wanted)
        , context_{emitter_, asked, count_}
        , source_(make_source(context_)) {}

    /// One connection with three exchanges, told in pieces of `step` bytes.
    void connection(std::size_t step) {
        flow::stream_consumer* const c = source_->open(identity_);
        std::uint64_t offsets[2] = {0, 0};
        const auto say = [&](side from, std::string_view text) {
            for (std::size_t at = 0; at < text.size(); at += step) {
                const std::string_view piece = text.substr(at, step);
                std::uint64_t& offset = offsets[event::index(from)];
                c->on_data({from,
                            offset,
                            common::as_bytes(piece),
                            {1},
                            1,
                            offsets[event::index(event::other(from))]});
                offset += piece.size();
            }
        };
        for (std::size_t i = 0; i < 3; ++i) {
            say(side::client, requests[i]);
            say(side::server, responses[i]);
        }
        c->on_end(side::client, {1});
        c->on_end(side::server, {1});
        c->on_close(event::close_reason::fin, {1});
        source_->release(c);
    }

    [[nodiscard]] std::size_t events() const { return sink_.events; }

private:
    nothing sink_;
    event::emitter emitter_;
    counters count_;
    context context_;
    fixed_identity identity_;
    std::unique_ptr<flow::session_source> source_;
};

TEST(steady_state, allocates_nothing) {
    driver d(event::mask{}.set());
    for (const std::size_t step : {std::size_t{1}, std::size_t{10}, std::size_t{1460}}) d.connection(step);
    const std::size_t before = allocations;
    for (int i = 0; i < 100; ++i)
        for (const std::size_t step : {std::size_t{1}, std::size_t{10}, std::size_t{1460}})
            d.connection(step);
    EXPECT_EQ(allocations, before);
    EXPECT_GT(d.events(), 1000U);
}

TEST(steady_state, allocates_nothing_with_bodies) {
    driver d(event::default_selection(event::audience::lines), {.bodies = true});
    for (const std::size_t step : {std::size_t{1}, std::size_t{1460}}) d.connection(step);
    const std::size_t before = allocations;
    for (int i = 0; i < 100; ++i) d.connection(1460);
    EXPECT_EQ(allocations, before);
}

/// What is said on a connection that goes on: `again` after `first` of both sides.
std::size_t allocations_per_message(std::array<std::string_view, 2> first,
                                    std::array<std::string_view, 2> again) {
    nothing sink;
    event::emitter emitter(sink, event::mask{}.set());
    counters count;
    context shared{emitter, {}, count};
    const auto source = make_source(shared);
    fixed_identity identity;
    flow::stream_consumer* const c = source->open(identity);
    std::uint64_t offsets[2] = {0, 0};
    const auto say = [&](std::array<std::string_view, 2> both) {
        for (const side from : {side::client, side::server}) {
            const std::string_view text = both[event::index(from)];
            if (text.empty()) continue;
            std::uint64_t& offset = offsets[event::index(from)];
            c->on_data(
                {from, offset, common::as_bytes(text), {1}, 1, offsets[event::index(event::other(from))]});
            offset += text.size();
        }
    };
    say(first);
    for (int i = 0; i < 100; ++i) say(again); // buffers grow to their limits
    const std::size_t before = allocations, events_before = sink.events;
    for (int i = 0; i < 100; ++i) say(again);
    const std::size_t after = allocations;
    EXPECT_GE(sink.events, events_before + 100);
    c->on_close(event::close_reason::fin, {1});
    source->release(c);
    return after - before;
}

TEST(steady_state, allocates_nothing_for_websocket_messages) {
    using namespace std::literals;
    EXPECT_EQ(allocations_per_message(
                  {"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                   "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
                   "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                   "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                   "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"},
                  {"\x89\x81\1\2\3\4p\x81\x85\1\2\3\4iujhn"sv, "\x8a\1q\xc1\7\xf2\x48\xcd\xc9\xc9\7\0"sv}),
              0U);
}

TEST(steady_state, allocates_nothing_for_server_sent_events) {
    EXPECT_EQ(
        allocations_per_message(
            {"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
             "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"},
            {"", "3a\r\nid: 17\nevent: a type of its own\ndata: more than a string\n\n\r\n"}),
        0U);
}

} // namespace
} // namespace weir::session::test
