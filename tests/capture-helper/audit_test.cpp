// The audit line: whatever a client sent, it is one line below PIPE_BUF, and what the client has a part in
// stays inside its quotation marks.
#include "capture-helper/audit.hpp"

#include <climits>
#include <gtest/gtest.h>

namespace {

using namespace weir::capture_helper;
using weir::common::capture_request;

TEST(audit, quotation_marks_cannot_be_left) {
    EXPECT_EQ(quoted("tcp port 80", 100), R"("tcp port 80")");
    EXPECT_EQ(quoted(R"(a" verdict="granted\)", 100), R"("a\" verdict=\"granted\\")");
    EXPECT_EQ(quoted("a\nb\x7f\xff", 100), R"("a\x0ab\x7f\xff")");
    EXPECT_EQ(quoted(std::string_view("\0", 1), 100), R"("\x00")");
}

TEST(audit, a_long_text_is_cut_between_characters) {
    for (std::size_t longest = 10; longest < 40; ++longest)
        for (const char* piece : {"x", "\"", "\\", "\n"}) {
            std::string text;
            for (int i = 0; i < 50; ++i) text += piece;
            const std::string out = quoted(text, longest);
            const std::string inside = quoted(piece, 10).substr(1, quoted(piece, 10).size() - 2);
            ASSERT_LE(out.size(), longest);
            ASSERT_TRUE(out.ends_with("...\""));
            std::size_t at = 1;
            while (out.compare(at, inside.size(), inside) == 0) at += inside.size();
            EXPECT_EQ(out.substr(at), "...\"");
        }
}

TEST(audit, the_worst_request_is_below_pipe_buf) {
    capture_request r;
    r.interfaces.assign(32, std::string(15, '"'));
    r.filter = std::string(4'096, '\\');
    r.mandatory_filter = std::string(8'192, '"');
    audit_client(4'294'967'294U, INT_MAX);
    audit_request(r);
    const std::string line = refusal_line("no-such-interface", std::string(70'000, '\n'));
    EXPECT_LT(line.size() + 1, static_cast<std::size_t>(PIPE_BUF));
    EXPECT_EQ(line.find('\n'), std::string::npos);
    EXPECT_TRUE(line.starts_with("weir-capture: audit: verdict=no-such-interface uid=4294967294 pid="));
}

} // namespace
