// Events about the capture itself: where it came from and that nothing of it was lost in silence (design: the
// ledger closes).
#pragma once

#include <array>
#include <string_view>

#include "event/field.hpp"

namespace weir::event {

struct interface_info {
    wire interface;
    std::uint32_t link_type = 0;
    std::uint32_t snaplen = 0;

    static constexpr auto fields() {
        return std::tuple{
            field{"name", &interface_info::interface, "as the capturing program named it",
                  leave_out::when_empty},
            field{"link_type", &interface_info::link_type, "LINKTYPE_ number"},
            field{"snaplen", &interface_info::snaplen, "largest captured length in bytes; 0 is no limit"},
        };
    }
};

/// What walls a process has around itself; filled in by the edge.
struct sandbox_state {
    wire helper;
    wire dissector;

    static constexpr auto fields() {
        return std::tuple{
            field{"helper", &sandbox_state::helper, "of weir-capture", leave_out::when_empty},
            field{"dissector", &sandbox_state::dissector, "of weir", leave_out::when_empty},
        };
    }
};

struct capture_start {
    static constexpr std::string_view name = "capture.start";
    static constexpr std::string_view when = "First line of every stream.";
    static constexpr audience seen = audience::everybody;

    std::optional<common::timestamp> ts;
    std::string_view version;
    wire input;
    std::span<const interface_info> interfaces;
    wire filter;
    std::optional<sandbox_state> sandbox;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &capture_start::ts, "first packet, or the start of a live capture"},
            field{"version", &capture_start::version, "of weir"},
            field{"input", &capture_start::input, "file name, \"-\", or the interfaces"},
            field{"interfaces", &capture_start::interfaces, "those known when the first packet was read"},
            field{"filter", &capture_start::filter,
                  "capture filter in force, the policy's own included, where there is one",
                  leave_out::when_empty},
            field{"sandbox", &capture_start::sandbox, "what walls the processes have around them"},
        };
    }
};

/// Counters of the kernel, summed over the interfaces. received = dropped + dropped_interface +
/// not_handed_over + waiting + delivered; waiting is 0 once the capture has ended.
struct kernel_counters {
    std::uint64_t received = 0;
    std::uint64_t dropped = 0;
    std::uint64_t dropped_interface = 0;
    std::optional<std::uint64_t> not_handed_over;
    std::uint64_t waiting = 0;

    static constexpr auto fields() {
        return std::tuple{
            field{"received", &kernel_counters::received, "packets that matched the filter, drops included"},
            field{"dropped", &kernel_counters::dropped, "no room in the capture ring"},
            field{"dropped_interface", &kernel_counters::dropped_interface, "by the interface or its driver"},
            field{"not_handed_over", &kernel_counters::not_handed_over,
                  "in the ring yet, or left out by libpcap: on \"any\" the kernel counts both copies of a "
                  "loopback packet"},
            field{"waiting", &kernel_counters::waiting, "counted but not delivered yet"},
        };
    }
};

/// delivered = dissected + the sum of not_dissected, at every moment.
struct ledger {
    std::optional<kernel_counters> kernel;
    std::uint64_t delivered = 0;
    std::uint64_t dissected = 0;
    tally_object not_dissected;
    std::uint64_t bytes = 0;
    std::uint64_t connections = 0;
    std::uint64_t open_connections = 0;
    std::uint64_t conversations = 0;
    std::uint64_t open_conversations = 0;
    std::uint64_t exchanges = 0;
    std::uint64_t open_exchanges = 0;
    std::optional<common::nanoseconds> oldest_exchange;
    std::uint64_t anomalies = 0;

    static constexpr auto fields() {
        return std::tuple{
            field{"kernel", &ledger::kernel, "what the kernel counted, where the input says so"},
            field{"delivered", &ledger::delivered, "packets read"},
            field{"dissected", &ledger::dissected,
                  "packets of a TCP connection or UDP conversation, and ICMP errors that quote one"},
            field{"not_dissected", &ledger::not_dissected,
                  "the other packets, by reason; duplicate: a copy, within 1 ms, of a packet seen on another "
                  "interface or VLAN"},
            field{"bytes", &ledger::bytes, "captured bytes of the packets read"},
            field{"connections", &ledger::connections, "TCP connections seen so far"},
            field{"open_connections", &ledger::open_connections, "those not closed yet"},
            field{"conversations", &ledger::conversations, "UDP conversations seen so far"},
            field{"open_conversations", &ledger::open_conversations, "those not over yet"},
            field{"exchanges", &ledger::exchanges, "HTTP exchanges that are over"},
            field{"open_exchanges", &ledger::open_exchanges, "those that are not over yet"},
            field{"oldest_exchange", &ledger::oldest_exchange,
                  "age of the one of them that is open longest, in seconds of capture time"},
            field{"anomalies", &ledger::anomalies, "anomalies found, written or not"},
        };
    }
};

