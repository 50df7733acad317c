// One request or response while it is read: a single copy of its head, fields as offsets into it, and what is
// known of its body. Pooled: clear() keeps the memory.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/timestamp.hpp"
#include "event/http_events.hpp"
#include "session/http/anomalies.hpp"
#include "session/loss.hpp"

namespace weir::session::http {

class kept_body;

enum class message_kind : std::uint8_t { request, response };

/// A place in message::text.
struct piece {
    std::uint32_t at = 0;
    std::uint32_t size = 0;
};

[[nodiscard]] inline piece make_piece(std::size_t at, std::size_t size) noexcept {
    return {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(size)};
}

/// The place of `part`, which is a view into `whole`, where `whole` begins at `base`.
[[nodiscard]] inline piece place(std::string_view whole, std::string_view part, std::size_t base) noexcept {
    return make_piece(base + static_cast<std::size_t>(part.data() - whole.data()), part.size());
}

/// The fields whose meaning this layer needs.
enum class known_field : std::uint8_t {
    other,
    host,
    expect,
    content_length,
    content_type,
    content_encoding,
    transfer_encoding
};

inline constexpr std::size_t known_fields = 7;

struct field_piece {
    piece name;
    piece value;
    known_field known = known_field::other;
};

/// An anomaly that is not yet told. `detail` is empty where the sentence of the table says all.
struct note {
    anomaly what;
    std::uint64_t offset = 0;
    common::timestamp ts;
    std::uint64_t packet = 0;
    std::string detail;
};

struct message {
    message_kind kind = message_kind::request;
    std::string text;                ///< head as sent, obs-folds replaced; then the trailer section
    std::vector<field_piece> fields; ///< of the head, then of the trailer section
    std::size_t head_fields = 0;     ///< how many are of the head; set when it is complete
    piece method, target, reason, version;
    std::optional<std::uint16_t> status;
    bool start_line_seen = false;
    bool start_line_cut = false;     ///< its end is missing: what stands before that is all there is
    std::uint8_t known_seen = 0;     ///< bit n: known_field n is among the fields of the head
    std::uint8_t known_repeated = 0; ///< bit n: more than once
    std::array<std::uint16_t, known_fields> first_known{}; ///< where the first one is, if it was seen

    std::uint64_t start = 0; ///< stream offset of the first byte
    std::uint64_t acked = 0; ///< bytes of the other side acknowledged with the first byte
    common::timestamp first; ///< packet of the first byte
    common::timestamp last;  ///< packet of the last byte

    std::uint64_t body_size = 0;
    std::uint64_t unframed = 0; ///< bytes behind a hole that are body or chunked framing
    loss missing;
    bool over = false;
    bool complete = false;
    std::optional<event::ending> ended; ///< why it is not complete, where the connection's end is why
    kept_body* body = nullptr;          ///< with --bodies, once the first byte of the body was seen

    anomaly_set found;
    std::vector<note> notes; ///< those of `found` that are not yet told

    [[nodiscard]] std::string_view view(piece p) const noexcept {
        return std::string_view(text).substr(p.at, p.size);
    }
    [[nodiscard]] bool has(known_field k) const noexcept {
        return (known_seen >> static_cast<unsigned>(k) & 1U) != 0;
    }
    [[nodiscard]] bool repeats(known_field k) const noexcept {
        return (known_repeated >> static_cast<unsigned>(k) & 1U) != 0;
    }
    /// The first value of a field that has().
    [[nodiscard]] std::string_view first_value(known_field k) const noexcept {
        return view(fields[first_known[static_cast<std::size_t>(k)]].value);
    }
    /// The field that was added last is `k`.
    void saw(known_field k) noexcept {
        const unsigned bit = 1U << static_cast<unsigned>(k);
        if (has(k)) {
            known_repeated = static_cast<std::uint8_t>(known_repeated | bit);
            return;
        }
        known_seen = static_cast<std::uint8_t>(known_seen | bit);
        first_known[static_cast<std::size_t>(k)] = static_cast<std::uint16_t>(fields.size() - 1);
    }
    /// 1xx that does not end the exchange (RFC 9110 section 15.2): all but 101.
    [[nodiscard]] bool is_informational() const noexcept {
        return status && *status >= 100 && *status < 200 && *status != 101;
    }

    /// Calls f with the value of every field of the head that is `k`, in order.
    template <class F>
    void for_each_value(known_field k, F&& f) const {
        if (!has(k)) return;
        if (!repeats(k)) {
            f(first_value(k));
            return;
        }
        for (std::size_t i = 0; i < head_fields; ++i)
            if (fields[i].known == k) f(view(fields[i].value));
    }

    void clear(message_kind k, std::size_t buffer_kept) {
        if (text.capacity() > buffer_kept) text = {};
        text.clear();
        fields.clear();
        notes.clear();
        kind = k;
        head_fields = 0;
        method = target = reason = version = {};
        status.reset();
        start_line_seen = start_line_cut = over = complete = false;
        ended.reset();
        known_seen = known_repeated = 0;
        start = acked = body_size = unframed = 0;
        missing = {};
        body = nullptr;
        found = {};
    }
};

} // namespace weir::session::http
