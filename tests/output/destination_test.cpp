// A destination never blocks where a reader has stopped, never loses what it has begun, and tells a reader
// that has gone from a disk that is full.
#include "output/destination.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace weir::output {
namespace {

struct channel {
    int read = -1;
    int write = -1;
    explicit channel(bool socket) {
        std::array<int, 2> ends{};
        EXPECT_EQ(socket ? ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) : ::pipe(ends.data()), 0);
        read = ends[0];
        write = ends[1];
    }
    channel(const channel&) = delete;
    channel& operator=(const channel&) = delete;
    ~channel() {
        close_reader();
        ::close(write);
    }
    void close_reader() {
        if (read >= 0) ::close(read);
        read = -1;
    }
    std::string take() const {
        std::string text(64 * 1024, '\0');
        const ssize_t n = ::recv(read, text.data(), text.size(), MSG_DONTWAIT);
        const ssize_t got = n < 0 && errno == ENOTSOCK ? ::read(read, text.data(), text.size()) : n;
        text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return text;
    }
};

class DestinationKinds : public testing::TestWithParam<bool> {
protected:
    void SetUp() override { std::signal(SIGPIPE, SIG_IGN); }
};

TEST_P(DestinationKinds, AStoppedReaderIsWaitedForAndGetsEverything) {
    const channel c(GetParam());
    destination to(c.write, false);
    ASSERT_TRUE(to.can_wait());
    std::string all;
    for (int i = 0; all.size() < 3'000'000; ++i) all += "line " + std::to_string(i) + '\n';
    std::string_view rest = all;
    ASSERT_EQ(to.write(rest), written::wait);
    std::string got;
    while (got.size() < all.size()) {
        got += c.take();
        const written w = to.write(rest);
        ASSERT_TRUE(w == written::all || w == written::wait);
    }
    EXPECT_EQ(got, all);
    EXPECT_TRUE(rest.empty());
}

TEST_P(DestinationKinds, AReaderThatHasGoneIsClosedAndNoFailure) {
    channel c(GetParam());
    destination to(c.write, false);
    c.close_reader();
    std::string_view rest = "line\n";
    EXPECT_EQ(to.write(rest), written::closed);
}

TEST_P(DestinationKinds, TheOpenFileOfOthersStaysBlocking) {
    const channel c(GetParam());
    const destination to(c.write, false);
    EXPECT_EQ(::fcntl(c.write, F_GETFL) & O_NONBLOCK, 0);
}

INSTANTIATE_TEST_SUITE_P(Kinds, DestinationKinds, testing::Bool(),
                         [](const auto& kind) { return kind.param ? "socket" : "pipe"; });

TEST(Destination, AFullDiskIsToldFromOtherFailures) {
    destination to(::open("/dev/full", O_WRONLY), true);
    std::string_view rest = "line\n";
    EXPECT_EQ(to.write(rest), written::full);
    EXPECT_EQ(to.error(), "No space left on device");
}

} // namespace
} // namespace weir::output
