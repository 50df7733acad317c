// Every number that bounds what the helper may hold or wait for, with its reason; what bounds a request is in
// common/capture_request.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::capture_helper {

struct limits {
    static constexpr int request_ms = 2'000;  ///< for a client's whole line; a slow one loses its place
    static constexpr int starts_at_once = 32; ///< of helpers for one user, before the rate below holds: each
                                              ///< costs some milliseconds of processor
    static constexpr int starts_per_second = 16; ///< of helpers for one user; a flood takes no more
    static constexpr int backlog = 4'096; ///< connections that wait to be accepted: a burst of one user must
                                          ///< not make the connect() of another fail; to refuse as many
                                          ///< takes 40 ms of a processor
    static constexpr int refusals_ms = 1'000; ///< between two audit lines that count the refusals of a user
    static constexpr int retry_ms = 20;      ///< after accept() that failed for want of memory or descriptors
    static constexpr unsigned compile_s = 1; ///< of the processor for one filter; real ones take milliseconds
    static constexpr int compile_ms = 5'000; ///< the same by the clock, on a machine that has more to do
    static constexpr std::size_t batch = 131'072;  ///< bytes gathered before a write; more measures no faster
    static constexpr int packets_per_turn = 4'096; ///< of one interface, before the next one or a statistic
    static constexpr int drain_ms = 250;           ///< at the end for what the ring holds; a flood never ends
    static constexpr int tick_ms = 20;   ///< between interrupts of a blocked write once the end is asked
    static constexpr int grace_ms = 500; ///< at the end, for a reader that does not read
    static constexpr std::int64_t statistics_ns =
        1'000'000'000; ///< between two statistics blocks of an interface
    static constexpr std::int64_t look_ns =
        50'000'000; ///< between two questions whether the kernel dropped: half of what weir waits for bytes
    static constexpr std::uint64_t min_descriptors =
        64; ///< RLIMIT_NOFILE: sockets, and what libpcap opens beside them
};

} // namespace weir::capture_helper
