// The states of a TCP connection and of each of its streams, as tables: every state decides every occasion.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace weir::flow::tcp {

template <class State, class Occasion, std::size_t States, std::size_t Occasions>
struct transitions {
    std::array<std::array<State, Occasions>, States> rows;
    [[nodiscard]] constexpr State operator()(State s, Occasion o) const noexcept {
        return rows[static_cast<std::size_t>(s)][static_cast<std::size_t>(o)];
    }
};

enum class phase : std::uint8_t {
    opening,     ///< a SYN was seen, the handshake is not complete
    picked_up,   ///< no SYN was seen, and no byte yet that would tell more than that
    established, ///< both ends know of each other
    closing,     ///< both have sent their FIN
    over,        ///< by FIN or RST; late packets still belong to it
};

inline constexpr std::array<std::string_view, 5> phase_words{"opening", "picked_up", "established", "closing",
                                                             "over"};
[[nodiscard]] constexpr std::string_view word(phase p) noexcept {
    return phase_words[static_cast<std::size_t>(p)];
}

enum class occasion : std::uint8_t {
    opened,    ///< third ACK, or what shows that there was one; bytes in mid-stream
    both_fins, ///< the second FIN was seen
    ended,     ///< both streams have ended and the last FIN is acknowledged, or RST
    reopened,  ///< the SYN again that had been refused
};

inline constexpr transitions<phase, occasion, 5, 4> next_phase{{{
    // opened             both_fins       ended        reopened
    {phase::established, phase::closing, phase::over, phase::opening},     // opening
    {phase::established, phase::closing, phase::over, phase::picked_up},   // picked_up
    {phase::established, phase::closing, phase::over, phase::established}, // established
    {phase::closing, phase::closing, phase::over, phase::closing},         // closing
    {phase::over, phase::over, phase::over, phase::opening},               // over
}}};

/// Of the stream that one end sends.
enum class stream_phase : std::uint8_t {
    unnumbered, ///< the sequence number of its first byte is not known
    flowing,
    finishing,       ///< its FIN was seen, bytes before it were not
    finishing_acked, ///< the same, and the other end has acknowledged the FIN
    ended,           ///< everything was seen, the FIN included
    ended_acked,     ///< the same, and the other end has acknowledged the FIN
};

enum class stream_occasion : std::uint8_t {
    numbered, ///< a SYN, an acknowledgement or a first byte told the number
    fin,      ///< its FIN was seen
    acked,    ///< the FIN is acknowledged
    whole,    ///< all before the FIN was seen or given up
};

inline constexpr transitions<stream_phase, stream_occasion, 6, 4> next_stream_phase{{{
    // numbered                       fin                              acked                           whole
    {stream_phase::flowing, stream_phase::unnumbered, stream_phase::unnumbered, stream_phase::unnumbered},
    {stream_phase::flowing, stream_phase::finishing, stream_phase::flowing, stream_phase::flowing},
    {stream_phase::finishing, stream_phase::finishing, stream_phase::finishing_acked, stream_phase::ended},
    {stream_phase::finishing_acked, stream_phase::finishing_acked, stream_phase::finishing_acked,
     stream_phase::ended_acked},
    {stream_phase::ended, stream_phase::ended, stream_phase::ended_acked, stream_phase::ended},
    {stream_phase::ended_acked, stream_phase::ended_acked, stream_phase::ended_acked,
     stream_phase::ended_acked},
}}};

[[nodiscard]] constexpr bool numbered(stream_phase p) noexcept { return p != stream_phase::unnumbered; }
[[nodiscard]] constexpr bool fin_seen(stream_phase p) noexcept { return p >= stream_phase::finishing; }
[[nodiscard]] constexpr bool ended(stream_phase p) noexcept { return p >= stream_phase::ended; }
[[nodiscard]] constexpr bool fin_acked(stream_phase p) noexcept {
    return p == stream_phase::finishing_acked || p == stream_phase::ended_acked;
}

} // namespace weir::flow::tcp
