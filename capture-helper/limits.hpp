// Every number that bounds what a caller may ask of the helper or what the helper may hold, with its reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::capture_helper {

struct limits {
    static constexpr int max_snaplen = 262'144;      ///< bytes, also the default: libpcap's maximum, holds any GRO packet
    static constexpr int default_buffer = 16'384;    ///< KiB of ring an interface: 1/8 s of a busy 1 Gbit/s link
    static constexpr int min_buffer = 2'048;         ///< KiB: a ring block must hold a packet of the largest snaplen
    static constexpr int max_buffer = 262'144;       ///< KiB: ring pages cannot be swapped out
    static constexpr int default_timeout = 15;       ///< ms until the kernel hands over a part-filled block: an event is
                                                     ///< through weir within 100 ms, and a wake-up carries many packets
    static constexpr int max_timeout = 10'000;       ///< ms; longer looks like a hang
    static constexpr std::size_t max_interfaces = 32;     ///< each has a ring; 512 MiB at the default buffer
    static constexpr std::size_t max_filter = 16'384;     ///< bytes of text; the compiler's work grows with it
    static constexpr std::size_t max_request_line = 4'096;    ///< bytes, newline included
    static constexpr int request_ms = 2'000;              ///< for the whole line: a slow client holds its place no longer
    static constexpr std::size_t max_clients = 128;       ///< of --listen at once; each is a process with rings
    static constexpr std::size_t max_clients_per_user = 64;   ///< so that one user cannot take every place
    static constexpr std::size_t max_policy_bytes = 65'536;   ///< of capture.conf; no site writes more rules by hand
    static constexpr std::size_t batch = 131'072;         ///< bytes gathered before a write; more measures no faster
    static constexpr int packets_per_turn = 4'096;        ///< of one interface, before the next one or a statistic
    static constexpr int drain_ms = 250;                  ///< at the end for what the ring holds; a flood never ends
    static constexpr int tick_ms = 20;                    ///< between interrupts of a blocked write once the end is asked
    static constexpr int grace_ms = 500;                  ///< at the end, for a reader that does not read
    static constexpr std::int64_t statistics_ns = 1'000'000'000;  ///< between two statistics blocks of an interface
    static constexpr std::uint64_t min_descriptors = 64;  ///< RLIMIT_NOFILE: sockets, and what libpcap opens beside them
};

} // namespace weir::capture_helper
