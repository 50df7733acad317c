// Which question an answer belongs to. In order while nothing was lost; after a loss by what acknowledged
// what: a question was sent when its sender had acknowledged everything that it had been answered before, and
// an answer cannot belong to a question that its sender had not received.
//
// Must never pair an answer with a question that was sent after it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/check.hpp"

namespace weir::session {

/// Where a message begins in its side's stream, and what of the other side's its sender had acknowledged.
struct turn {
    std::uint64_t start = 0;
    std::optional<std::uint64_t> acked = {};
};

/// What pairing knows of a question and its answer; a protocol's exchange, command or query derives from it.
struct paired {
    std::optional<turn> question; ///< where it was seen
    /// The first answer, where it came before the question in the capture.
    std::optional<turn> early_answer;
    bool is_answered = false; ///< its last answer has begun
    /// The early answer acknowledged bytes that were not seen yet: the question may still come.
    bool awaits_question = false;

    void clear_pairing() noexcept {
        question.reset();
        early_answer.reset();
        is_answered = awaits_question = false;
    }
};

/// The pairs of one conversation that are not over. It does not own them.
template <class Pair>
class pairing {
public:
    /// In the order in which they were added.
    [[nodiscard]] const std::vector<Pair*>& waiting() const noexcept { return waiting_; }
    void add(Pair* p) { waiting_.push_back(p); }
    void remove(const Pair* p) noexcept {
        const auto at = std::find(waiting_.begin(), waiting_.end(), p);
        common::check(at != waiting_.end(), "a pair leaves its conversation once");
        waiting_.erase(at);
        if (waiting_.empty()) ordered_ = true;
    }
    void clear() noexcept {
        waiting_.clear();
        ordered_ = true;
        pipelined_ = false;
    }

    /// Messages may have been lost on either side: order alone says nothing any more.
    void lose_order() noexcept { ordered_ = false; }
    [[nodiscard]] bool is_ordered() const noexcept { return ordered_; }

    /// The pair whose answer came before this question in the capture; null where there is none.
    [[nodiscard]] Pair* for_question(const turn& question) noexcept {
        Pair* first = nullptr;
        for (Pair* const p : waiting_) {
            if (p->question) {
                pipelined_ = pipelined_ || (ordered_ && !p->is_answered);
                continue;
            }
            if (!p->awaits_question || p->early_answer->acked.value_or(0) <= question.start) continue;
            if (question.acked && p->early_answer->start == *question.acked) return p;
            if (first == nullptr) first = p;
        }
        return first;
    }

    /// The pair that this answer belongs to; null where there is none. Pairs that wait before it have lost
    /// their answer.
    [[nodiscard]] Pair* for_answer(const turn& answer) noexcept {
        // Nothing acknowledged at all is what made-up captures say, not a sign of order.
        const std::uint64_t received = answer.acked.value_or(0);
        const auto may_answer = [&](const Pair* p) {
            return !p->is_answered && (received == 0 || !p->question || p->question->start < received);
        };
        if (ordered_) {
            const auto oldest =
                std::find_if(waiting_.begin(), waiting_.end(), [](const Pair* p) { return !p->is_answered; });
            return oldest != waiting_.end() && may_answer(*oldest) ? *oldest : nullptr;
        }
        Pair* first = nullptr;
        Pair* last = nullptr;
        for (Pair* const p : waiting_) {
            if (!may_answer(p)) continue;
            if (p->question && p->question->acked && *p->question->acked == answer.start) return p;
            if (first == nullptr) first = p;
            last = p;
        }
        return pipelined_ ? first : last;
    }

private:
    std::vector<Pair*> waiting_;
    bool ordered_ = true;
    bool pipelined_ = false; ///< a question was sent before the last one was answered
};

} // namespace weir::session