enum class stats_reason : std::uint8_t { interval, request, drops };
template <>
struct words<stats_reason> {
    static constexpr std::array<std::string_view, 3> names{"interval", "request", "drops"};
};

/// An output that did not get all that it had asked for; filled in by the edge.
struct output_account {
    wire output;
    std::uint64_t dropped = 0;

    static constexpr auto fields() {
        return std::tuple{
            field{"name", &output_account::output, "the file, or \"-\" for standard output"},
            field{"dropped", &output_account::dropped,
                  "events that it selects and did not get: its reader was too slow, or the disk was full"},
        };
    }
};

struct capture_stats {
    static constexpr std::string_view name = "capture.stats";
    static constexpr std::string_view when = "Every interval of capture time, on SIGUSR1, and when packets "
                                             "were dropped: at once, then at most every "
                                             "ten seconds while it goes on.";
    static constexpr audience seen = audience::everybody;

    std::optional<common::timestamp> ts;
    stats_reason reason = stats_reason::interval;
    ledger totals;
    std::span<const output_account> outputs;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &capture_stats::ts,
                  "the latest known: of a packet, of statistics, of the clock of a live capture"},
            field{"reason", &capture_stats::reason, "why it is written now; request: SIGUSR1"},
            field{"totals", &capture_stats::totals, "since the start"},
            field{"outputs", &capture_stats::outputs, "those that did not get everything",
                  leave_out::when_empty},
        };
    }
};

struct capture_lost {
    static constexpr std::string_view name = "capture.lost";
    static constexpr std::string_view when =
        "The capture service is gone, and weir tries to reach it again (--reconnect).";
    static constexpr audience seen = audience::everybody;

    common::timestamp ts;
    wire reason;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &capture_lost::ts, "when it was noticed"},
            field{"reason", &capture_lost::reason, "how the stream ended"},
        };
    }
};

struct capture_resumed {
    static constexpr std::string_view name = "capture.resumed";
    static constexpr std::string_view when =
        "The capture goes on after capture.lost; what was sent in between was not seen.";
    static constexpr audience seen = audience::everybody;

    common::timestamp ts;
    common::nanoseconds outage;
    std::uint64_t attempts = 0;
    std::span<const interface_info> interfaces;
    std::optional<sandbox_state> sandbox;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &capture_resumed::ts, "when the new stream began"},
            field{"outage", &capture_resumed::outage, "since capture.lost"},
            field{"attempts", &capture_resumed::attempts, "to reach the service, the last one included"},
            field{"interfaces", &capture_resumed::interfaces, "of the new stream"},
            field{"sandbox", &capture_resumed::sandbox, "what walls the processes have around them"},
        };
    }
};

enum class end_reason : std::uint8_t { end_of_input, interrupted, truncated, failed };
template <>
struct words<end_reason> {
    static constexpr std::array<std::string_view, 4> names{"end_of_input", "interrupted", "truncated",
                                                           "failed"};
};

struct capture_end {
    static constexpr std::string_view name = "capture.end";
    static constexpr std::string_view when = "Last line of every stream.";
    static constexpr audience seen = audience::everybody;

    std::optional<common::timestamp> ts;
    end_reason reason = end_reason::end_of_input;
    wire error;
    ledger totals;
    std::span<const output_account> outputs;

    static constexpr auto fields() {
        return std::tuple{
            field{"ts", &capture_end::ts,
                  "the latest known: of a packet, of statistics, of the clock of a live capture"},
            field{"reason", &capture_end::reason, "why the capture is over"},
            field{"error", &capture_end::error, "what failed, where something did", leave_out::when_empty},
            field{"totals", &capture_end::totals, "of the whole capture"},
            field{"outputs", &capture_end::outputs, "those that did not get everything",
                  leave_out::when_empty},
        };
    }
};

} // namespace weir::event
