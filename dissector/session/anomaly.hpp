// What a protocol finds malformed or ambiguous: rows of a closed table, once each, until they are reported
// (notes.hpp).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/timestamp.hpp"

namespace weir::session {

/// One kind of anomaly of a protocol. docs/anomalies.md holds the same rows; a test compares them.
struct anomaly_row {
    std::string_view code;     ///< layer.what
    std::string_view sentence; ///< also the detail of an event that has no figures of its own
};

/// A set of a protocol's anomalies; walked in the order of its table.
template <class Anomaly, std::size_t Count>
class anomaly_set {
public:
    static_assert(Count <= 64, "a set holds one bit for each");

    /// False where it was there already.
    constexpr bool add(Anomaly a) noexcept {
        const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(a);
        const bool is_new = (bits_ & bit) == 0;
        bits_ |= bit;
        return is_new;
    }
    constexpr void add(anomaly_set other) noexcept { bits_ |= other.bits_; }
    [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }

    template <class F>
    constexpr void for_each(F&& f) const {
        for (std::uint64_t rest = bits_; rest != 0; rest &= rest - 1)
            f(static_cast<Anomaly>(std::countr_zero(rest)));
    }

private:
    std::uint64_t bits_ = 0;
};

/// An anomaly that is not yet reported. `detail` is empty where the sentence of the table says all.
struct note {
    const anomaly_row* what = nullptr;
    std::uint64_t offset = 0; ///< in the side's stream
    common::timestamp ts;
    std::optional<std::uint64_t> packet;
    std::string detail;
};

/// What was found in one message: each kind once, and those that are not yet reported. `row(Anomaly)` answers
/// the protocol's row.
template <class Anomaly, std::size_t Count>
struct findings {
    anomaly_set<Anomaly, Count> found;
    std::vector<note> unreported;

    /// `where` is a position (position.hpp).
    template <class Position>
    void add(Anomaly a, std::uint64_t offset, const Position& where, std::string_view detail = {}) {
        if (found.add(a))
            unreported.push_back({&row(a), offset, where.ts, where.packet, std::string(detail)});
    }
    void clear() noexcept {
        found = {};
        unreported.clear();
    }
};

} // namespace weir::session
