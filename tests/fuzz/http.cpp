// Any bytes as a connection: the first byte chooses options, then records of (kind, length, data) say what
// each side sends, what is lost, and who ends. Whatever comes, reading must end, keep its promises and give
// back its memory.
#include <cstddef>
#include <cstdint>

#include "common/check.hpp"
#include "event/http_events.hpp"
#include "event/json.hpp"
#include "event/redis_events.hpp"
#include "event/selection.hpp"
#include "session/source.hpp"

namespace {

using weir::event::side;

class identity final : public weir::flow::identity {
public:
    explicit identity(bool midstream) noexcept
        : midstream_(midstream) {}
    weir::event::connection_ref ref() const override { return {1, "1:fuzz", {}, {}}; }
    std::optional<weir::common::nanoseconds> handshake() const override { return std::nullopt; }
    bool midstream() const override { return midstream_; }

private:
    bool midstream_;
};

/// Writes every event, so that every view in it is read, and checks what holds for all.
class checker final : public weir::event::sink {
public:
    void on_event(const weir::event::any_event& e) override {
        writer_.append(e);
        writer_.clear();
        if (const auto* const x = e.get_if<weir::event::http_exchange>()) {
            weir::common::check(x->request || x->response || !x->informational.empty(), "an empty exchange");
            ++exchanges;
        }
        if (e.get_if<weir::event::redis_command>() != nullptr) ++exchanges;
    }
    std::uint64_t exchanges = 0;

private:
    weir::event::json_writer writer_;
};

weir::session::limits small_limits() {
    weir::session::limits most;
    most.of<weir::session::http::application>().head_bytes = 200;
    most.of<weir::session::http::application>().fields = 4;
    most.of<weir::session::http::application>().chunk_line_bytes = 16;
    most.of<weir::session::http::application>().waiting = 3;
    most.of<weir::session::http::application>().informational = 2;
    most.of<weir::session::http::application>().codings = 2;
    most.of<weir::session::http::application>().decoded_bytes = 4096;
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

    checker sink;
    weir::event::emitter events(sink, weir::event::mask{}.set());
    weir::session::counters count;
    const weir::session::options asked{
        .bodies = (choice & 1) != 0, .body_limit = 1000, .raw_headers = (choice & 2) != 0};
    weir::session::context context{events, asked, count};
    const auto source =
        weir::session::make_source(context, (choice & 4) != 0 ? small_limits() : weir::session::limits{});
    const identity id((choice & 8) != 0);
    weir::flow::stream_consumer* const connection = source->open(id);

    std::uint64_t offsets[2] = {0, 0};
    std::int64_t now = 0;
    std::uint8_t kind = 0;
    while (input.read(kind)) {
        const side from = (kind & 1) != 0 ? side::server : side::client;
        std::uint64_t& offset = offsets[weir::event::index(from)];
        std::uint16_t length = 0;
        if (!input.read(length)) break;
        ++now;
        switch (kind >> 1 & 3) {
        case 0:
        case 1: {
            weir::common::bytes_view bytes;
            if (!input.take(std::min<std::size_t>(length, input.size()), bytes) || bytes.empty()) break;
            const std::uint64_t other = offsets[weir::event::index(weir::event::other(from))];
            const std::uint64_t acked = (kind & 8) != 0 ? other : other + kind;
            connection->on_data({from, offset, bytes, {now}, static_cast<std::uint64_t>(now), acked});
            offset += bytes.size();
            break;
        }
        case 2:
            if (length == 0) break;
            connection->on_gap({from, offset, length, weir::event::missing_cause::upstream, {now}});
            offset += length;
            break;
        case 3:
            connection->on_end(from, {now});
            break;
        }
    }
    connection->on_close(static_cast<weir::event::close_reason>(choice >> 4 & 3), {now});
    source->release(connection);
    weir::common::check(sink.exchanges == count.exchanges, "every exchange is told and counted once");
    return 0;
}
