// Several outputs: each gets what it selects, in its form, and none loses an event that is not counted.
#include "output/outlets.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "output/json_output.hpp"
#include "output/text_output.hpp"

namespace weir::output {
namespace {

/// A pipe that takes nothing until it is read.
struct channel {
    int read = -1;
    int write = -1;
    channel() {
        std::signal(SIGPIPE, SIG_IGN);
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_NONBLOCK), 0);
        read = ends[0];
        write = ends[1];
    }
    channel(const channel&) = delete;
    channel& operator=(const channel&) = delete;
    ~channel() {
        if (read >= 0) ::close(read);
        ::close(write);
    }
    std::string take() const {
        std::string all;
        std::array<char, 65536> piece{};
        ssize_t n = 0;
        while ((n = ::read(read, piece.data(), piece.size())) > 0)
            all.append(piece.data(), static_cast<std::size_t>(n));
        return all;
    }
};

outlet& add(outlets& to, const channel& c, outlet::settings s, std::unique_ptr<event_output> form) {
    to.add(std::make_unique<outlet>(std::move(s), std::move(form),
                                    std::make_unique<destination>(c.write, false)));
    return *to.all().back();
}

template <class... Events>
event::mask only() {
    event::mask m;
    (m.set(event::kind<Events>()), ...);
    return m;
}

