// One reply, or anything else that the server says, as far as it is kept: a tree of values in the order in
// which they came. Must never keep more than its limits; what is left out is remembered as such.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "event/redis_events.hpp"
#include "session/loss.hpp"
#include "session/pairing.hpp"
#include "session/redis/anomalies.hpp"

namespace weir::session::redis {

using event::redis_type;

/// What of a reply may be a secret, though its command does not say so.
enum class suspicion : std::uint8_t {
    none,
    hashes, ///< what looks like the hash of a password
    all,
};

/// A value of the tree. Elements of a list stand behind it, each with its own elements.
struct node {
    redis_type type = redis_type::null;
    bool is_owned = false;      ///< its bytes were copied to the reply's text
    bool is_whole = true;       ///< no byte is missing or was cut
    std::uint32_t elements = 0; ///< kept of a list; keys and values both count
    std::uint32_t size = 0;     ///< bytes of text
    std::size_t at = 0;         ///< in the reply's text, where it is owned
    std::string_view borrowed;  ///< in the packet at hand, where it is not
    std::int64_t number = 0;    ///< integer; boolean
    double real = 0;
};

struct reply {
    turn begins;
    common::timestamp first;
    common::timestamp last;
    std::uint64_t size = 0; ///< bytes that were seen
    bool is_push = false;   ///< RESP3 says that it is none
    bool is_truncated = false;
    bool is_complete = false;
    suspicion suspected = suspicion::none;
    std::size_t value = 0;       ///< index of the value: attributes may stand before it
    bool has_attributes = false; ///< they are the first value
    loss missing;
    findings notes;
    std::vector<node> nodes;

    [[nodiscard]] std::string_view text(const node& n) const noexcept {
        return n.is_owned ? std::string_view(owned_).substr(n.at, n.size) : n.borrowed;
    }
    [[nodiscard]] bool has_value() const noexcept { return value < nodes.size(); }
    /// Its value; null where none was seen.
    [[nodiscard]] const node* root() const noexcept { return has_value() ? &nodes[value] : nullptr; }
    /// Index behind the value at `i`, and all that is in it.
    [[nodiscard]] std::size_t behind(std::size_t i) const noexcept;
    [[nodiscard]] bool is_error() const noexcept;
    /// The first element of a list, where it is a string; empty otherwise.
    [[nodiscard]] std::string_view first_word() const noexcept;
    /// Text of a simple string or error; empty otherwise.
    [[nodiscard]] std::string_view status() const noexcept;

    /// Bytes that are kept of it.
    [[nodiscard]] std::size_t kept() const noexcept { return owned_.size() + nodes.size() * sizeof(node); }

    void clear(std::size_t buffer_kept);
    /// Appends to the text of the last value. `is_passing`: `bytes` do not live as long as the packet.
    void append(node& n, std::string_view bytes, bool is_passing);
    /// The packet goes away: copies what still points into it.
    void settle();

private:
    void own(node& n);

    std::string owned_;
    std::size_t settled_ = 0; ///< values before this one point into no packet
};

} // namespace weir::session::redis
