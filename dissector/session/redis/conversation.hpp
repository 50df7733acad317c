// Redis on one connection: commands one way, replies the other, paired in order. Pooled. Must survive missing
// bytes anywhere: what is cut by them is reported so, and both sides are found again.
//
// What the server says next depends on what it was asked (a subscriber is sent messages, a replica an RDB
// payload and commands), and whether it says anything on CLIENT REPLY; followed here.
#pragma once

#include <array>

#include "flow/stream.hpp"
#include "session/context.hpp"
#include "session/pairing.hpp"
#include "session/place.hpp"
#include "session/pool.hpp"
#include "session/redis/command_reader.hpp"
#include "session/redis/rdb_reader.hpp"
#include "session/redis/remnant.hpp"
#include "session/redis/reply_reader.hpp"
#include "session/redis/report.hpp"

namespace weir::session::redis {

/// What the conversations of one source share. One thread only.
struct environment {
    environment(context& c, const limits& l) noexcept
        : shared(c)
        , most(l)
        , report(c) {}

    context& shared;
    const limits most;
    pool<command> commands;
    pool<reply> replies;
    reporter report;
};

class conversation final : public flow::stream_consumer {
public:
    explicit conversation(environment& env);

    /// `client` is the side that sends commands. `searching[side]`: what this side sends next may be in the
    /// middle of anything.
    void open(const place& id, flow::side client, std::array<bool, 2> searching) noexcept;
    /// Gives back everything; for a connection whose end is not told.
    void close() noexcept;

    void on_data(const flow::chunk& c) override;
    void on_gap(const flow::gap& g) override;
    void on_end(flow::side from, common::timestamp ts) override;
    void on_close(event::close_reason why, common::timestamp ts) override;

private:
    /// What the server says next.
    enum class saying : std::uint8_t {
        replies,
        anything,            ///< it may be in the middle of something: a reply is looked for
        rdb,                 ///< or the reply that says why there is none
        replicated,          ///< commands for a replica
        replicated_anything, ///< the same, in the middle of something
    };
    /// How the client sent its last command.
    enum class speaking : std::uint8_t { unknown, arrays, lines };
    /// Who is answered (CLIENT REPLY).
    enum class answering : std::uint8_t { all, all_but_next, nobody };

    void read_commands(std::string_view data, const flow::chunk& c);
    void read_server(std::string_view data, const flow::chunk& c);
    [[nodiscard]] bool read_reply(std::string_view& data, const position& where);
    [[nodiscard]] bool read_rdb(std::string_view& data, const position& where);
    [[nodiscard]] bool read_replicated(std::string_view& data, const position& where);
    [[nodiscard]] std::size_t find_next_reply(std::string_view data, std::uint64_t offset) noexcept;

    void begin_command();
    void command_over();
    void on_command(command& c);
    [[nodiscard]] bool is_answered(const command& c) noexcept;
    void make_room(const command& newest);
    void wait(command& c);
    void count(command& c) noexcept;
    void leave(command& c) noexcept;

    void reply_over(bool is_whole);
    [[nodiscard]] bool is_unasked(const reply& r) const noexcept;
    void take_unasked(const reply& r);
    [[nodiscard]] command* command_of(reply& r);
    [[nodiscard]] command* asked_by(const turn& answer);
    [[nodiscard]] bool is_sure(const command& c, const turn& answer) const noexcept;
    void lose_commands();
    [[nodiscard]] bool begins_anew(const command& c, const reply& r) const noexcept;
    void answer(command& c, reply& r);
    void follow_subscription(const reply& r) noexcept;
    void hold(command& c, reply& r);
    [[nodiscard]] command* oldest_unanswered() const noexcept;

    [[nodiscard]] command& add_unseen();
    void finish(command& c, const reply* answer);
    void give_back(command& c) noexcept;
    void give_up_before(const command& c);
    void settle_late();
    void lose_server(const flow::gap& g);
    void end_commands(event::ending why, const position& where);
    void end_server(event::ending why, const position& where);
    void end_side(flow::side from, event::ending why, common::timestamp ts);

    environment& env_;
    const place* id_ = nullptr;
    flow::side client_ = flow::side::client;
    command_reader commands_;
    reply_reader replies_;
    command_reader replicated_;
    rdb_reader rdb_;
    remnant_watch remnants_;
    pairing<command> pairs_;
    command* sending_ = nullptr;     ///< being read
    command* resyncing_ = nullptr;   ///< whose reply an RDB payload follows
    command* replicating_ = nullptr; ///< being read of what the server sends to its replica
    bool is_searching_ = false;      ///< for a command
    saying says_ = saying::replies;
    answering answers_ = answering::all;
    bool is_queueing_ = false; ///< behind MULTI
    bool is_monitoring_ = false;
    speaking speaks_ = speaking::unknown;
    bool is_partial_ = false; ///< something was lost, or the beginning was not seen
    /// Commands between two holes have the same number. Replies pair in order with those of chain_; with
    /// others only where it is sure that nothing older is due.
    std::uint64_t run_ = 0;
    std::optional<std::uint64_t> chain_;
    std::optional<std::uint64_t> late_run_;       ///< of the last command that came behind its reply
    std::uint64_t late_next_ = 0;                 ///< where the reply to the one behind it begins
    bool is_behind_hole_ = false;                 ///< the next command is
    std::uint64_t said_at_hole_ = 0;              ///< by the server
    std::uint64_t acked_ = 0, acked_at_hole_ = 0; ///< by the client, of what the server said
    bool overlaps_ = false; ///< the client sends on while it has only a part of what is due
    std::uint64_t channels_ = 0, patterns_ = 0, shards_ = 0; ///< subscribed to
    std::uint64_t forgotten_ = 0; ///< replies that are due to commands that were given up
    std::uint64_t late_ = 0;      ///< replies whose command may still come
    std::uint64_t waiting_bytes_ = 0;
    loss lost_commands_, lost_replies_;   ///< missing bytes of which nothing else was seen
    std::array<std::uint64_t, 2> told_{}; ///< stream bytes of each side that were told, or told missing
    std::array<bool, 2> ended_{};
    common::timestamp now_;
};

} // namespace weir::session::redis
