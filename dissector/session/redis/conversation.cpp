#include "session/redis/conversation.hpp"

#include <utility>

#include "common/ascii.hpp"
#include "session/ending.hpp"
#include "session/redis/redis.hpp"
#include "session/redis/shape.hpp"

namespace weir::session::redis {

using common::equals_ignoring_case;
using event::index;
using event::other;

namespace {

bool is_subscription(meaning m) noexcept { return m == meaning::subscribe || m == meaning::unsubscribe; }

/// The words by which (P|S)(UN)SUBSCRIBE is answered.
bool is_subscription_word(std::string_view word) noexcept {
    if (word.starts_with('p') || word.starts_with("ss") || word.starts_with("sun")) word.remove_prefix(1);
    return word == "subscribe" || word == "unsubscribe";
}

bool is_message_word(std::string_view word) noexcept {
    return word == "message" || word == "pmessage" || word == "smessage";
}

/// 1339518083.107412 [0 127.0.0.1:60866] "keys" "*"
bool is_monitor_line(const reply& r) noexcept {
    const std::string_view line = r.status();
    if (line.empty() || !common::is_digit(line.front())) return false;
    const std::size_t time = line.find_first_not_of("0123456789.");
    return time != std::string_view::npos && line.substr(time).starts_with(" [");
}

} // namespace

conversation::conversation(environment& env)
    : env_(env)
    , commands_(env.most, env.shared.asked)
    , replies_(env.most, env.shared.asked)
    , replicated_(env.most, env.shared.asked)
    , remnants_(env.most.remnants) {}

void conversation::open(const place& id, flow::side client, std::array<bool, 2> searching) noexcept {
    id_ = &id;
    client_ = client;
    commands_.reset();
    replies_.reset();
    replicated_.reset();
    is_searching_ = searching[index(client)];
    says_ = searching[index(other(client))] ? saying::anything : saying::replies;
    answers_ = answering::all;
    is_queueing_ = is_monitoring_ = false;
    speaks_ = speaking::unknown;
    is_partial_ = id.midstream() || searching[0] || searching[1];
    remnants_.reset(is_partial_);
    channels_ = patterns_ = shards_ = forgotten_ = late_ = waiting_bytes_ = 0;
    run_ = acked_ = acked_at_hole_ = 0;
    chain_ = run_;
    late_run_.reset();
    late_next_ = 0;
    is_behind_hole_ = overlaps_ = false;
    lost_commands_.clear();
    lost_replies_.clear();
    told_ = {};
    ended_ = {};
}

void conversation::close() noexcept {
    if (id_ == nullptr) return;
    if (sending_ != nullptr) give_back(*std::exchange(sending_, nullptr));
    if (replicating_ != nullptr) give_back(*std::exchange(replicating_, nullptr));
    for (command* const c : pairs_.waiting()) give_back(*c);
    pairs_.clear();
    resyncing_ = nullptr;
    id_ = nullptr;
}

void conversation::on_data(const flow::chunk& c) {
    now_ = c.ts;
    told_[index(c.from)] = c.offset + c.data.size();
    if (c.from == client_) {
        read_commands(common::as_text(c.data), c);
        acked_ = c.acked.value_or(acked_);
    } else {
        read_server(common::as_text(c.data), c);
    }
}

// --- commands

void conversation::begin_command() {
    sending_ = env_.commands.take();
    sending_->clear(env_.most.buffer_kept);
    const auto waiting = pairs_.waiting();
    sending_->run = run_;
    sending_->is_behind_hole = std::exchange(is_behind_hole_, false);
    sending_->is_pipelined = !waiting.empty() && waiting.back()->is_seen && !waiting.back()->is_answered;
}

void conversation::read_commands(std::string_view data, const flow::chunk& c) {
    while (!data.empty()) {
        if (is_searching_) {
            data.remove_prefix(find_command(data, speaks_ != speaking::arrays));
            if (data.empty()) break;
            is_searching_ = false;
        }
        if (!commands_.is_inside()) {
            if (sending_ == nullptr) begin_command();
            speaks_ = data.front() == '*' ? speaking::arrays : speaking::lines;
        }
        switch (commands_.next(data, place_in(c, c.data.size() - data.size()), *sending_)) {
        case command_reader::outcome::need_more:
            break;
        case command_reader::outcome::none:
            give_back(*std::exchange(sending_, nullptr));
            break;
        case command_reader::outcome::over:
            command_over();
            break;
        case command_reader::outcome::broken:
            is_searching_ = true;
            command_over();
            break;
        }
    }
    if (late_ > 0) settle_late();
}

void conversation::command_over() {
    command& c = *std::exchange(sending_, nullptr);
    env_.report.notes(*id_, std::nullopt, client_, c.notes);
    on_command(c);
}

/// Whether a reply is due, and what CLIENT REPLY makes of the next ones.
bool conversation::is_answered(const command& c) noexcept {
    if (c.means == meaning::reset) answers_ = answering::all;
    if (c.means == meaning::client && equals_ignoring_case(c.argument_at(0), "reply")) {
        if (equals_ignoring_case(c.argument_at(1), "on")) answers_ = answering::all;
        if (equals_ignoring_case(c.argument_at(1), "off")) answers_ = answering::nobody;
        if (equals_ignoring_case(c.argument_at(1), "skip")) {
            if (answers_ == answering::all) answers_ = answering::all_but_next;
            return false;
        }
    }
    if (c.means == meaning::replconf && equals_ignoring_case(c.argument_at(0), "ack")) return false;
    if (answers_ == answering::all_but_next) {
        answers_ = answering::all;
        return false;
    }
    return answers_ == answering::all;
}

void conversation::on_command(command& c) {
    c.means = meaning_of(c.name());
    remnants_.asked(c);
    const bool is_queued = is_queueing_ && c.means != meaning::end_multi && c.means != meaning::reset;
    if (c.means == meaning::multi) is_queueing_ = true;
    if (c.means == meaning::end_multi || c.means == meaning::reset) is_queueing_ = false;
    if (!is_queued) {
        c.is_due = is_answered(c);
        if (c.means == meaning::subscribe) c.due = std::max<std::uint64_t>(c.given, 2) - 1;
        if (c.means == meaning::unsubscribe) c.due = c.given - 1;
        c.is_blocking = c.means == meaning::blocking;
        if (c.means == meaning::may_block)
            for (std::size_t i = 0; i + 1 < c.arguments.size(); ++i)
                c.is_blocking = c.is_blocking || equals_ignoring_case(c.argument_at(i), "block");
    }
    const bool is_replica = c.means == meaning::replconf && !c.is_due && answers_ == answering::all;
    if (is_replica && is_partial_ && (says_ == saying::replies || says_ == saying::anything)) {
        // Its PSYNC was not seen.
        replies_.reset();
        says_ = saying::replicated_anything;
    }
    if (!c.is_due) {
        c.number = id_->next_exchange();
        finish(c, nullptr);
        return;
    }
    if (late_ > 0) {
        command* const early = pairs_.for_question(*c.question);
        const bool is_in_order = pairs_.is_ordered() && chain_ == run_;
        const bool goes_on =
            early != nullptr && c.run == late_run_ && early->early_answer->start == late_next_;
        if (early != nullptr && (is_in_order || goes_on || is_sure(c, *early->early_answer))) {
            late_run_ = c.run;
            late_next_ =
                early->early_answer->start + (early->last_reply != nullptr ? early->last_reply->size : 0);
            c.number = early->number;
            c.replied = early->replied;
            c.replies = early->replies;
            c.found_in_replies = early->found_in_replies;
            c.last_reply = std::exchange(early->last_reply, nullptr);
            c.is_answered = true;
            --late_;
            leave(*early);
            give_back(*early);
            finish(c, nullptr);
            return;
        }
    } else {
        pairs_.ask();
    }
    if (!overlaps_ && c.is_pipelined && chain_ == run_ && c.question->acked && !pairs_.waiting().empty()) {
        const command& oldest = *pairs_.waiting().front();
        overlaps_ = !oldest.is_answered && oldest.question &&
                    *c.question->acked <= told_[index(other(client_))] &&
                    oldest.question->acked < c.question->acked;
    }
    make_room(c);
    c.number = id_->next_exchange();
    wait(c);
}

void conversation::wait(command& c) {
    c.is_waiting = true;
    pairs_.add(&c);
    count(c);
}

void conversation::count(command& c) noexcept {
    waiting_bytes_ -= c.counted;
    c.counted = c.text.size() + (c.last_reply != nullptr ? c.last_reply->kept() : 0);
    waiting_bytes_ += c.counted;
}

void conversation::leave(command& c) noexcept {
    waiting_bytes_ -= std::exchange(c.counted, 0);
    pairs_.remove(&c);
}

void conversation::make_room(const command& newest) {
    while (!pairs_.waiting().empty() && (pairs_.waiting().size() >= env_.most.waiting ||
                                         waiting_bytes_ + newest.text.size() > env_.most.waiting_bytes)) {
        command& oldest = *pairs_.waiting().front();
        if (&oldest == resyncing_) return;
        const position where{oldest.question ? oldest.question->start : 0, newest.first};
        oldest.notes.add(anomaly::waiting_limit, where.offset, where);
        env_.report.notes(*id_, oldest.number, client_, oldest.notes);
        if (!oldest.is_answered) {
            oldest.ended = event::ending::evicted;
            forgotten_ += std::max<std::uint64_t>(oldest.due, 1) - std::min(oldest.due, oldest.replies);
        }
        const bool was_ordered = pairs_.is_ordered();
        finish(oldest, nullptr);
        if (!was_ordered) forgotten_ = 0;
    }
}

// --- what the server says

void conversation::read_server(std::string_view data, const flow::chunk& c) {
    bool goes_on = true;
    while (goes_on && !data.empty()) {
        const position where = place_in(c, c.data.size() - data.size());
        // Between what it says, a master sends line feeds to stay connected.
        const bool is_between = says_ == saying::replies
                                    ? !replies_.is_inside()
                                    : says_ == saying::replicated && replicating_ == nullptr;
        if (is_between && data.front() == '\n') {
            data.remove_prefix(1);
            continue;
        }
        switch (says_) {
        case saying::anything:
            data.remove_prefix(find_next_reply(data, where.offset));
            if (!data.empty()) says_ = saying::replies;
            break;
        case saying::replies: {
            const command* const next = replies_.is_inside() ? nullptr : oldest_unanswered();
            if (next != nullptr && next->means == meaning::sync && pairs_.is_ordered()) {
                resyncing_ = pairs_.waiting().front();
                rdb_.begin();
                says_ = saying::rdb;
                break;
            }
            goes_on = read_reply(data, where);
            break;
        }
        case saying::rdb:
            goes_on = read_rdb(data, where);
            break;
        case saying::replicated_anything:
            data.remove_prefix(find_command(data, false));
            if (!data.empty()) says_ = saying::replicated;
            break;
        case saying::replicated:
            goes_on = read_replicated(data, where);
            break;
        }
    }
}

/// False where it needs more.
bool conversation::read_reply(std::string_view& data, const position& where) {
    switch (replies_.next(data, where)) {
    case reply_reader::outcome::need_more:
        replies_.settle();
        return false;
    case reply_reader::outcome::over:
        reply_over(true);
        return true;
    case reply_reader::outcome::broken:
        break;
    }
    // The byte that begins nothing is passed over, and what follows up to what may be a reply.
    if (replies_.current().size == 0 && !data.empty()) data.remove_prefix(1);
    pairs_.lose_order();
    is_partial_ = true;
    if (says_ == saying::replies) says_ = saying::anything;
    reply_over(false);
    chain_.reset();
    remnants_.replies_lost();
    return true;
}

/// Where in `data` the next reply begins; its size where it does not.
std::size_t conversation::find_next_reply(std::string_view data, std::uint64_t offset) noexcept {
    const command* const next = oldest_unanswered();
    if (next != nullptr && next->question && next->question->acked && *next->question->acked > offset) {
        // Whoever asked had received all up to there: it answers something older.
        const std::uint64_t before = *next->question->acked - offset;
        if (before >= data.size()) return data.size();
        return before + find_reply(data.substr(before));
    }
    const bool is_unasked = channels_ + patterns_ + shards_ > 0 || is_monitoring_ || data.front() == '>';
    const bool is_one_sided = told_[index(client_)] == 0 || is_searching_;
    if (next == nullptr && !is_unasked && !is_one_sided && !id_->midstream()) return data.size();
    return find_reply(data);
}

bool conversation::read_rdb(std::string_view& data, const position& where) {
    switch (rdb_.next(data)) {
    case rdb_reader::outcome::need_more:
        break;
    case rdb_reader::outcome::no_rdb:
        // SYNC was refused. Behind +FULLRESYNC there is no other way.
        if (resyncing_ != nullptr) resyncing_->means = meaning::unknown;
        resyncing_ = nullptr;
        says_ = saying::replies;
        return true;
    case rdb_reader::outcome::over: {
        says_ = saying::replicated;
        command* const c = std::exchange(resyncing_, nullptr);
        if (c == nullptr) return true; // it was given up while the RDB went on
        c->rdb = rdb_.size();
        c->is_answered = true;
        if (!c->replied) c->replied = where.ts;
        finish(*c, nullptr);
        return true;
    }
    }
    if (resyncing_ != nullptr && rdb_.is_inside()) resyncing_->rdb = rdb_.size();
    return !data.empty();
}

bool conversation::read_replicated(std::string_view& data, const position& where) {
    if (replicating_ == nullptr) {
        replicating_ = env_.commands.take();
        replicating_->clear(env_.most.buffer_kept);
    }
    const command_reader::outcome o = replicated_.next(data, where, *replicating_);
    if (o == command_reader::outcome::need_more) return false;
    command& c = *std::exchange(replicating_, nullptr);
    env_.report.notes(*id_, std::nullopt, other(client_), c.notes);
    if (o == command_reader::outcome::broken) says_ = saying::replicated_anything;
    if (o == command_reader::outcome::over) env_.report.replicated(*id_, c);
    give_back(c);
    return true;
}

// --- replies and their commands

command* conversation::oldest_unanswered() const noexcept {
    for (command* const c : pairs_.waiting())
        if (!c->is_answered) return c;
    return nullptr;
}

bool conversation::is_unasked(const reply& r) const noexcept {
    const std::string_view word = r.first_word();
    const command* const next = oldest_unanswered();
    const bool may_answer = next != nullptr && is_subscription(next->means);
    if (r.is_push) return !(may_answer && is_subscription_word(word));
    // Nobody answers so, and such a line may hold a secret: it is none even where MONITOR was not seen.
    if (is_monitor_line(r)) return true;
    const node* const list = r.root();
    if (list == nullptr || list->type != redis_type::array || list->elements < 3) return false;
    const bool is_subscribed = channels_ + patterns_ + shards_ > 0;
    if (is_message_word(word)) return is_subscribed || (next == nullptr && is_partial_);
    return is_subscribed && is_subscription_word(word) && !may_answer;
}

void conversation::take_unasked(const reply& r) {
    if (!r.is_push && is_monitor_line(r)) return env_.report.monitor_line(*id_, r);
    if (is_subscription_word(r.first_word())) follow_subscription(r);
    env_.report.push(*id_, r);
}

void conversation::reply_over(bool is_whole) {
    reply& r = replies_.current();
    if (!is_whole) r.is_complete = false;
    if (is_whole && is_unasked(r)) {
        env_.report.notes(*id_, std::nullopt, other(client_), r.notes);
        take_unasked(r);
    } else if (!is_whole && !r.has_value() && !r.missing.any) {
        env_.report.notes(*id_, std::nullopt, other(client_), r.notes); // bytes that begin nothing
    } else if (forgotten_ > 0 && pairs_.is_ordered()) {
        env_.report.notes(*id_, std::nullopt, other(client_), r.notes);
        --forgotten_;
    } else {
        answer(*command_of(r), r);
    }
    replies_.next_reply();
}

/// Whether nothing older than `c` is due when this answer comes, though there was a hole before it.
bool conversation::is_sure(const command& c, const turn& answer) const noexcept {
    if (!c.question || !c.question->acked || *c.question->acked != answer.start) return false;
    // What the hole took was not answered yet when it was sent.
    if (c.is_behind_hole && (overlaps_ || *c.question->acked <= acked_at_hole_)) return false;
    const command* const newest = pairs_.waiting().empty() ? nullptr : pairs_.waiting().back();
    const bool was_sent_with = !c.is_waiting && newest != nullptr && newest->question &&
                               newest->question->acked == c.question->acked;
    if (was_sent_with) return false; // and behind what is due
    const command* const oldest = oldest_unanswered();
    return !overlaps_ || oldest == nullptr || oldest == &c;
}

/// The command that this answers, as far as that is sure; null where it is not.
command* conversation::asked_by(const turn& answer) {
    const bool says_nothing = answer.acked.value_or(0) == 0;
    if (says_nothing || (pairs_.is_ordered() && chain_ == run_)) return pairs_.for_answer(answer);
    command* const oldest = oldest_unanswered();
    if (oldest != nullptr && oldest->question && chain_ == oldest->run)
        return oldest->question->start < *answer.acked ? oldest : nullptr;
    command* const c = pairs_.for_answer(answer);
    if (c == nullptr || !is_sure(*c, answer)) return nullptr;
    chain_ = c->run;
    return c;
}

/// The command that this answers; one that was not seen where there is none.
command* conversation::command_of(reply& r) {
    if (command* const c = asked_by(r.begins); c != nullptr) {
        if (!pairs_.is_ordered()) give_up_before(*c);
        return c;
    }
    command& c = add_unseen();
    c.early_answer = r.begins;
    if (r.begins.acked.value_or(0) > told_[index(client_)]) {
        c.awaits_question = true;
        ++late_;
    } else if (pairs_.is_ordered() && !is_partial_) {
        const position where{r.begins.start, r.first};
        r.notes.add(anomaly::reply_without_command, where.offset, where);
    }
    return &c;
}

/// (P|S)(UN)SUBSCRIBE is answered by word, channel, and how many there are now.
void conversation::follow_subscription(const reply& r) noexcept {
    const node* const list = r.root();
    if (list == nullptr || list->elements < 3) return;
    const std::size_t at = r.behind(r.behind(r.value + 1));
    const node& count = r.nodes[at];
    if (count.type != redis_type::integer || count.number < 0) return;
    const auto now = static_cast<std::uint64_t>(count.number);
    const std::string_view word = r.first_word();
    if (word.starts_with("ss") || word.starts_with("sun"))
        shards_ = now;
    else if (word.starts_with('p'))
        patterns_ = now - std::min(now, channels_);
    else
        channels_ = now - std::min(now, patterns_);
}

/// Whether the client had received everything before this reply when it asked for it.
bool conversation::begins_anew(const command& c, const reply& r) const noexcept {
    if (!c.question || overlaps_) return false;
    if (c.question->acked) return *c.question->acked == r.begins.start;
    // It was sent before anything of the server was seen.
    return r.begins.start == 0 && !asks_for_secrets(c);
}

void conversation::answer(command& c, reply& r) {
    env_.report.notes(*id_, c.number, other(client_), r.notes);
    ++c.replies;
    if (!c.replied) c.replied = r.first;
    if (begins_anew(c, r)) {
        const bool all_seen = c.run == run_ && (run_ == 0 || r.begins.start > said_at_hole_);
        if (all_seen && !is_queueing_)
            remnants_.begins_anew(pairs_.waiting());
        else
            remnants_.begins_anew();
    }
    r.suspected = remnants_.of(c, r);
    c.found_in_replies.add(r.notes.found);
    const std::string_view status = r.status();
    bool is_last = true;
    switch (c.means) {
    case meaning::subscribe:
    case meaning::unsubscribe:
        if (!is_subscription_word(r.first_word())) break; // an error, or QUEUED
        follow_subscription(r);
        if (c.due == 0) {
            const bool is_shard = c.name() == "SUNSUBSCRIBE";
            c.due = c.replies + (is_shard ? shards_ : c.name() == "PUNSUBSCRIBE" ? patterns_ : channels_);
        }
        is_last = c.replies >= c.due;
        break;
    case meaning::monitor:
        is_monitoring_ = is_monitoring_ || status == "OK";
        break;
    case meaning::reset:
        if (status != "RESET") break;
        channels_ = patterns_ = shards_ = 0;
        is_monitoring_ = false;
        break;
    case meaning::psync:
        if (status.starts_with("FULLRESYNC")) {
            resyncing_ = &c;
            rdb_.begin();
            says_ = saying::rdb;
            is_last = false;
        } else if (status.starts_with("CONTINUE")) {
            says_ = saying::replicated;
        }
        break;
    default:
        break;
    }
    if (!r.is_complete && !r.missing.any) is_last = true;
    if (is_last) c.is_answered = true;
    if (!is_last || c.awaits_question)
        hold(c, r);
    else
        finish(c, &r);
}

void conversation::hold(command& c, reply& r) {
    if (c.last_reply == nullptr) c.last_reply = env_.replies.take();
    r.settle();
    std::swap(*c.last_reply, r);
    if (c.is_waiting) count(c);
}

// --- how commands leave

command& conversation::add_unseen() {
    command* const c = env_.commands.take();
    c->clear(env_.most.buffer_kept);
    make_room(*c);
    c->number = id_->next_exchange();
    wait(*c);
    return *c;
}

void conversation::finish(command& c, const reply* answer) {
    if (c.awaits_question) --late_;
    if (&c == resyncing_) resyncing_ = nullptr;
    if (!c.is_seen && !c.missing.any) c.missing = std::exchange(lost_commands_, {});
    if (c.is_due && answer == nullptr && c.last_reply == nullptr)
        c.missing_reply = std::exchange(lost_replies_, {});
    env_.report.over(*id_, c, answer, now_);
    if (c.is_waiting) leave(c);
    give_back(c);
}

void conversation::give_back(command& c) noexcept {
    if (c.last_reply != nullptr) {
        c.last_reply->clear(env_.most.buffer_kept);
        env_.replies.give(std::exchange(c.last_reply, nullptr));
    }
    env_.commands.give(&c);
}

void conversation::give_up_before(const command& c) {
    while (pairs_.waiting().front() != &c) {
        command& older = *pairs_.waiting().front();
        if (&older == resyncing_) return;
        older.reply_lost = !older.is_answered;
        finish(older, nullptr);
    }
}

/// Replies whose commands will not come any more.
void conversation::settle_late() {
    for (std::size_t i = 0; i < pairs_.waiting().size();) {
        command& c = *pairs_.waiting()[i];
        const std::uint64_t acked = c.early_answer ? c.early_answer->acked.value_or(0) : 0;
        const bool may_come = told_[index(client_)] < acked || (sending_ != nullptr && sending_->question &&
                                                                sending_->question->start < acked);
        if (!c.awaits_question || may_come)
            ++i;
        else
            finish(c, nullptr);
    }
}

// --- holes and ends

void conversation::on_gap(const flow::gap& g) {
    now_ = g.ts;
    told_[index(g.from)] = g.offset + g.length.value_or(0);
    if (g.from != client_) return lose_server(g);
    if (!commands_.is_inside()) {
        lost_commands_.add(g);
    } else if (commands_.skip(g, *sending_)) {
        std::string_view nothing_more; // the hole may have ended the command
        const position where{g.offset + *g.length, sending_->last};
        if (commands_.next(nothing_more, where, *sending_) == command_reader::outcome::over) command_over();
        return;
    } else {
        command_over();
    }
    lose_commands();
    if (late_ > 0) settle_late();
}

void conversation::lose_commands() {
    is_searching_ = is_partial_ = is_behind_hole_ = true;
    acked_at_hole_ = acked_;
    said_at_hole_ = told_[index(other(client_))];
    remnants_.commands_lost();
    ++run_;
    pairs_.lose_order();
}

void conversation::lose_server(const flow::gap& g) {
    switch (says_) {
    case saying::replies:
        if (replies_.is_inside()) {
            if (replies_.skip(g)) {
                std::string_view nothing_more; // the hole may have ended the reply
                (void)read_reply(nothing_more, {g.offset + *g.length, replies_.current().last});
                return;
            }
            says_ = saying::anything;
            pairs_.lose_order();
            reply_over(false);
            chain_.reset();
            remnants_.replies_lost();
            break;
        }
        [[fallthrough]];
    case saying::anything:
        lost_replies_.add(g);
        says_ = saying::anything;
        pairs_.lose_order();
        chain_.reset();
        remnants_.replies_lost();
        break;
    case saying::rdb:
        if (resyncing_ != nullptr) resyncing_->missing_reply.add(g);
        if (g.length && rdb_.skip(*g.length)) break;
        if (resyncing_ != nullptr) {
            resyncing_->is_answered = true;
            finish(*resyncing_, nullptr);
        }
        says_ = saying::replicated_anything;
        break;
    case saying::replicated:
        if (replicating_ != nullptr && replicated_.skip(g, *replicating_)) {
            std::string_view nothing_more;
            (void)read_replicated(nothing_more, {g.offset + *g.length, replicating_->last});
            return;
        }
        if (replicating_ != nullptr) {
            env_.report.replicated(*id_, *replicating_);
            give_back(*std::exchange(replicating_, nullptr));
        }
        says_ = saying::replicated_anything;
        break;
    case saying::replicated_anything:
        break;
    }
    is_partial_ = true;
}

void conversation::end_commands(event::ending why, const position& where) {
    if (sending_ == nullptr) return;
    command& c = *std::exchange(sending_, nullptr);
    if (!commands_.is_inside()) return give_back(c);
    commands_.cut(c);
    if (why == event::ending::closed || why == event::ending::reset)
        c.notes.add(anomaly::command_cut_short, where.offset, where);
    c.is_complete = false;
    c.is_due = false;
    c.ended = why;
    c.number = id_->next_exchange();
    c.means = meaning_of(c.name());
    env_.report.notes(*id_, c.number, client_, c.notes);
    finish(c, nullptr);
}

void conversation::end_server(event::ending why, const position& where) {
    const bool is_inside_rdb = says_ == saying::rdb && resyncing_ != nullptr && rdb_.is_inside();
    const bool is_inside_reply = says_ == saying::replies && replies_.is_inside();
    const bool is_odd = why == event::ending::closed || why == event::ending::reset;
    if (is_inside_rdb) {
        command& c = *std::exchange(resyncing_, nullptr);
        if (is_odd) c.notes.add(anomaly::reply_cut_short, where.offset, where);
        env_.report.notes(*id_, c.number, other(client_), c.notes);
        if (!c.replied) c.replied = where.ts;
        c.ended = why;
        finish(c, nullptr);
    } else if (is_inside_reply) {
        reply& r = replies_.current();
        if (is_odd) r.notes.add(anomaly::reply_cut_short, where.offset, where);
        r.is_complete = false;
        replies_.cut();
        command& c = *command_of(r);
        c.ended = why;
        answer(c, r);
        replies_.reset();
    } else if (replicating_ != nullptr) {
        replicated_.reset();
        give_back(*std::exchange(replicating_, nullptr));
    }
}

void conversation::end_side(flow::side from, event::ending why, common::timestamp ts) {
    if (std::exchange(ended_[index(from)], true)) return;
    now_ = ts;
    const position where{told_[index(from)], ts};
    if (from == client_)
        end_commands(why, where);
    else
        end_server(why, where);
}

void conversation::on_end(flow::side from, common::timestamp ts) {
    end_side(from, event::ending::closed, ts);
}

void conversation::on_close(event::close_reason why, common::timestamp ts) {
    const event::ending ending = ending_of(why, env_.shared.stopped);
    end_side(client_, ending, ts);
    end_side(other(client_), ending, ts);
    now_ = ts;
    while (!pairs_.waiting().empty()) {
        command& c = *pairs_.waiting().front();
        if (!c.is_answered) c.ended = ending;
        finish(c, nullptr);
    }
}

// --- the application

struct application::sessions {
    sessions(context& c, const redis::limits& l)
        : env(c, l) {}

    environment env;
    pool<conversation> all;
};

application::application(context& shared, const limits& most)
    : sessions_(std::make_unique<sessions>(shared, most)) {}

application::~application() = default;

flow::stream_consumer* application::open(const place& where, side asks, std::array<bool, 2> searching) {
    conversation* const c = sessions_->all.take(sessions_->env);
    c->open(where, asks, searching);
    return c;
}

void application::release(flow::stream_consumer* session) noexcept {
    auto* const c = static_cast<conversation*>(session);
    c->close();
    sessions_->all.give(c);
}

} // namespace weir::session::redis
