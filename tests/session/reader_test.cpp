// The reader's table: every state with every kind of input, what comes of it and where it stands then.
#include <gtest/gtest.h>

#include "session/http/reader.hpp"

namespace weir::session::test {
namespace {

using http::reader;
using state = reader::state;
using outcome = reader::outcome;

/// A reader of responses that was brought into a state.
class reading {
public:
    explicit reading(state wanted) {
        r.open(http::message_kind::response, wanted == state::searching);
        switch (wanted) {
        case state::start:
        case state::searching:
            break;
        case state::junk:
            EXPECT_EQ(take("<p>\r\n"), outcome::unexpected);
            r.skip_junk();
            break;
        case state::head:
            take("HTTP/1.1 200 OK\r\nServer: x\r\n");
            break;
        case state::lost_head:
            take("HTTP/1.1 200 OK\r\nServer: x\r\n");
            EXPECT_EQ(lose(5), outcome::cut_head);
            break;
        case state::denied_body:
            frame({http::body_end::length, 10, true, true});
            break;
        case state::body_length:
            frame({http::body_end::length, 10, true});
            break;
        case state::body_until_end:
            frame({http::body_end::connection, 0, false});
            break;
        case state::chunked:
            frame({http::body_end::chunked, 0, false});
            break;
        case state::trailers:
            frame({http::body_end::chunked, 0, false});
            take("0\r\nX: y\r\n");
            break;
        case state::lost_body:
            frame({http::body_end::chunked, 0, false});
            take("this is no chunk\r\n");
            break;
        case state::ignoring:
            r.ignore();
            break;
        }
        EXPECT_EQ(r.now(), wanted);
    }
    ~reading() {
        r.close();
        EXPECT_EQ(pool.in_use(), 0U);
    }

    outcome take(std::string_view text) {
        const std::size_t size = text.size();
        const outcome o = r.next(text, {at, {1}, 1, 0}, true);
        at += size - text.size();
        return o;
    }
    outcome lose(std::optional<std::uint64_t> length) {
        return r.skip({event::side::server, at, length, event::missing_cause::upstream, {1}, {}, {}});
    }
    outcome end(event::ending why) { return r.finish(why, {at, {1}}); }

    http::limits most;
    options asked;
    http::message_pool pool{most};
    reader r{pool, most, asked};
    std::uint64_t at = 0;

private:
    void frame(const http::framing& f) {
        EXPECT_EQ(take("HTTP/1.1 200 OK\r\n\r\n"), outcome::head);
        EXPECT_EQ(r.frame(f, {at, {1}}), outcome::need_more);
    }
};

struct result {
    outcome what;
    state then;
    friend bool operator==(const result&, const result&) = default;
    friend void PrintTo(const result& r, std::ostream* out) {
        *out << "outcome " << static_cast<int>(r.what) << ", state " << static_cast<int>(r.then);
    }
};

struct row {
    state in;
    result on_head;  ///< a whole head in one packet
    result on_other; ///< five bytes that begin nothing
    result on_hole;  ///< of three bytes
    result on_long_hole;
    result on_unknown_hole;
    result on_fin;
    result on_reset;
    result on_end_of_capture;
};

constexpr result more(state s) { return {outcome::need_more, s}; }
constexpr result over(state s) { return {outcome::over, s}; }
constexpr result silence = more(state::ignoring), ended = over(state::ignoring);

// clang-format off
constexpr row table[] = {
    {state::start, {outcome::head, state::head}, more(state::head), more(state::searching), more(state::searching),
     more(state::searching), silence, silence, silence},
    {state::searching, {outcome::head, state::head}, more(state::searching), more(state::searching), more(state::searching),
     more(state::searching), silence, silence, silence},
    {state::junk, {outcome::head, state::head}, more(state::junk), {outcome::unexpected, state::junk},
     {outcome::unexpected, state::junk}, {outcome::unexpected, state::junk},
     {outcome::unexpected, state::ignoring}, {outcome::unexpected, state::ignoring}, {outcome::unexpected, state::ignoring}},
    {state::head, {outcome::head, state::head}, more(state::head), {outcome::cut_head, state::lost_head},
     {outcome::cut_head, state::lost_head}, {outcome::cut_head, state::lost_head},
     {outcome::cut_head, state::ignoring}, {outcome::cut_head, state::ignoring}, {outcome::cut_head, state::ignoring}},
    {state::lost_head, over(state::searching), more(state::lost_head), more(state::lost_head), more(state::lost_head),
     more(state::lost_head), ended, ended, ended},
    {state::body_length, over(state::start), more(state::body_length), more(state::body_length), over(state::searching),
     over(state::searching), ended, ended, ended},
    {state::body_until_end, more(state::body_until_end), more(state::body_until_end), more(state::body_until_end),
     more(state::body_until_end), more(state::body_until_end), ended, ended, ended},
    {state::chunked, more(state::lost_body), more(state::lost_body), more(state::chunked), more(state::chunked),
     more(state::chunked), ended, ended, ended},
    {state::trailers, over(state::start), more(state::trailers), over(state::searching), over(state::searching),
     over(state::searching), ended, ended, ended},
    {state::denied_body, over(state::start), more(state::body_length), more(state::denied_body),
     more(state::denied_body), more(state::denied_body), ended, ended, ended},
    {state::lost_body, over(state::start), more(state::lost_body), more(state::lost_body), more(state::lost_body),
     more(state::lost_body), ended, ended, ended},
    {state::ignoring, silence, silence, silence, silence, silence, silence, silence, silence},
};
// clang-format on
static_assert(std::size(table) == reader::state_count, "every state has its row");

template <class F>
result after(state in, F&& input) {
    reading now(in);
    const outcome o = input(now);
    return {o, now.r.now()};
}

TEST(reader, decides_every_input_in_every_state) {
    for (const row& r : table) {
        SCOPED_TRACE(static_cast<int>(r.in));
        EXPECT_EQ(after(r.in, [](reading& n) { return n.take("HTTP/1.1 200 OK\r\n\r\n"); }), r.on_head);
        EXPECT_EQ(after(r.in, [](reading& n) { return n.take("zzzz "); }), r.on_other);
        EXPECT_EQ(after(r.in, [](reading& n) { return n.lose(3); }), r.on_hole);
        EXPECT_EQ(after(r.in, [](reading& n) { return n.lose(3000); }), r.on_long_hole);
        EXPECT_EQ(after(r.in, [](reading& n) { return n.lose(std::nullopt); }), r.on_unknown_hole);
        EXPECT_EQ(after(r.in, [](reading& n) { return n.end(event::ending::closed); }), r.on_fin);
        EXPECT_EQ(after(r.in, [](reading& n) { return n.end(event::ending::reset); }), r.on_reset);
        EXPECT_EQ(after(r.in, [](reading& n) { return n.end(event::ending::end_of_capture); }),
                  r.on_end_of_capture);
    }
}

TEST(reader, a_body_is_complete_by_its_own_end_only) {
    for (const row& r : table) {
        if (r.in != state::body_length && r.in != state::body_until_end && r.in != state::chunked) continue;
        for (const event::ending why :
             {event::ending::closed, event::ending::reset, event::ending::end_of_capture}) {
            reading now(r.in);
            ASSERT_EQ(now.end(why), outcome::over);
            const http::message& m = *now.r.current();
            const bool is_whole = r.in == state::body_until_end && why == event::ending::closed;
            EXPECT_EQ(m.complete, is_whole);
            EXPECT_EQ(m.ended.has_value(), !is_whole);
        }
    }
}

} // namespace
} // namespace weir::session::test
