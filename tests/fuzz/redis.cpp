// Any bytes as a Redis connection: the first byte chooses options, and whether it is known to be Redis, then
// come records (streams.hpp).
#include "tests/fuzz/streams.hpp"

namespace {

weir::session::redis::limits small_limits() {
    weir::session::redis::limits most;
    most.elements = 3;
    most.element_bytes = 8;
    most.elements_with_bodies = 6;
    most.values = 10;
    most.depth = 4;
    most.line_bytes = 40;
    most.bulk_bytes = 1000;
    most.list_elements = 20;
    most.waiting = 3;
    most.waiting_bytes = 100;
    most.buffer_kept = 16;
    return most;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    weir::common::cursor input({data, size});
    std::uint8_t choice = 0;
    if (!input.read(choice)) return 0;

    weir::fuzz::checker sink;
    weir::event::emitter events(sink, weir::event::mask{}.set());
    weir::session::counters count;
    const weir::session::options asked{.bodies = (choice & 1) != 0, .body_limit = 50};
    weir::session::context context{events, asked, count};
    const weir::fuzz::identity id((choice & 8) != 0);
    const auto why = static_cast<weir::event::close_reason>(choice >> 4 & 3);
    const weir::session::redis::limits most =
        (choice & 4) != 0 ? small_limits() : weir::session::redis::limits{};
    if ((choice & 2) != 0) {
        weir::session::limits all;
        all.of<weir::session::redis::application>() = most;
        const auto source = weir::session::make_source(context, all);
        weir::flow::stream_consumer* const connection = source->open(id);
        weir::fuzz::play(input, *connection, why);
        source->release(connection);
    } else {
        weir::session::redis::application redis(context, most);
        weir::session::place where;
        where.stand_on(id);
        const bool is_searching = (choice & 64) != 0;
        weir::flow::stream_consumer* const session =
            redis.open(where, weir::event::side::client, {is_searching, is_searching});
        weir::fuzz::play(input, *session, why);
        redis.release(session);
    }
    weir::common::check(sink.exchanges == count.exchanges, "every command is told and counted once");
    return 0;
}
