// Any bytes as an HTTP connection: the first byte chooses options, then come records (streams.hpp).
#include "tests/fuzz/streams.hpp"

namespace {

weir::session::limits small_limits() {
    weir::session::limits most;
    most.of<weir::session::http::application>().head_bytes = 200;
    most.of<weir::session::http::application>().fields = 4;
    most.of<weir::session::http::application>().chunk_line_bytes = 16;
    most.of<weir::session::http::application>().waiting = 3;
    most.of<weir::session::http::application>().informational = 2;
    most.of<weir::session::http::application>().codings = 2;
    most.of<weir::session::http::application>().decoded_bytes = 4096;
    most.of<weir::session::http::application>().kept_bytes = 600;
    most.of<weir::session::http::application>().form_fields = 3;
    most.of<weir::session::http::application>().form_value_bytes = 8;
    most.of<weir::session::http::application>().form_bytes = 30;
    most.of<weir::session::http::application>().form_head_bytes = 60;
    most.of<weir::session::http::application>().held_before_switch = 50;
    most.of<weir::session::http::application>().held_pieces = 3;
    most.held_bytes = 40;
    most.held_pieces = 4;
    most.depth = 2;
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
    const weir::session::options asked{.bodies = (choice & 1) != 0,
                                       .body_limit = 1000,
                                       .body_hash = (choice & 64) != 0,
                                       .content_limit = (choice & 128) != 0 ? std::uint64_t{500} : 0,
                                       .raw_headers = (choice & 2) != 0};
    weir::session::context context{events, asked, count};
    const auto source =
        weir::session::make_source(context, (choice & 4) != 0 ? small_limits() : weir::session::limits{});
    const weir::fuzz::identity id((choice & 8) != 0);
    weir::flow::stream_consumer* const connection = source->open(id);
    weir::fuzz::play(input, *connection, static_cast<weir::event::close_reason>(choice >> 4 & 3));
    source->release(connection);
    weir::common::check(sink.exchanges == count.exchanges, "every exchange is told and counted once");
    return 0;
}
