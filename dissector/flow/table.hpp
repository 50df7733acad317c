// What every flow has, whatever its transport: found by key, ordered by age, due at a time. The table knows
// no TCP and no UDP, and does no more than find and order; flows.cpp acts.
//
// Time here is that of the capture clock, which never goes back: so each list is ordered by age, and the next
// due is at its front.
#pragma once

#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "flow/key.hpp"
#include "flow/limits.hpp"

namespace weir::flow {

/// How long a flow may be silent depends on this; in the order in which flows are evicted.
enum class patience : std::uint8_t { over, opening, datagrams, established };
inline constexpr std::size_t patience_count = 4;

class table;

/// The VLANs of a flow.
struct lanes {
    std::array<std::uint32_t, 2> tags; ///< of the end that comes first in the key, and of the other
    std::uint8_t directions;           ///< seen, as bits: before that `tags` is what the other one has
};

/// The part of a flow that the table keeps.
class entry {
public:
    entry(const keyed_ends& k, std::uint64_t number, std::uint64_t first_packet) noexcept
        : id_(k.id)
        , number_(number)
        , first_packet_(first_packet)
        , tags_{k.tags, k.tags}
        , directions_(k.from_low ? 1 : 2) {}

    [[nodiscard]] const key& id() const noexcept { return id_; }
    /// By first packet, from 1.
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
    [[nodiscard]] std::uint64_t first_packet() const noexcept { return first_packet_; }
    [[nodiscard]] patience listed() const noexcept { return listed_; }
    [[nodiscard]] lanes way() const noexcept { return {tags_, directions_}; }
    void go(const lanes& way) noexcept {
        tags_ = way.tags;
        directions_ = way.directions;
    }
    /// The next older one with the same key; several VLANs have it, or a new connection and the one before.
    [[nodiscard]] entry* same_key() const noexcept { return same_key_; }
    [[nodiscard]] bool has_tags_of(const entry& other) const noexcept { return tags_ == other.tags_; }
    /// What arm() was given last.
    [[nodiscard]] std::optional<common::timestamp> deadline() const noexcept {
        return armed_at_ == not_armed ? std::nullopt : std::optional(deadline_);
    }

private:
    friend class table;
    static constexpr std::uint32_t not_armed = std::numeric_limits<std::uint32_t>::max();

    key id_;
    std::uint64_t number_;
    std::uint64_t first_packet_;
    entry* older_ = nullptr;
    entry* younger_ = nullptr;
    common::timestamp seen_;     ///< capture time of the last packet
    common::timestamp deadline_; ///< while armed
    entry* same_key_ = nullptr;  ///< the next older one with this key
    std::array<std::uint32_t, 2> tags_;
    std::uint32_t armed_at_ = not_armed; ///< index in the heap of deadlines
    patience listed_ = patience::opening;
    std::uint8_t directions_;
};

class table {
public:
    table(const limits& l, const std::array<std::uint64_t, 2>& hash_key);
    ~table();

    /// The youngest with this key.
    [[nodiscard]] entry* find(const key& id) const noexcept;
    /// Of an entry and the older ones with its key, the youngest to which a packet belongs by its VLANs. One
    /// direction may have other VLANs than the other; those whose VLANs are seen in both are distinct.
    [[nodiscard]] static entry* choose(entry* youngest, const keyed_ends& k) noexcept {
        const std::size_t end = k.from_low ? 0 : 1;
        const auto direction = static_cast<std::uint8_t>(1u << end);
        for (entry* e = youngest; e != nullptr; e = e->same_key_)
            if (e->tags_[end] == k.tags) {
                e->directions_ |= direction;
                return e;
            }
        for (entry* e = youngest; e != nullptr; e = e->same_key_)
            if ((e->directions_ & direction) == 0) {
                e->directions_ |= direction;
                e->tags_[end] = k.tags;
                return e;
            }
        return nullptr;
    }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// The oldest of those with the key of `youngest`, where there are as many as are looked through for a
    /// packet.
    [[nodiscard]] static entry* oldest_of_many(entry* youngest) noexcept;
    /// `youngest` is what find() answers for its key. Entries with that key stay, and are found behind it.
    void insert(entry& e, entry* youngest, patience p, common::timestamp now);
    void remove(entry& e) noexcept;

    /// A packet of `e` came at `now`; its patience begins again.
    void touch(entry& e, patience p, common::timestamp now) noexcept;
    /// Besides its patience, `e` is due at `at`; nothing takes that back.
    void arm(entry& e, std::optional<common::timestamp> at);
    /// When its patience ends.
    [[nodiscard]] common::timestamp patience_ends(const entry& e) const noexcept {
        return e.seen_ + patience_of(e.listed_);
    }
    [[nodiscard]] common::nanoseconds patience_of(patience p) const noexcept {
        return patience_[static_cast<std::size_t>(p)];
    }

    /// What is due first: appends to `out`, by number, every entry that is due at that time, and answers the
    /// time; nothing where that is after `now`. Whoever is due by a deadline stays so until armed anew.
    std::optional<common::timestamp> take_due(common::timestamp now, std::vector<entry*>& out);

    /// The one to give up where there is no room: those that are over first, established ones last; among
    /// them the one idle longest. Precondition: size() > 0.
    [[nodiscard]] entry& idle_longest() const noexcept;

    /// All, by number.
    [[nodiscard]] std::vector<entry*> all() const;

private:
    /// One connection and the try behind it on each of eight VLANs: who makes up VLANs gains nothing.
    static constexpr std::size_t most_of_one_key = 16;
    struct index;
    struct list {
        entry* oldest = nullptr;
        entry* youngest = nullptr;
    };

    [[nodiscard]] list& of(patience p) noexcept { return lists_[static_cast<std::size_t>(p)]; }
    void append(entry& e, patience p, common::timestamp now) noexcept;
    void unlink(entry& e) noexcept;
    void place(std::size_t at, entry& e) noexcept;
    void sift(std::size_t at) noexcept;
    void disarm(entry& e) noexcept;

    std::unique_ptr<index> index_;
    mutable entry* found_ = nullptr; ///< what find() answered last: packets of a flow come together
    std::size_t size_ = 0;
    std::array<common::nanoseconds, patience_count> patience_;
    std::array<list, patience_count> lists_;
    std::vector<entry*> heap_; ///< by deadline and number, the first on top
    /// Nothing is due before this: most packets need to look no further.
    common::timestamp nothing_before_{std::numeric_limits<std::int64_t>::max()};
};

} // namespace weir::flow
