// The file that lines are appended to, and its rotation.
#include "output/log_file.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output/destination.hpp"

namespace weir::output {
namespace {

class LogFile : public ::testing::Test {
protected:
    LogFile() {
        char name[] = "/tmp/weir-log-XXXXXX";
        folder = ::mkdtemp(name);
    }
    ~LogFile() override { std::filesystem::remove_all(folder); }
    [[nodiscard]] static std::string text(const std::filesystem::path& p) {
        std::ifstream in(p);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    std::filesystem::path folder;
};

void write_to(destination& to, std::string_view text) { EXPECT_EQ(to.write(text), written::all); }

TEST_F(LogFile, GoesOnBehindWhatIsThere) {
    std::ofstream(folder / "log") << "old\n";
    log_file log;
    ASSERT_FALSE(log.locate(folder / "log"));
    destination to(log.open(), true);
    write_to(to, "new\n");
    EXPECT_EQ(text(folder / "log"), "old\nnew\n");
}

TEST_F(LogFile, GoesOnInANewFileAfterARotation) {
    log_file log;
    ASSERT_FALSE(log.locate(folder / "log"));
    destination to(log.open(), true);
    write_to(to, "one\n");
    std::filesystem::rename(folder / "log", folder / "log.1");
    write_to(to, "two\n");
    to.replace(log.open());
    write_to(to, "three\n");
    EXPECT_EQ(text(folder / "log.1"), "one\ntwo\n");
    EXPECT_EQ(text(folder / "log"), "three\n");
}

TEST_F(LogFile, FollowsNoSymbolicLinkAndWaitsForNoFifo) {
    std::filesystem::create_symlink(folder / "elsewhere", folder / "link");
    log_file log;
    ASSERT_FALSE(log.locate(folder / "link"));
    EXPECT_LT(log.open(), 0);
    EXPECT_EQ(errno, ELOOP);
    log_file fifo;
    ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
    ASSERT_FALSE(fifo.locate(folder / "fifo"));
    EXPECT_LT(fifo.open(), 0);
}

TEST_F(LogFile, TakesNoFifoWithAReaderEither) {
    ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
    const int reader = ::open((folder / "fifo").c_str(), O_RDONLY | O_NONBLOCK);
    log_file fifo;
    ASSERT_FALSE(fifo.locate(folder / "fifo"));
    EXPECT_LT(fifo.open(), 0);
    EXPECT_EQ(errno, EINVAL);
    ::close(reader);
}

TEST_F(LogFile, KnowsATornLine) {
    log_file log;
    ASSERT_FALSE(log.locate(folder / "log"));
    EXPECT_FALSE(log.is_torn()) << "there is none yet";
    for (const auto& [text, torn] :
         {std::pair("", false), {"whole\n", false}, {"whole\nhalf", true}, {"half", true}}) {
        std::ofstream(folder / "log") << text;
        EXPECT_EQ(log.is_torn(), torn) << text;
    }
}

TEST_F(LogFile, NamesWhatIsWrong) {
    EXPECT_EQ(log_file().locate(folder / "no" / "such"), "No such file or directory");
    EXPECT_EQ(log_file().locate(folder.string() + "/"), "it names a folder");
    EXPECT_FALSE(log_file().locate("relative-to-where-we-are"));
}

} // namespace
} // namespace weir::output
