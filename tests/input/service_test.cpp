// The words of the capture protocol, as a client says and understands them (docs/capture-protocol.md).
#include "input/service.hpp"

#include <gtest/gtest.h>

namespace weir::input {
namespace {

using common::exit_status;

TEST(Service, TheFilterComesLastAndTakesTheRestOfTheLine) {
    EXPECT_EQ(request_line({{"lo", "eth0"}, {"snaplen=96", "promiscuous=no"}, "tcp port 80"}),
              "capture interface=lo interface=eth0 snaplen=96 promiscuous=no filter=tcp port 80\n");
    EXPECT_EQ(request_line({}), "capture\n");
}

TEST(Service, AGrantIsNoRefusal) {
    EXPECT_FALSE(refusal_in("ok interface=lo snaplen=262144 filter="));
    EXPECT_FALSE(refusal_in("ok"));
}

TEST(Service, ARefusalHasItsStatusAndTheServicesOwnMessage) {
    const auto status = [](const std::string& answer) { return refusal_in(answer)->status; };
    EXPECT_EQ(status("error not-permitted no rule"), exit_status::not_permitted);
    EXPECT_EQ(status("error bad-filter syntax error"), exit_status::usage);
    EXPECT_EQ(status("error no-such-interface nosuch0"), exit_status::usage);
    EXPECT_EQ(status("error bad-request unknown key"), exit_status::usage);
    EXPECT_EQ(status("error busy come again"), exit_status::failed);
    EXPECT_EQ(status("error something-new what"), exit_status::failed);
    for (const char* code : {"not-permitted", "bad-request", "bad-filter"})
        EXPECT_FALSE(refusal_in(std::string("error ") + code + " why")->may_pass) << code;
    for (const char* code : {"failed", "busy", "no-such-interface", "something-new"})
        EXPECT_TRUE(refusal_in(std::string("error ") + code + " why")->may_pass) << code;
    EXPECT_EQ(refusal_in("error not-permitted no rule for you")->message, "no rule for you");
    EXPECT_EQ(refusal_in("error busy")->message, "the capture service refuses: busy");
}

TEST(Service, AnyOtherAnswerIsNoCaptureService) {
    for (const char* answer : {"", "okay", "HTTP/1.1 400 Bad Request", "error"}) {
        const auto refusal = refusal_in(answer);
        ASSERT_TRUE(refusal) << answer;
        EXPECT_EQ(refusal->status, exit_status::failed);
        EXPECT_EQ(refusal->message, "what answers there is no capture service");
    }
}

} // namespace
} // namespace weir::input
