// One end of a connection as a sender, judged from where the capture stands: round trips, bytes in flight,
// why bytes are sent again, and what keeps it from sending. It exists only for connections of which somebody
// asks that, and knows nothing of what the bytes say.
//
// Must never hold more than the bounds at its end say: what is not remembered is not measured.
#pragma once

#include <algorithm>
#include <array>
#include <optional>

#include "common/timestamp.hpp"
#include "event/tcp_detail_events.hpp"
#include "flow/tcp/sequence.hpp"
#include "protocol/tcp_options.hpp"

namespace weir::flow::tcp {

/// The last `Most` of what was put, the oldest forgotten first.
template <class T, std::size_t Most>
class last_few {
public:
    void put(const T& value) noexcept {
        if (size_ == Most) drop(1);
        at(size_++) = value;
    }
    void drop(std::size_t count) noexcept {
        first_ = (first_ + count) % Most;
        size_ -= count;
    }
    [[nodiscard]] T& at(std::size_t i) noexcept { return all_[(first_ + i) % Most]; }
    [[nodiscard]] const T& at(std::size_t i) const noexcept { return all_[(first_ + i) % Most]; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    std::array<T, Most> all_{};
    std::size_t first_ = 0, size_ = 0;
};

class sender {
public:
    struct segment {
        std::uint32_t seq = 0;
        std::uint32_t length = 0; ///< sequence numbers that it takes: bytes, SYN, FIN
        bool syn = false;
        bool fin = false;
        std::optional<std::uint32_t> stamp;
        common::timestamp ts;
        [[nodiscard]] std::uint32_t end() const noexcept { return seq + length; }
    };

    /// It sent this; to be called before what is said of it below.
    void sent(const segment& s) noexcept;

    struct answer {
        std::uint32_t ack = 0;
        std::optional<std::uint64_t> window; ///< bytes; nothing where the scale is not known
        bool pure = false;                   ///< it carries nothing else
        const protocol::tcp_options& options;
        common::timestamp ts;
    };
    /// The other end acknowledged.
    void answered(const answer& a) noexcept;

    /// Why this segment, all of which was sent before, is sent again; loss recovery begins.
    [[nodiscard]] event::retransmission sent_again(const segment& s) noexcept;
    /// For a segment that fills a hole: true where it was overtaken on its way, false where it was sent again
    /// after its first copy was lost before it came here. `round_trip` is the least that was measured in both
    /// directions together.
    [[nodiscard]] bool was_overtaken(const segment& s, common::nanoseconds round_trip) const noexcept;

    /// When its last byte was sent first; nothing where that is forgotten.
    [[nodiscard]] std::optional<common::timestamp> sent_first(const segment& s) const noexcept;

    [[nodiscard]] std::optional<common::nanoseconds> least_round_trip() const noexcept;

    /// Until `now`.
    [[nodiscard]] event::tcp_stalls stalled(common::timestamp now) const noexcept;
    /// Its members round_trips, in_flight and stalled, until `now`.
    void describe(event::tcp_sender& out, common::timestamp now) const noexcept;

private:
    /// What keeps it from sending. `path`: it waits for acknowledgements, and nothing shows why it sends no
    /// more.
    enum class limit : std::uint8_t { path, loss, window, application, finished };

    struct flight {
        std::uint32_t end = 0;
        bool again = false;
        common::timestamp ts;
    };
    struct stamp {
        std::uint32_t value = 0;
        common::timestamp ts;
    };
    struct trips {
        std::uint64_t count = 0;
        common::nanoseconds min, max, sum;
        void add(common::nanoseconds t) noexcept;
        [[nodiscard]] std::optional<event::round_trips> told() const noexcept;
    };

    void account(common::timestamp now) noexcept;
    void progress() noexcept { waited_ = {}; }
    void acknowledged(const answer& a) noexcept;
    [[nodiscard]] limit limit_now() const noexcept;
    /// Sequence numbers, and the bytes among them.
    [[nodiscard]] std::uint32_t in_flight() const noexcept { return highest_ - acked_; }
    [[nodiscard]] std::uint32_t bytes_in_flight() const noexcept;

    bool numbered_ = false;
    bool answered_ = false;
    bool fin_ = false;
    std::optional<std::uint32_t> syn_;
    limit limit_ = limit::finished; ///< until both ends know of each other
    std::uint32_t highest_ = 0;     ///< end of what was sent
    std::uint32_t acked_ = 0;
    std::uint32_t largest_segment_ = 1;
    std::uint32_t repeated_acks_ = 0;
    std::optional<std::uint32_t> sacked_;       ///< highest byte that was acknowledged selectively
    std::optional<std::uint32_t> recovered_at_; ///< loss recovery is over when this is acknowledged
    event::retransmission recovery_ = event::retransmission::fast;
    std::optional<std::uint64_t> window_;
    std::optional<std::uint32_t> highest_stamp_; ///< of the segment that ends at highest_
    std::uint32_t most_in_flight_ = 0;
    common::timestamp since_;    ///< what lies before is accounted for
    common::nanoseconds waited_; ///< for the path, since the last progress
    event::tcp_stalls stalled_;
    trips by_acknowledgement_, by_timestamps_;
    /// A sender with more segments on the way is measured by the latest ones.
    last_few<flight, 64> flights_;
    last_few<stamp, 32> stamps_;
};

} // namespace weir::flow::tcp
