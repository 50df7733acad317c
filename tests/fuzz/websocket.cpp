// Any bytes as a WebSocket connection: the first byte chooses options and how it was found, the second what
// was agreed on, then come records (streams.hpp).
#include <set>

#include "event/websocket_events.hpp"
#include "tests/fuzz/streams.hpp"

namespace {

using weir::event::side;

weir::session::websocket::limits small_limits() {
    weir::session::websocket::limits most;
    most.message_bytes = 8;
    most.frame_bytes = 200;
    most.illegal_frames = 1;
    most.decoded_bytes = 500;
    most.held_bytes = 64;
    most.held_pieces = 4;
    most.pings = 2;
    most.buffer_kept = 16;
    return most;
}

/// A handshake whose fields the fuzzer chooses among.
class chosen_upgrade final : public weir::session::upgrade {
public:
    explicit chosen_upgrade(std::uint8_t choice) noexcept
        : choice_(choice) {}
    [[nodiscard]] side asks() const noexcept override { return side::client; }
    [[nodiscard]] std::uint64_t number() const noexcept override { return 1; }
    [[nodiscard]] bool has_request() const noexcept override { return true; }
    void target(std::string& out) const override { out = "http://a/"; }
    [[nodiscard]] bool field(side from, std::string_view name, std::string& out) const override {
        out.clear();
        if (name == "sec-websocket-extensions") {
            if ((choice_ & 1) != 0) out = "permessage-deflate";
            if ((choice_ & 2) != 0) out += "; server_no_context_takeover";
            if ((choice_ & 4) != 0) out += "; client_no_context_takeover";
            if ((choice_ & 8) != 0) out += ", own";
        } else if (from == side::client && (choice_ & 48) == 48) {
            if (name == "sec-websocket-key1" || name == "sec-websocket-key2") out = "1 2 2";
        } else if (name == "sec-websocket-version" && from == side::client) {
            out = (choice_ & 48) == 16 ? "4" : "13";
        }
        return !out.empty();
    }

private:
    std::uint8_t choice_;
};

/// What holds of the events of any connection.
class websocket_checker final : public weir::event::sink {
public:
    void on_event(const weir::event::any_event& e) override {
        all_.on_event(e);
        using weir::common::check;
        if (e.get_if<weir::event::websocket_open>() != nullptr) ++opened;
        if (const auto* const m = e.get_if<weir::event::websocket_message>()) {
            check(numbers_.insert(m->message).second, "a number is given once");
            check(m->frames > 0, "a message has a frame");
            check(m->size.has_value() || m->compressed_size.has_value(), "a message has a size");
            check(!m->missing || m->complete == false, "what misses bytes is not complete");
            check(!m->data || !m->size || m->truncated || m->complete || m->data->bytes.size() == *m->size,
                  "data is whole");
        }
        if (const auto* const c = e.get_if<weir::event::websocket_close>()) {
            ++closed;
            for (const auto& t : {c->from_client, c->from_server})
                check(t.unframed <= t.bytes, "what is unframed was seen");
            check(c->clean || c->ended, "what is not clean says why");
        }
    }
    std::uint64_t opened = 0, closed = 0;

private:
    weir::fuzz::checker all_;
    std::set<std::uint64_t> numbers_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    weir::common::cursor input({data, size});
    std::uint8_t choice = 0, agreed = 0;
    if (!input.read(choice) || !input.read(agreed)) return 0;

    websocket_checker sink;
    weir::event::emitter events(sink, weir::event::mask{}.set());
    weir::session::counters count;
    const weir::session::options asked{.bodies = (choice & 1) != 0, .body_limit = 50};
    weir::session::context context{events, asked, count};
    const weir::fuzz::identity id((choice & 2) != 0);
    const auto why = static_cast<weir::event::close_reason>(choice >> 4 & 3);
    weir::session::websocket::application websocket(
        context, (choice & 4) != 0 ? small_limits() : weir::session::websocket::limits{});
    weir::session::place where;
    where.stand_on(id);
    weir::flow::stream_consumer* const session =
        (choice & 8) != 0 ? websocket.open(where, side::client, {true, true})
                          : websocket.open_upgraded(where, chosen_upgrade(agreed), {});
    weir::fuzz::play(input, *session, why);
    websocket.release(session);
    weir::common::check(sink.opened <= 1 && sink.closed == 1, "opened and closed once");
    return 0;
}
