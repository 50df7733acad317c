// The sans-I/O whole: capture records in, events out. No clock, file, log or environment here; the same
// records and options give the same events.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/record.hpp"
#include "event/capture_events.hpp"
#include "event/sink.hpp"
#include "flow/limits.hpp"
#include "flow/moment.hpp"
#include "session/context.hpp"

namespace weir::pipeline {

struct options {
    event::mask events = {};
    session::options sessions;
    flow::limits flows;
    bool names = true; ///< of addresses, as DNS answers give them
    /// Interval of capture.stats in capture time; 0 writes them only when asked.
    common::nanoseconds stats_interval;
    /// Keys the hash tables that are indexed by wire data; random in the program, fixed in tests. It must not
    /// show in the events.
    std::array<std::uint64_t, 2> hash_key{0x9e3779b97f4a7c15, 0xd1b54a32d192ed03};
    std::string input;   ///< for capture.start
    std::string filter;  ///< for capture.start
    std::string sandbox; ///< of this process, for capture.start
};

/// Call order: interface()* feed()* statistics()* in any mix, then end() once. capture.start is emitted by
/// begin(), or before the first record where begin() was not called.
class pipeline {
public:
    pipeline(options asked, event::sink& to);
    ~pipeline();

    /// A live capture knows its start without a packet.
    void begin(common::timestamp now);
    /// What walls the helper has around it, before begin().
    void helper_sandbox(std::string_view walls);
    void interface(const common::interface_description& i);
    void statistics(const common::interface_statistics& s);
    /// Before the packet that comes behind them.
    void lost(const common::packet_loss& l);
    void feed(const common::record& r);

    /// For one of several pipelines among which the records of a capture are dealt, by flow::key_of() of
    /// their packets: `now` is the time of the whole capture (flow::capture_time) at the record that
    /// follows,
    void advance(common::timestamp now);
    /// and `number` is that record's in the whole capture, from 1. Not to be mixed with feed(record).
    void feed(const common::record& r, std::uint64_t number);
    /// What the event that is being emitted comes from: the events of all of them are in order by it.
    [[nodiscard]] const flow::moment& now() const noexcept;

    /// Malformed input of the capture file itself that reading survived.
    void input_anomaly(std::string_view code, std::uint64_t offset, std::string_view detail);
    /// The stream of a live capture broke off at `now`; another one may come. Its interfaces are numbered
    /// from 0 again.
    void lost(common::timestamp now, std::string_view reason);
    /// Another stream goes on, its interfaces are known; `attempts` were needed. After lost(), once.
    void resumed(common::timestamp now, std::uint64_t attempts);
    /// Emits capture.stats now.
    void report();
    /// Closes every open flow (end_of_capture) and emits capture.end.
    void end(event::end_reason why, std::string_view error);

private:
    struct state;
    std::unique_ptr<state> s_;
};

} // namespace weir::pipeline
