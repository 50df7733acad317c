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
#include "session/http/piece.hpp"
#include "session/loss.hpp"
#include "session/pairing.hpp"

namespace weir::session::http {

class kept_body;

enum class message_kind : std::uint8_t { request, response };

/// The fields whose meaning this layer needs. As wide as its place in field_piece: a byte that is written and
/// read back with the three behind it costs a stall for each field.
enum class known_field : std::uint32_t {
    other,
    host,
    expect,
    upgrade,
    content_length,
    content_type,
    content_encoding,
    transfer_encoding,
    connection
};

inline constexpr std::size_t known_fields = 9;

struct field_piece {
    piece name;
    piece value;
    known_field known = known_field::other;
};

struct message : start_pieces {
    message_kind kind = message_kind::request;
    std::string text;                ///< head as sent, obs-folds replaced; then the trailer section
    std::vector<field_piece> fields; ///< of the head, then of the trailer section
    std::size_t head_fields = 0;     ///< how many are of the head; set when it is complete
    bool start_line_seen = false;
    bool start_line_cut = false;      ///< its end is missing: what stands before that is all there is
    bool folded_chunked = false;      ///< a line that continues a field says Transfer-Encoding: chunked
    std::uint16_t known_seen = 0;     ///< bit n: known_field n is among the fields of the head
    std::uint16_t known_repeated = 0; ///< bit n: more than once
    std::array<std::uint16_t, known_fields> first_known{}; ///< where the first one is, if it was seen

    turn begins;             ///< where its first byte is
    common::timestamp first; ///< packet of the first byte
    common::timestamp last;  ///< packet of the last byte

    std::uint64_t skipped = 0;     ///< bytes before it that belong to no message
    std::uint64_t body_begins = 0; ///< stream offset of what follows the head
    std::uint64_t body_size = 0;
    std::uint64_t unframed = 0; ///< bytes behind a hole that are body or chunked framing
    loss missing;
    bool over = false;
    bool complete = false;
    std::optional<event::ending> ended; ///< why it is not complete, where the connection's end is why
    kept_body* body = nullptr;          ///< with --bodies, once the first byte of the body was seen

    findings notes;

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
            known_repeated = static_cast<std::uint16_t>(known_repeated | bit);
            return;
        }
        known_seen = static_cast<std::uint16_t>(known_seen | bit);
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
        start_line_seen = start_line_cut = folded_chunked = over = complete = false;
        ended.reset();
        known_seen = known_repeated = 0;
        begins = {};
        body_size = unframed = skipped = body_begins = 0;
        missing.clear();
        body = nullptr;
    }
};

inline void add_note(message& m, anomaly a, std::uint64_t offset, const position& where,
                     std::string_view detail = {}) {
    m.notes.add(a, offset, where, detail);
}

} // namespace weir::session::http
