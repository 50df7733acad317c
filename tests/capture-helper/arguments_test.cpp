// The command line: what each option means, what is refused and how it is said.
#include "capture-helper/arguments.hpp"

#include <gtest/gtest.h>

namespace {

using namespace weir::capture_helper;
using weir::common::capture_direction;
using weir::common::capture_format;

struct answer {
    invocation in;
    std::optional<std::string> wrong;
};

answer parse(std::vector<std::string> words) {
    words.insert(words.begin(), "weir-capture");
    std::vector<char*> argv;
    for (std::string& w : words) argv.push_back(w.data());
    argv.push_back(nullptr);
    answer a;
    a.wrong = parse_arguments(static_cast<int>(words.size()), argv.data(), a.in);
    return a;
}

TEST(arguments, none_capture_everything_on_any) {
    const answer a = parse({});
    ASSERT_FALSE(a.wrong);
    EXPECT_EQ(a.in.what, action::capture);
    EXPECT_EQ(a.in.capture.interfaces, std::vector<std::string>{"any"});
    EXPECT_EQ(a.in.capture.snaplen, 262'144);
    EXPECT_TRUE(a.in.capture.promiscuous);
    EXPECT_EQ(a.in.capture.filter, "");
}

TEST(arguments, every_option_reaches_the_request) {
    const answer a =
        parse({"-i", "lo", "--interface=eth0", "-s", "96", "-B", "4096", "--timeout", "5", "--no-promiscuous",
               "--monitor", "--direction", "out", "--format", "pcapng", "tcp", "port", "80"});
    ASSERT_FALSE(a.wrong) << *a.wrong;
    const auto& r = a.in.capture;
    EXPECT_EQ(r.interfaces, (std::vector<std::string>{"lo", "eth0"}));
    EXPECT_EQ(r.snaplen, 96);
    EXPECT_EQ(r.buffer_kib, 4096);
    EXPECT_EQ(r.timeout_ms, 5);
    EXPECT_FALSE(r.promiscuous);
    EXPECT_TRUE(r.monitor);
    EXPECT_EQ(r.way, capture_direction::out);
    EXPECT_EQ(r.filter, "tcp port 80");
}

TEST(arguments, double_dash_ends_the_options) {
    EXPECT_EQ(parse({"-i", "lo", "--", "-x"}).in.capture.filter, "-x");
}

TEST(arguments, what_does_not_go_is_said_in_one_sentence) {
    const std::pair<std::vector<std::string>, const char*> cases[] = {
        {{"-s", "0"}, "snaplen takes a size from 1 to 262144"},
        {{"-s", "262145"}, "snaplen"},
        {{"-s", "9x"}, "snaplen"},
        {{"-B", "2047"}, "buffer"},
        {{"--timeout", "0"}, "timeout"},
        {{"--timeout", "5", "--immediate"}, "exclude"},
        {{"--direction", "up"}, "in, out or inout"},
        {{"--format", "text"}, "pcapng or pcap"},
        {{"--format", "pcap", "-i", "a", "-i", "b"}, "one interface"},
        {{"-i", "a/b"}, "interface"},
        {{"-i"}, "lacks its value"},
        {{"-Z"}, "unknown option"},
        {{"--serve", "-i", "lo"}, "alone"},
        {{"--serve=0"}, "process that listens"},
        {{"--serve=x"}, "process that listens"},
        {{"-i", "lo", "--listen"}, "unknown option"},
        {{std::string(16'385, 'x')}, "16384"},
    };
    for (const auto& [words, expected] : cases) {
        const answer a = parse(words);
        ASSERT_TRUE(a.wrong) << words.front();
        EXPECT_NE(a.wrong->find(expected), std::string::npos) << *a.wrong;
        EXPECT_EQ(a.wrong->find('\n'), std::string::npos);
    }
}

TEST(arguments, at_most_32_interfaces) {
    std::vector<std::string> words;
    for (int i = 0; i < 32; ++i) words.insert(words.end(), {"-i", "lo"});
    EXPECT_FALSE(parse(words).wrong);
    words.insert(words.end(), {"-i", "lo"});
    EXPECT_TRUE(parse(words).wrong);
}

TEST(arguments, a_program_without_a_name_is_refused) {
    invocation in;
    EXPECT_TRUE(parse_arguments(0, nullptr, in));
    std::string empty;
    char* argv[] = {empty.data(), nullptr};
    EXPECT_TRUE(parse_arguments(1, argv, in));
}

TEST(arguments, a_service_leaves_the_request_to_its_client) {
    EXPECT_TRUE(parse({"--serve"}).in.capture.interfaces.empty());
    EXPECT_EQ(parse({"--serve"}).in.listener, 0);
    EXPECT_EQ(parse({"--serve=4711"}).in.listener, 4711);
}

} // namespace
