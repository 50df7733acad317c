// What the fuzz targets of sessions on streams share: any bytes as a connection. Records of (kind, length,
// data) say what each side sends, what is lost, and who ends. Whatever comes, reading must end, keep its
// promises and give back its memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/check.hpp"
#include "event/dns_events.hpp"
#include "event/http_events.hpp"
#include "event/json.hpp"
#include "event/redis_events.hpp"
#include "event/selection.hpp"
#include "session/source.hpp"

namespace weir::fuzz {

using event::side;

class identity final : public flow::identity {
public:
    explicit identity(bool midstream) noexcept
        : midstream_(midstream) {}
    event::connection_ref ref() const override { return {1, "1:fuzz", {}, {}}; }
    std::optional<common::nanoseconds> handshake() const override { return std::nullopt; }
    bool midstream() const override { return midstream_; }

private:
    bool midstream_;
};

/// Writes every event, so that every view in it is read, and checks what holds for all.
class checker final : public event::sink {
public:
    void on_event(const event::any_event& e) override {
        writer_.append(e);
        writer_.clear();
        if (const auto* const x = e.get_if<event::http_exchange>()) {
            common::check(x->request || x->response || !x->informational.empty(), "an empty exchange");
            ++exchanges;
        }
        exchanges += static_cast<std::uint64_t>(e.get_if<event::redis_command>() != nullptr);
        if (const auto* const x = e.get_if<event::dns_exchange>()) {
            common::check(x->query || x->response, "an empty exchange");
            common::check(!x->queries || *x->queries > 1, "asked once is not counted");
            ++exchanges;
        }
    }
    std::uint64_t exchanges = 0;

private:
    event::json_writer writer_;
};

/// Plays what is left of `input` to a session; `why` is the reason of its end.
inline void play(common::cursor& input, flow::stream_consumer& connection, event::close_reason why) {
    std::uint64_t offsets[2] = {0, 0};
    std::int64_t now = 0;
    std::uint8_t kind = 0;
    while (input.read(kind)) {
        const side from = (kind & 1) != 0 ? side::server : side::client;
        std::uint64_t& offset = offsets[event::index(from)];
        std::uint16_t length = 0;
        if (!input.read(length)) break;
        ++now;
        switch (kind >> 1 & 3) {
        case 0:
        case 1: {
            common::bytes_view bytes;
            if (!input.take(std::min<std::size_t>(length, input.size()), bytes) || bytes.empty()) break;
            const std::uint64_t other = offsets[event::index(event::other(from))];
            const std::uint64_t acked = (kind & 8) != 0 ? other : other + kind;
            // A copy of its own, so that a view into it that outlives the call is found.
            const std::vector<std::uint8_t> packet(bytes.begin(), bytes.end());
            connection.on_data({from, offset, packet, {now}, static_cast<std::uint64_t>(now), acked});
            offset += bytes.size();
            break;
        }
        case 2:
            if (length == 0) break;
            connection.on_gap({from, offset, length, event::missing_cause::upstream, {now}});
            offset += length;
            break;
        case 3:
            connection.on_end(from, {now});
            break;
        }
    }
    connection.on_close(why, {now});
}

} // namespace weir::fuzz
