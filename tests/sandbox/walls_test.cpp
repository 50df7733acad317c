// What the walls leave open, and that they leave no more: each act in a child of its own that has raised
// them.
#include "sandbox/sandbox.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weir::sandbox {
namespace {

constexpr int succeeded = 250, walls_failed = 251;
constexpr int ours = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;

/// "done", the name of an errno, or "killed".
std::string inside(const settings& s, const std::function<bool()>& act) {
    const pid_t child = ::fork();
    if (child == 0) {
        if (raise_walls(s).error) ::_exit(walls_failed);
        errno = 0;
        const bool done = act();
        ::_exit(done ? succeeded : errno);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGSYS ? "killed" : "another signal";
    if (WEXITSTATUS(status) == succeeded) return "done";
    if (WEXITSTATUS(status) == walls_failed) return "no walls";
    return ::strerrorname_np(WEXITSTATUS(status));
}

class Walls : public ::testing::Test {
protected:
    void SetUp() override {
        if (WEIR_WALLS == 0) GTEST_SKIP() << "a sanitizer build has no walls";
        char name[] = "/tmp/weir-walls-XXXXXX";
        root = ::mkdtemp(name);
        std::filesystem::create_directory(root / "logs");
        std::filesystem::create_directory(root / "other");
        logs = ::open((root / "logs").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
        other = ::open((root / "other").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
        with_folder.folders = {{logs, ours, 0640}};
    }
    void TearDown() override {
        if (!root.empty()) std::filesystem::remove_all(root);
        ::close(logs);
        ::close(other);
    }
    [[nodiscard]] static bool kernel_has_landlock() {
        return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1) > 0;
    }
    std::filesystem::path root;
    int logs = -1, other = -1;
    settings with_folder;
};

TEST(NoWalls, AreToldAndStopNothing) {
    if (WEIR_WALLS != 0) GTEST_SKIP() << "this build has walls";
    EXPECT_EQ(inside({}, [] { return raise_walls({}).words == "NONE, this is a sanitizer build"; }), "done");
    EXPECT_EQ(inside({}, [] { return ::socket(AF_INET, SOCK_STREAM, 0) >= 0; }), "done");
    EXPECT_EQ(inside({}, [] { return ::open("/etc/passwd", O_RDONLY) >= 0; }), "done");
}

TEST_F(Walls, OneFileAndOneWayToOpenItInTheOutputFolder) {
    const auto opens = [&](int folder, const std::string& name, int flags) {
        return inside(with_folder, [&] { return ::openat(folder, name.c_str(), flags, 0640) >= 0; });
    };
    EXPECT_EQ(opens(logs, "new", ours), "done");
    EXPECT_EQ(opens(logs, "new", ours), "done") << "it is there by now";
    EXPECT_EQ(opens(logs, "new", O_RDONLY), "EACCES");
    EXPECT_EQ(opens(logs, "new", ours | O_TRUNC), "EACCES");
    EXPECT_EQ(opens(logs, "new", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC), "EACCES");
    EXPECT_EQ(inside(with_folder, [&] { return ::openat(logs, "x", ours, 04755) >= 0; }), "EACCES");
    EXPECT_EQ(inside(with_folder, [&] { return ::openat(logs, "x", ours, 0666) >= 0; }), "EACCES");
    EXPECT_FALSE(std::filesystem::exists(root / "logs/x"));
    EXPECT_EQ(opens(other, "new", ours), "EACCES");
    EXPECT_EQ(opens(AT_FDCWD, root / "logs/new", ours), "EACCES");
    if (!kernel_has_landlock()) GTEST_SKIP() << "no Landlock: seccomp sees no path";
    EXPECT_EQ(opens(logs, "../other/new", ours), "EACCES");
    EXPECT_EQ(opens(logs, root / "other/new", ours), "EACCES");
    EXPECT_EQ(opens(logs, "/etc/passwd", ours), "EACCES");
    EXPECT_TRUE(std::filesystem::is_empty(root / "other"));
}

TEST_F(Walls, EachOutputFolderHasItsOwnWay) {
    constexpr int makes = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const int between = ::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    std::filesystem::create_directory(root / "saved");
    const int saved = ::open((root / "saved").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    settings s;
    s.folders = {{logs, ours, 0640}, {saved, makes, 0600}};
    const auto opens = [&](int folder, const std::string& name, int flags, mode_t mode) {
        return inside(s, [&] { return ::openat(folder, name.c_str(), flags, mode) >= 0; });
    };
    EXPECT_EQ(opens(logs, "log", ours, 0640), "done");
    EXPECT_EQ(opens(saved, "new", makes, 0600), "done");
    EXPECT_EQ(opens(saved, "new", makes, 0600), "EEXIST");
    std::filesystem::create_symlink(root / "logs/elsewhere", root / "saved/link");
    EXPECT_EQ(opens(saved, "link", makes, 0600), "EEXIST");
    for (const auto& [folder, flags, mode] :
         std::vector<std::tuple<int, int, mode_t>>{{saved, ours, 0640},
                                                   {logs, makes, 0600},
                                                   {saved, makes, 0640},
                                                   {saved, ours, 0600},
                                                   {saved, O_RDONLY, 0},
                                                   {between, makes, 0600},
                                                   {other, makes, 0600},
                                                   {saved + 1, makes, 0600},
                                                   {AT_FDCWD, makes, 0600},
                                                   {-1, makes, 0600}})
        EXPECT_EQ(opens(folder, "x", flags, mode), "EACCES") << folder << ' ' << flags;
    if (kernel_has_landlock()) {
        EXPECT_EQ(opens(saved, "../other/new", makes, 0600), "EACCES");
    }
    for (const int fd : {between, saved}) ::close(fd);
}

TEST_F(Walls, WithoutAnOutputFolderNothingIsOpened) {
    EXPECT_EQ(inside({}, [&] { return ::openat(logs, "new", ours, 0640) >= 0; }), "EACCES");
}

TEST_F(Walls, ASocketSendsToItsPeerAlone) {
    int pair[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
    EXPECT_EQ(inside({}, [&] { return ::send(pair[0], "x", 1, 0) == 1; }), "done");
    sockaddr_un somebody{};
    somebody.sun_family = AF_UNIX;
    const auto* const address = reinterpret_cast<const sockaddr*>(&somebody);
    EXPECT_EQ(inside({}, [&] { return ::sendto(pair[0], "x", 1, 0, address, sizeof somebody) == 1; }),
              "killed");
    msghdr m{};
    EXPECT_EQ(inside({}, [&] { return ::recvmsg(pair[1], &m, MSG_DONTWAIT) >= 0; }), "killed");
    settings receives;
    receives.receives_stream = true;
    EXPECT_EQ(inside(receives, [&] { return ::recvmsg(pair[1], &m, MSG_DONTWAIT) >= 0; }), "done");
    EXPECT_EQ(inside({}, [&] { return ::connect(pair[0], address, sizeof somebody) == 0; }), "killed");
    ::close(pair[0]);
    ::close(pair[1]);
}

TEST_F(Walls, OneChildMayBeSignalled) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    settings s;
    s.child = child;
    EXPECT_EQ(inside(s, [&] { return ::kill(child, 0) == 0; }), "done");
    EXPECT_EQ(inside(s, [&] { return ::kill(::getppid(), 0) == 0; }), "killed");
    EXPECT_EQ(inside({}, [&] { return ::kill(child, 0) == 0; }), "killed");
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
}

TEST_F(Walls, TheConnectorOpensStreamSocketsOfOneKind) {
    settings s;
    s.who = role::connector;
    const auto opens = [&](int family, int type) {
        return inside(s, [=] { return ::socket(family, type, 0) >= 0; });
    };
    EXPECT_EQ(opens(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC), "done");
    EXPECT_EQ(opens(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC), "killed");
    EXPECT_EQ(opens(AF_UNIX, SOCK_STREAM), "killed");
    EXPECT_EQ(opens(AF_INET, SOCK_STREAM | SOCK_CLOEXEC), "killed");
    const int reuse = 1;
    const timeval bound{1, 0};
    int pair[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    const auto sets = [&](int option, const void* value, socklen_t size) {
        return inside(s, [=] { return ::setsockopt(pair[0], SOL_SOCKET, option, value, size) == 0; });
    };
    EXPECT_EQ(sets(SO_SNDTIMEO, &bound, sizeof bound), "done");
    EXPECT_EQ(sets(SO_REUSEADDR, &reuse, sizeof reuse), "killed");
    ::close(pair[0]);
    ::close(pair[1]);
    char byte = 0;
    EXPECT_EQ(inside(s, [&] { return ::read(logs, &byte, 1) == 1; }), "killed") << "it reads no stream";
    EXPECT_EQ(inside(s, [&] { return ::openat(logs, "new", ours, 0640) >= 0; }), "EACCES");
}

} // namespace
} // namespace weir::sandbox
