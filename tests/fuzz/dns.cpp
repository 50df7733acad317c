// Any bytes as DNS: the first byte chooses datagrams or a stream and its options, then records of (kind,
// length, data) say what each side sends, what is lost, and how time goes on. Whatever comes, reading must
// end, keep its promises and give back its memory.
#include "tests/fuzz/streams.hpp"

namespace {

using weir::event::side;

class identity final : public weir::flow::identity {
public:
    identity(bool midstream, std::uint16_t port) noexcept
        : midstream_(midstream)
        , port_(port) {}
    weir::event::connection_ref ref() const override { return {1, "1:fuzz", {}, {{}, port_}}; }
    std::optional<weir::common::nanoseconds> handshake() const override { return std::nullopt; }
    bool midstream() const override { return midstream_; }
    void wake_at(std::optional<weir::common::timestamp> at) const noexcept override { due = at; }
    mutable std::optional<weir::common::timestamp> due;

private:
    bool midstream_;
    std::uint16_t port_;
};

weir::session::limits small_limits() {
    weir::session::limits most;
    auto& dns = most.of<weir::session::dns::application>();
    dns.waiting = 2;
    dns.remembered = 1;
    dns.questions = 2;
    dns.records = 3;
    dns.options = 1;
    dns.text = 100;
    most.held_bytes = 40;
    most.held_pieces = 4;
    return most;
}

/// Either a conversation of datagrams or a stream.
class said final {
public:
    said(weir::flow::session_source& source, const identity& id, bool datagrams)
        : source_(source)
        , id_(id)
        , datagrams_(datagrams ? source.open_datagrams(id) : nullptr)
        , stream_(datagrams ? nullptr : source.open(id)) {}

    void data(side from, weir::common::bytes_view bytes, std::uint64_t cut, std::int64_t now) {
        std::uint64_t& offset = offsets_[weir::event::index(from)];
        const auto packet = static_cast<std::uint64_t>(now);
        if (datagrams_ != nullptr)
            datagrams_->on_datagram({from, bytes, bytes.size() + cut, {now}, packet});
        else if (!bytes.empty())
            stream_->on_data({from, offset, bytes, {now}, packet, {}});
        offset += bytes.size();
    }
    void gap(side from, std::uint64_t length, std::int64_t now) {
        if (stream_ == nullptr || length == 0) return;
        std::uint64_t& offset = offsets_[weir::event::index(from)];
        stream_->on_gap({from, offset, length, weir::event::missing_cause::upstream, {now}});
        offset += length;
    }
    void advance(std::int64_t now) {
        for (int n = 0; n < 1000; ++n) {
            const auto due = datagrams_ != nullptr ? datagrams_->due() : id_.due;
            if (!due || due->since_epoch > now) return;
            if (datagrams_ != nullptr)
                datagrams_->on_due(*due);
            else
                stream_->on_due(*due);
        }
        weir::common::check(false, "what was due stays due");
    }
    void end(side from, std::int64_t now) {
        if (stream_ != nullptr) stream_->on_end(from, {now});
    }
    void close(weir::event::close_reason why, std::int64_t now) {
        if (datagrams_ != nullptr) {
            datagrams_->on_close(why, {now});
            source_.release(datagrams_);
        } else {
            stream_->on_close(why, {now});
            source_.release(stream_);
        }
    }

private:
    weir::flow::session_source& source_;
    const identity& id_;
    weir::flow::datagram_consumer* datagrams_;
    weir::flow::stream_consumer* stream_;
    std::uint64_t offsets_[2] = {0, 0};
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    weir::common::cursor input({data, size});
    std::uint8_t choice = 0;
    if (!input.read(choice)) return 0;

    weir::fuzz::checker sink;
    weir::event::emitter events(sink, weir::event::mask{}.set());
    weir::session::counters count;
    weir::session::context context{events, {}, count};
    weir::flow::names names((choice & 16) != 0 ? 1 : 100, {1, 2});
    context.names = &names;
    const auto source =
        weir::session::make_source(context, (choice & 1) != 0 ? small_limits() : weir::session::limits{});
    constexpr std::uint16_t ports[] = {53, 5353, 4711, 53};
    const identity id((choice & 2) != 0, ports[choice >> 2 & 3]);
    said conversation(*source, id, (choice & 32) != 0);

    std::int64_t now = 1;
    std::uint8_t kind = 0;
    while (input.read(kind)) {
        const side from = (kind & 1) != 0 ? side::server : side::client;
        std::uint8_t length = 0;
        if (!input.read(length)) break;
        ++now;
        switch (kind >> 1 & 3) {
        case 0:
        case 1: {
            weir::common::bytes_view bytes;
            if (!input.take(std::min<std::size_t>(length, input.size()), bytes)) break;
            conversation.data(from, bytes, (kind & 8) != 0 ? kind : 0, now);
            break;
        }
        case 2:
            conversation.gap(from, length, now);
            break;
        case 3:
            if (length == 0)
                conversation.end(from, now);
            else
                now += length * weir::common::nanoseconds_per_second / 4;
            break;
        }
        conversation.advance(now);
    }
    conversation.close(static_cast<weir::event::close_reason>(choice >> 6 & 3), now);
    weir::common::check(sink.exchanges == count.exchanges, "every exchange is told and counted once");
    return 0;
}
