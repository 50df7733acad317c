// The time of a capture: the greatest that its records have shown. Time must never come from anywhere else.
#pragma once

#include <algorithm>
#include <optional>

#include "common/timestamp.hpp"

namespace weir::flow {

class capture_time {
public:
    /// A record of this time was read; answers what time it is now. A leap of more than an hour is believed
    /// when the next record agrees: one wild time stamp must not end every flow.
    common::timestamp see(common::timestamp ts) noexcept {
        if (!now_) now_ = ts;
        const bool leap = ts > *now_ + doubtful_step;
        const bool agreed = doubted_ && ts + doubtful_step >= *doubted_ && ts <= *doubted_ + doubtful_step;
        if (leap && !agreed) {
            doubted_ = ts;
            return *now_;
        }
        now_ = std::max({*now_, ts, leap ? *doubted_ : ts});
        doubted_.reset();
        return *now_;
    }

    /// Nothing follows: a leap that no record can confirm any more is believed.
    void settle() noexcept {
        if (doubted_) now_ = doubted_;
        doubted_.reset();
    }

    /// Who deals the records of a capture to several pipelines has the clock; it is `now`.
    void set(common::timestamp now) noexcept { now_ = now; }

    /// Nothing before the first record.
    [[nodiscard]] std::optional<common::timestamp> now() const noexcept { return now_; }

private:
    static constexpr common::nanoseconds doubtful_step{3'600 * common::nanoseconds_per_second};

    std::optional<common::timestamp> now_;
    std::optional<common::timestamp> doubted_;
};

} // namespace weir::flow
