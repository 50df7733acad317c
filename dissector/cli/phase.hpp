// How far a run has come, as one enumeration and one table. Must never be changed but through next().
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace weir::cli {

enum class phase : std::uint8_t {
    reaching,    ///< a capture service was asked for the first stream
    silent,      ///< the first live stream is open, and nothing of it is known
    described,   ///< its interfaces are known; capture.start is due
    reading,     ///< records come
    caught_up,   ///< with the end of a file that is followed
    lost,        ///< the stream broke off, and the service is asked for another one
    resilent,    ///< that one is open, and nothing of it is known
    redescribed, ///< its interfaces are known; capture.resumed is due
    finishing,   ///< the last event was emitted; only its bytes remain to be written
};

enum class turn : std::uint8_t {
    stream,   ///< a capture service granted a stream
    describe, ///< the first interface of a live stream is known
    begin,    ///< capture.start or capture.resumed was emitted
    catch_up, ///< a file that is followed has no more for now
    grow,     ///< it was read again
    lose,     ///< the stream broke off, and another one is sought
    finish,
};

inline constexpr std::size_t phases = 9, turns = 7;

namespace detail {

using enum phase;
inline constexpr std::optional<phase> never; ///< our own mistake, if it happens

// clang-format off
inline constexpr std::array<std::array<std::optional<phase>, turns>, phases> table{{
    //                stream      describe       begin      catch_up     grow       lose    finish
    /* reaching    */ {{silent,   never,         never,     never,       never,     never,  finishing}},
    /* silent      */ {{never,    described,     never,     never,       never,     never,  finishing}},
    /* described   */ {{never,    described,     reading,   never,       never,     lost,   finishing}},
    /* reading     */ {{never,    reading,       never,     caught_up,   reading,   lost,   finishing}},
    /* caught_up   */ {{never,    never,         never,     caught_up,   reading,   never,  finishing}},
    /* lost        */ {{resilent, never,         never,     never,       never,     never,  finishing}},
    /* resilent    */ {{never,    redescribed,   never,     never,       never,     lost,   finishing}},
    /* redescribed */ {{never,    redescribed,   reading,   never,       never,     lost,   finishing}},
    /* finishing   */ {{never,    never,         never,     never,       never,     never,  never}},
}};
// clang-format on

} // namespace detail

/// What follows; nothing where that cannot happen.
[[nodiscard]] constexpr std::optional<phase> next(phase from, turn by) noexcept {
    return detail::table[static_cast<std::size_t>(from)][static_cast<std::size_t>(by)];
}

[[nodiscard]] constexpr bool has_stream(phase p) noexcept {
    return p != phase::reaching && p != phase::lost && p != phase::finishing;
}

/// A live stream of which nothing is known yet.
[[nodiscard]] constexpr bool is_silent(phase p) noexcept {
    return p == phase::silent || p == phase::resilent;
}

/// An event of what comes before the first record is due.
[[nodiscard]] constexpr bool is_due_to_begin(phase p) noexcept {
    return p == phase::described || p == phase::redescribed;
}

/// capture.start was emitted, or may be at any time: what else is emitted comes behind it.
[[nodiscard]] constexpr bool has_begun(phase p) noexcept {
    return p != phase::reaching && p != phase::silent && p != phase::described;
}

/// capture.lost was emitted, and capture.resumed was not.
[[nodiscard]] constexpr bool is_resuming(phase p) noexcept {
    return p == phase::lost || p == phase::resilent || p == phase::redescribed;
}

} // namespace weir::cli
