// The process that connects: what it hands over, what it says where it cannot, and that it ends.
#include "input/connector.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace weir::input {
namespace {

using common::exit_status;

std::optional<service_refusal> no_walls() { return std::nullopt; }

/// Answers one client after the other with the same bytes.
class fake_service {
public:
    explicit fake_service(std::string says)
        : says_(std::move(says)) {
        char name[] = "/tmp/weir-connector-XXXXXX";
        folder_ = ::mkdtemp(name);
        listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_un a{};
        a.sun_family = AF_UNIX;
        path().copy(a.sun_path, sizeof a.sun_path - 1);
        EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&a), sizeof a), 0);
        EXPECT_EQ(::listen(listener_, 8), 0);
        thread_ = std::thread([this] {
            for (int client = 0; (client = ::accept(listener_, nullptr, nullptr)) >= 0; ::close(client)) {
                char request[256];
                EXPECT_GT(::read(client, request, sizeof request), 0);
                EXPECT_EQ(::write(client, says_.data(), says_.size()), static_cast<ssize_t>(says_.size()));
            }
        });
    }
    ~fake_service() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
        std::filesystem::remove_all(folder_);
    }
    [[nodiscard]] std::string path() const { return folder_ + "/s"; }

private:
    std::string folder_, says_;
    int listener_ = -1;
    std::thread thread_;
};

std::string all_of(int fd) {
    std::string whole;
    char piece[64];
    for (ssize_t n = 0; (n = ::read(fd, piece, sizeof piece)) > 0;)
        whole.append(piece, static_cast<std::size_t>(n));
    ::close(fd);
    return whole;
}

TEST(Connector, HandsOverTheStreamBehindTheAnswerAsOftenAsItIsAsked) {
    const fake_service s("ok interface=lo\nthe stream");
    connector c;
    ASSERT_FALSE(c.start(s.path(), {{"lo"}, {}, ""}, no_walls));
    for (int i = 0; i < 3; ++i) {
        c.ask();
        const connection_answer a = c.take();
        ASSERT_FALSE(a.refusal) << a.refusal->message;
        EXPECT_EQ(all_of(a.stream), "the stream");
    }
}

TEST(Connector, SaysWhoRefused) {
    const fake_service s("error not-permitted no rule for you\n");
    connector c;
    ASSERT_FALSE(c.start(s.path(), {}, no_walls));
    c.ask();
    const connection_answer a = c.take();
    ASSERT_TRUE(a.refusal);
    EXPECT_FALSE(a.refusal->may_pass) << "a policy does not change by itself";
    EXPECT_EQ(a.refusal->status, exit_status::not_permitted);
    EXPECT_EQ(a.refusal->message, "no rule for you");
    EXPECT_EQ(a.stream, -1);
}

TEST(Connector, AServiceThatIsNotThereMayComeYet) {
    connector c;
    ASSERT_FALSE(c.start("/tmp/nosuch-weir/s", {}, no_walls));
    c.ask();
    const connection_answer a = c.take();
    ASSERT_TRUE(a.refusal);
    EXPECT_TRUE(a.refusal->may_pass);
    EXPECT_NE(a.refusal->message.find("No such file"), std::string::npos) << a.refusal->message;
    EXPECT_FALSE(c.gone());
}

TEST(Connector, AWallThatDoesNotStandIsTheOnlyAnswer) {
    connector c;
    ASSERT_FALSE(c.start("/tmp/nosuch-weir/s", {}, [] {
        return std::optional(service_refusal{exit_status::not_permitted, "no wall", false});
    }));
    c.ask();
    const connection_answer a = c.take();
    EXPECT_EQ(a.refusal->message, "no wall");
    EXPECT_EQ(a.refusal->status, exit_status::not_permitted);
    c.ask();
    EXPECT_NE(c.take().refusal->message.find("has ended"), std::string::npos);
    EXPECT_TRUE(c.gone());
}

TEST(Connector, SignalsThatAreMeantForWeirDoNothing) {
    const fake_service s("ok\n");
    connector c;
    ASSERT_FALSE(c.start(s.path(), {}, no_walls));
    c.ask();
    ::close(c.take().stream);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) EXPECT_EQ(::kill(c.pid(), signal), 0);
    c.ask();
    const connection_answer a = c.take();
    EXPECT_FALSE(a.refusal);
    ::close(a.stream);
}

TEST(Connector, ASignalHereDoesNotLookLikeItsEnd) {
    const fake_service s("ok\n");
    connector c;
    ASSERT_FALSE(c.start(s.path(), {}, no_walls));
    struct sigaction nothing {};
    nothing.sa_handler = [](int) {};
    ASSERT_EQ(::sigaction(SIGUSR2, &nothing, nullptr), 0);
    const pthread_t self = ::pthread_self();
    std::thread later([&] {
        for (int i = 0; i < 20; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
            ::pthread_kill(self, SIGUSR2);
        }
        c.ask();
    });
    const connection_answer a = c.take();
    later.join();
    EXPECT_FALSE(a.refusal);
    ::close(a.stream);
}

TEST(Connector, EndsWhenToldTo) {
    connector c;
    ASSERT_FALSE(c.start("/tmp/nosuch-weir/s", {}, no_walls));
    const int pid = c.pid();
    c.end();
    EXPECT_EQ(::waitpid(pid, nullptr, WNOHANG), -1);
    EXPECT_NE(c.take().refusal->message.find("has ended"), std::string::npos);
    EXPECT_TRUE(c.gone());
}

TEST(Connector, IsReapedAtItsEnd) {
    int pid = 0;
    {
        connector c;
        ASSERT_FALSE(c.start("/tmp/nosuch-weir/s", {}, no_walls));
        pid = c.pid();
        EXPECT_EQ(::kill(pid, 0), 0);
    }
    EXPECT_EQ(::waitpid(pid, nullptr, WNOHANG), -1);
}

} // namespace
} // namespace weir::input
