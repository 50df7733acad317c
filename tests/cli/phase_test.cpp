// Every phase of a run and every turn: what follows, and what cannot happen.
#include "cli/phase.hpp"

#include <gtest/gtest.h>

namespace weir::cli {
namespace {

constexpr phase phase_of(std::size_t i) { return static_cast<phase>(i); }
constexpr turn turn_of(std::size_t i) { return static_cast<turn>(i); }

TEST(Phase, EveryOneCanBeReachedAndLeft) {
    std::array<bool, phases> reached{};
    for (const phase first : {phase::reaching, phase::silent, phase::reading}) // service, helper, file
        reached[static_cast<std::size_t>(first)] = true;
    for (std::size_t round = 0; round < phases; ++round)
        for (std::size_t p = 0; p < phases; ++p)
            for (std::size_t t = 0; t < turns; ++t)
                if (const auto to = next(phase_of(p), turn_of(t)); to && reached[p])
                    reached[static_cast<std::size_t>(*to)] = true;
    for (std::size_t p = 0; p < phases; ++p) EXPECT_TRUE(reached[p]) << p;
}

TEST(Phase, EveryOneButTheLastCanFinish) {
    for (std::size_t p = 0; p < phases; ++p) {
        const bool last = phase_of(p) == phase::finishing;
        EXPECT_EQ(next(phase_of(p), turn::finish), last ? std::nullopt : std::optional(phase::finishing))
            << p;
        for (std::size_t t = 0; last && t < turns; ++t)
            EXPECT_EQ(next(phase::finishing, turn_of(t)), std::nullopt) << t;
    }
}

TEST(Phase, AStreamComesOnlyWhereThereIsNone) {
    for (std::size_t p = 0; p + 1 < phases; ++p)
        EXPECT_EQ(next(phase_of(p), turn::stream).has_value(), !has_stream(phase_of(p))) << p;
}

TEST(Phase, NothingIsBegunBeforeItIsDescribed) {
    for (std::size_t p = 0; p < phases; ++p)
        EXPECT_EQ(next(phase_of(p), turn::begin).has_value(), is_due_to_begin(phase_of(p))) << p;
}

TEST(Phase, WhatBeganStaysBegun) {
    for (std::size_t p = 0; p < phases; ++p)
        for (std::size_t t = 0; t < turns; ++t)
            if (const auto to = next(phase_of(p), turn_of(t)); to && has_begun(phase_of(p))) {
                EXPECT_TRUE(has_begun(*to)) << p << ' ' << t;
            }
}

TEST(Phase, ALostStreamIsResumedOrFinished) {
    for (std::size_t p = 0; p < phases; ++p)
        for (std::size_t t = 0; t < turns; ++t) {
            if (!is_resuming(phase_of(p))) continue;
            const auto to = next(phase_of(p), turn_of(t));
            if (to && !is_resuming(*to)) {
                EXPECT_TRUE(turn_of(t) == turn::begin || turn_of(t) == turn::finish) << p;
            }
        }
}

TEST(Phase, ALiveCaptureInOrder) {
    phase p = phase::reaching;
    for (const turn t : {turn::stream, turn::describe, turn::describe, turn::begin, turn::lose, turn::stream,
                         turn::describe, turn::begin, turn::finish}) {
        const auto to = next(p, t);
        ASSERT_TRUE(to.has_value());
        p = *to;
    }
    EXPECT_EQ(p, phase::finishing);
}

} // namespace
} // namespace weir::cli
