// What the segments of both ends say together, as a table: the state of each end as Zeek counts it, from
// which its conn_state follows. Every (state, segment) has a row; tests/flow/end_states_test.cpp proves it
// and plays a script for each.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "event/connection.hpp"

namespace weir::flow::tcp {

enum class end_state : std::uint8_t {
    silent,       ///< nothing came from it that says anything
    syn_sent,     ///< a SYN, not answered
    syn_ack_sent, ///< a SYN+ACK, though it is the client
    established,  ///< its SYN and the other end's were seen, or implied by an answer to one
    partial,      ///< in mid-stream: no SYN of it was seen
    closed,       ///< it sent its FIN
    reset,        ///< it sent a RST
    aborted,      ///< the same behind its FIN
};
inline constexpr std::size_t end_state_count = 8;

/// A segment with several flags is several of these in this order; a RST is nothing else beside.
enum class segment_kind : std::uint8_t { syn, syn_ack, rst, data, bare, fin };
inline constexpr std::size_t segment_kind_count = 6;

/// States as a set.
using state_set = std::uint8_t;
template <class... States>
constexpr state_set any_of(States... states) noexcept {
    return static_cast<state_set>((0u | ... | (1u << static_cast<unsigned>(states))));
}
inline constexpr state_set any_state = 0xff;

/// Where the sender is in one of `own` and the other end in one of `other`, this segment leads there. The
/// first row that applies is the one that counts.
struct end_row {
    state_set own;
    segment_kind kind;
    state_set senders; ///< any_of(side…)
    state_set other;
    end_state own_next;
    end_state other_next;
    bool own_stays = false;
    bool other_stays = true;
};

namespace rows {

using enum end_state;
using enum segment_kind;
inline constexpr state_set client = any_of(event::side::client), server = any_of(event::side::server),
                           both = client | server;

constexpr end_row to(state_set own, segment_kind k, state_set senders, state_set other, end_state next) {
    return {own, k, senders, other, next, next};
}
constexpr end_row to_both(state_set own, segment_kind k, state_set senders, state_set other, end_state next,
                          end_state other_next) {
    return {own, k, senders, other, next, other_next, false, false};
}
constexpr end_row stays(state_set own, segment_kind k, state_set other = any_state,
                        state_set senders = both) {
    return {own, k, senders, other, silent, silent, true, true};
}

inline constexpr std::array table{
    // the handshake, RFC 9293 section 3.5; the server's SYN is a simultaneous open
    to(any_of(silent), syn, client, any_state, syn_sent),
    to(any_of(silent), syn_ack, client, any_state, syn_ack_sent),
    to_both(any_of(silent, partial), syn, server, any_of(syn_sent), established, established),
    to_both(any_of(silent, partial), syn_ack, server, any_of(syn_sent), established, established),
    to(any_of(silent), syn, server, any_state, established),
    to(any_of(silent), syn_ack, server, any_state, established),
    to(any_of(partial), syn, both, any_of(silent), syn_sent),
    stays(any_state, syn),
    stays(any_state, syn_ack),
    // some servers acknowledge a SYN before they answer it
    stays(any_of(silent), bare, any_of(syn_sent), server),
    // the SYN was not seen, but its answer
    to(any_of(silent), bare, both, any_of(established), established),
    to(any_of(silent), data, both, any_of(established), established),
    to(any_of(silent), bare, both, any_state, partial),
    to(any_of(silent), data, both, any_state, partial),
    stays(any_state, bare),
    stays(any_state, data),
    // the other end aborted behind its FIN: with both FINs it was an end like others
    to_both(any_of(established, partial), fin, both, any_of(aborted), closed, closed),
    stays(any_of(reset, aborted), fin),
    to(any_state, fin, both, any_state, closed),
    // behind both FINs a RST changes nothing
    stays(any_of(closed), rst, any_of(closed)),
    to(any_of(closed), rst, both, any_state, aborted),
    stays(any_of(reset, aborted), rst),
    to(any_state, rst, both, any_state, reset),
};

} // namespace rows

/// The row that applies, by its place in rows::table; its size where none does.
constexpr std::size_t row_of(end_state own, segment_kind k, event::side sender, end_state other) noexcept {
    std::size_t i = 0;
    for (const end_row& r : rows::table) {
        if (r.kind == k && (r.own & any_of(own)) != 0 && (r.senders & any_of(sender)) != 0 &&
            (r.other & any_of(other)) != 0)
            break;
        ++i;
    }
    return i;
}

/// Both ends of a connection, the client first.
using end_states = std::array<end_state, 2>;
inline constexpr end_states both_established{end_state::established, end_state::established};

namespace rows {

using dense_table = std::array<end_states, end_state_count * end_state_count * segment_kind_count * 2>;
constexpr std::size_t cell(end_state own, segment_kind k, event::side sender, end_state other) noexcept {
    return ((static_cast<std::size_t>(own) * end_state_count + static_cast<std::size_t>(other)) *
                segment_kind_count +
            static_cast<std::size_t>(k)) *
               2 +
           event::index(sender);
}
/// The sender's next state and the other end's.
constexpr dense_table expanded() {
    dense_table d{};
    for (std::size_t own = 0; own < end_state_count; ++own)
        for (std::size_t other = 0; other < end_state_count; ++other)
            for (std::size_t k = 0; k < segment_kind_count; ++k)
                for (const event::side s : {event::side::client, event::side::server}) {
                    const auto o = static_cast<end_state>(own), p = static_cast<end_state>(other);
                    const auto kind = static_cast<segment_kind>(k);
                    const end_row& r = table[row_of(o, kind, s, p)]; // no constant where none applies
                    d[cell(o, kind, s, p)] = {r.own_stays ? o : r.own_next, r.other_stays ? p : r.other_next};
                }
    return d;
}
inline constexpr dense_table dense = expanded();

} // namespace rows

constexpr void see(end_states& ends, segment_kind k, event::side sender) noexcept {
    end_state& own = ends[event::index(sender)];
    end_state& other = ends[event::index(event::other(sender))];
    const end_states next = rows::dense[rows::cell(own, k, sender, other)];
    own = next[0];
    other = next[1];
}

/// Zeek's conn_state. `carried_bytes`: payload was seen of either side. `history` is Zeek's too.
[[nodiscard]] std::string_view conn_state(const end_states& ends, bool carried_bytes,
                                          std::string_view history) noexcept;

} // namespace weir::flow::tcp
