// Which question an answer belongs to. In order while nothing was lost; after a loss by what acknowledged
// what: a question was sent when its sender had acknowledged everything that it had been answered before, and
// an answer cannot belong to a question that its sender had not received.
//
// Must never pair an answer with a question that was sent after it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
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
    [[nodiscard]] std::span<Pair* const> waiting() const noexcept { return std::span(all_).subspan(first_); }
    void add(Pair* p) { all_.push_back(p); }
    /// The oldest one leaves at no cost, however many wait.
    void remove(const Pair* p) noexcept {
        const auto at = std::find(all_.begin() + static_cast<std::ptrdiff_t>(first_), all_.end(), p);
        common::check(at != all_.end(), "a pair leaves its conversation once");
        if (at != all_.begin() + static_cast<std::ptrdiff_t>(first_))
            all_.erase(at);
        else
            ++first_;
        if (first_ == all_.size()) {
            all_.clear();
            first_ = 0;
            ordered_ = true;
        } else if (first_ >= 64 && first_ >= all_.size() / 2) {
            all_.erase(all_.begin(), all_.begin() + static_cast<std::ptrdiff_t>(first_));
            first_ = 0;
        }
    }
    void clear() noexcept {
        all_.clear();
        first_ = 0;
        ordered_ = true;
        pipelined_ = false;
    }

    /// Messages may have been lost on either side: order alone says nothing any more.
    void lose_order() noexcept { ordered_ = false; }
    [[nodiscard]] bool is_ordered() const noexcept { return ordered_; }

    /// A question comes whose answer was not seen yet: the same as for_question(), where no pair awaits one.
    void ask() noexcept {
        const bool waits = !waiting().empty() && waiting().back()->question && !waiting().back()->is_answered;
        pipelined_ = pipelined_ || (ordered_ && waits);
    }

    /// The pair whose answer came before this question in the capture; null where there is none.
    [[nodiscard]] Pair* for_question(const turn& question) noexcept {
        Pair* first = nullptr;
        for (Pair* const p : waiting()) {
            if (p->question) {
                pipelined_ = pipelined_ || (ordered_ && !p->is_answered);
                continue;
            }
            if (!p->awaits_question || p->early_answer->acked.value_or(0) <= question.start) continue;
            // What a packet acknowledged says less where packets were captured in another order.
            if (ordered_) return p;
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
            const auto all = waiting();
            const auto oldest =
                std::find_if(all.begin(), all.end(), [](const Pair* p) { return !p->is_answered; });
            return oldest != all.end() && may_answer(*oldest) ? *oldest : nullptr;
        }
        Pair* first = nullptr;
        Pair* last = nullptr;
        for (Pair* const p : waiting()) {
            if (!may_answer(p)) continue;
            if (p->question && p->question->acked && *p->question->acked == answer.start) return p;
            if (first == nullptr) first = p;
            last = p;
        }
        return pipelined_ ? first : last;
    }

private:
    std::vector<Pair*> all_;
    std::size_t first_ = 0; ///< of all_: those before it have left
    bool ordered_ = true;
    bool pipelined_ = false; ///< a question was sent before the last one was answered
};

} // namespace weir::session