std::size_t lines(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

event::anomaly anomaly(std::string_view detail) {
    event::anomaly a;
    a.code = "ipv4.truncated";
    a.layer = "ipv4";
    a.detail = {detail};
    return a;
}

TEST(Outlets, EachGetsWhatItSelectsInItsOwnForm) {
    const channel a, b, text;
    outlets all;
    add(all, a, {"a", only<event::anomaly, event::capture_end>()}, std::make_unique<json_output>());
    add(all, text, {"text", only<event::anomaly>()}, std::make_unique<text_output>(false));
    add(all, b, {"b", only<event::anomaly>()}, std::make_unique<json_output>());
    EXPECT_EQ(all.selection(), (only<event::anomaly, event::capture_end>()));
    const event::anomaly one = anomaly("first");
    const event::capture_end end;
    all.on_event(&one);
    all.on_event(&end);
    for (const auto& o : all.all()) EXPECT_EQ(o->write(), written::all);
    const std::string from_a = a.take(), from_b = b.take(), from_text = text.take();
    EXPECT_EQ(lines(from_a), 2U);
    EXPECT_EQ(from_b, from_a.substr(0, from_a.find('\n') + 1));
    EXPECT_EQ(from_b.rfind("{\"event\":\"anomaly\"", 0), 0U);
    EXPECT_NE(from_text.find("ipv4.truncated"), std::string::npos);
    EXPECT_EQ(from_text.find('{'), std::string::npos);
}

/// Counts how often it is asked to make something of an event.
struct counting_output final : event_output {
    explicit counting_output(int& count)
        : made(count) {}
    void on_event(const event::any_event&) override {
        ++made;
        text += "line\n";
    }
    [[nodiscard]] std::string_view form() const noexcept override { return "counting"; }
    void copy(std::string_view line) override { text += line; }
    void begin() override { text += "[\n"; }
    void end() override { text += "]\n"; }
    [[nodiscard]] std::string_view pending() const noexcept override { return text; }
    void clear() noexcept override { text.clear(); }
    int& made;
    std::string text;
};

TEST(Outlets, WhatTheyHaveInCommonIsMadeOnceAndStandsBetweenBeginningAndEnd) {
    const channel a, b, c;
    int made = 0;
    outlets all;
    for (const channel* to : {&a, &b, &c})
        add(all, *to, {"x", only<event::anomaly>()}, std::make_unique<counting_output>(made));
    const event::anomaly one = anomaly("");
    const event::capture_end unselected;
    all.begin();
    all.on_event(&one);
    all.on_event(&one);
    all.on_event(&unselected);
    all.end();
    EXPECT_EQ(made, 2);
    for (const auto& o : all.all()) EXPECT_EQ(o->write(), written::all);
    for (const channel* from : {&a, &b, &c}) EXPECT_EQ(from->take(), "[\nline\nline\n]\n");
}

TEST(Outlets, ASlowReaderLosesWhatIsCountedAndNobodyElseDoes) {
    const channel slow, other;
    outlets all;
    add(all, slow, {"slow", only<event::anomaly, event::capture_end>(), true, on_slow::drop},
        std::make_unique<json_output>());
    outlet& whole = add(all, other, {"other", only<event::anomaly, event::capture_end>()},
                        std::make_unique<json_output>());
    const std::string filler(10'000, 'x');
    constexpr std::uint64_t events = 600; // 6 MB: above the backlog
    std::string got;
    for (std::uint64_t i = 0; i < events; ++i) {
        const event::anomaly a = anomaly(filler);
        all.on_event(&a);
        ASSERT_NE(all.all().front()->write(), written::failed);
        while (whole.write() == written::wait) got += other.take();
        got += other.take();
    }
    const outlet& behind = *all.all().front();
    EXPECT_EQ(behind.state(), written::wait);
    EXPECT_GT(behind.dropped(), 0U);
    EXPECT_LT(behind.pending(), outlet::backlog + 2 * filler.size());
    EXPECT_EQ(whole.dropped(), 0U);
    const event::capture_end end;
    all.on_event(&end); // is never dropped
    std::string late;
    while (all.all().front()->write() == written::wait) late += slow.take();
    late += slow.take();
    while (whole.write() == written::wait) got += other.take();
    got += other.take();
    EXPECT_EQ(lines(got), events + 1);
    EXPECT_EQ(lines(late), events + 1 - behind.dropped());
    const std::string account =
        "\"outputs\":[{\"name\":\"slow\",\"dropped\":" + std::to_string(behind.dropped()) + "}]";
    EXPECT_NE(late.find(account), std::string::npos);
    EXPECT_NE(got.find(account), std::string::npos);
    const event::anomaly again = anomaly("again"); // it has caught up
    EXPECT_TRUE(all.all().front()->takes(&again));
}

TEST(Outlets, OneThatIsWaitedForLosesNothing) {
    const channel c;
    outlets all;
    outlet& o = add(all, c, {"c", only<event::anomaly>()}, std::make_unique<json_output>());
    const std::string filler(100'000, 'x');
    for (int i = 0; i < 100; ++i) {
        const event::anomaly a = anomaly(filler);
        all.on_event(&a);
        (void)o.write();
    }
    EXPECT_EQ(o.state(), written::wait);
    EXPECT_EQ(o.dropped(), 0U);
    EXPECT_GT(o.pending(), outlet::backlog);
}

TEST(Outlets, AFullDiskEndsOnlyWhatDoesNotOutliveIt) {
    for (const bool outlives : {false, true}) {
        outlet o({"full", only<event::anomaly>(), true, on_slow::wait, outlives},
                 std::make_unique<json_output>(),
                 std::make_unique<destination>(::open("/dev/full", O_WRONLY), true));
        const event::anomaly a = anomaly("");
        ASSERT_TRUE(o.takes(&a));
        o.put(&a);
        EXPECT_GT(o.pending(), 0U);
        EXPECT_EQ(o.write(), outlives ? written::full : written::failed);
        EXPECT_EQ(o.is_over(), !outlives);
        EXPECT_EQ(o.to().error(), "No space left on device");
        EXPECT_EQ(o.takes(&a), outlives);
    }
}

TEST(Outlets, ALineThatWasBegunIsNotEndedInAnotherFile) {
    const channel first;
    outlets all;
    outlet& o = add(all, first, {"log", only<event::anomaly>()}, std::make_unique<json_output>());
    const std::string filler(100'000, 'x'); // a pipe takes 64 KiB of it
    const event::anomaly torn = anomaly(filler), whole = anomaly("whole");
    all.on_event(&torn);
    all.on_event(&whole);
    ASSERT_EQ(o.write(), written::wait);
    std::string path = testing::TempDir() + "weir-log-XXXXXX";
    const int file = ::mkstemp(path.data());
    o.replace(::dup(file));
    EXPECT_EQ(o.write(), written::all);
    EXPECT_EQ(o.dropped(), 1U);
    std::string text(1000, '\0');
    const ssize_t n = ::pread(file, text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    EXPECT_EQ(lines(text), 1U);
    EXPECT_NE(text.find("\"detail\":\"whole\""), std::string::npos);
    ::close(file);
    ::unlink(path.c_str());
}

} // namespace
} // namespace weir::output
