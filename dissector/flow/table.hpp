// All connections: found by key, ordered by age, bounded in number. Time is what the packets say.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "flow/connection.hpp"

namespace weir::flow {

class table {
public:
    /// `path` must outlive the table.
    table(event::emitter& events, session_source& sessions, const limits& l, const capture_path& path,
          const std::array<std::uint64_t, 2>& hash_key);
    ~table();

    /// A TCP packet; precondition: p.what == disposition::tcp.
    void feed(const protocol::packet& p, const sighting& seen);
    /// Capture time goes on without a TCP packet.
    void advance(common::timestamp now);
    /// The capture was blind for a while: what is missing next in a connection was not captured.
    void interrupted() noexcept;
    /// Closes every connection (end_of_capture), in order of their numbers.
    void close_all(common::timestamp ts);

    [[nodiscard]] std::uint64_t opened() const noexcept { return opened_; }
    [[nodiscard]] std::size_t open() const noexcept;
    [[nodiscard]] std::uint64_t anomalies() const noexcept { return shared_.anomalies; }

private:
    struct index;
    /// Doubly linked through one pair of links of the connections; front is the oldest.
    struct list {
        connection* front = nullptr;
        connection* back = nullptr;
        void push_back(connection& c, connection::links connection::*l) noexcept;
        void remove(connection& c, connection::links connection::*l) noexcept;
    };

    connection& create(const keyed_packet& k, const protocol::packet& p, const sighting& seen);
    void destroy(connection& c, event::close_reason why, common::timestamp ts);
    void make_room(const sighting& seen);
    void relist(connection& c) noexcept;
    [[nodiscard]] list& ages(phase p) noexcept { return ages_[static_cast<std::size_t>(p)]; }

    environment shared_;
    std::unique_ptr<index> index_;
    std::deque<std::aligned_storage_t<sizeof(connection), alignof(connection)>> storage_;
    std::vector<void*> free_;
    std::array<list, 3> ages_;
    list waiting_;
    common::timestamp next_sweep_{};
    std::optional<common::timestamp> doubted_;
    std::uint64_t opened_ = 0;
};

} // namespace weir::flow
