// Every number that bounds what the helper may hold or wait for, with its reason; what bounds a request is in
// common/capture_request.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::capture_helper {

struct limits {
    static constexpr int request_ms = 2'000;        ///< for a client's whole line; a slow one loses its place
    static constexpr std::size_t max_clients = 128; ///< of --listen at once; each is a process with rings
    static constexpr long max_clients_of_user =
        32; ///< of one user among them: one alone cannot take every place
    static constexpr std::size_t max_policy = 65'536; ///< bytes of capture.conf; no site writes more by hand
    static constexpr unsigned compile_s = 1; ///< of the processor for one filter; real ones take milliseconds
    static constexpr int compile_ms = 5'000; ///< the same by the clock, on a machine that has more to do
    static constexpr std::size_t batch = 131'072;  ///< bytes gathered before a write; more measures no faster
    static constexpr int packets_per_turn = 4'096; ///< of one interface, before the next one or a statistic
    static constexpr int drain_ms = 250;           ///< at the end for what the ring holds; a flood never ends
    static constexpr int tick_ms = 20;   ///< between interrupts of a blocked write once the end is asked
    static constexpr int grace_ms = 500; ///< at the end, for a reader that does not read
    static constexpr std::int64_t statistics_ns =
        1'000'000'000; ///< between two statistics blocks of an interface
    static constexpr std::uint64_t min_descriptors =
        64; ///< RLIMIT_NOFILE: sockets, and what libpcap opens beside them
};

} // namespace weir::capture_helper
