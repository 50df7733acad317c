// A message read as a whole: every type of record in presentation form, and what is left of a message that is
// cut, or malformed anywhere.
#include <gtest/gtest.h>

#include <random>

#include "session/dns/message.hpp"
#include "session/dns/name.hpp"
#include "tests/session/dns/messages.hpp"
#include "tests/session/dns/vectors.hpp"

namespace weir::session::dns::test {
namespace {

message read(std::string_view bytes, const limits& most = {}) {
    message m;
    read_message(common::as_bytes(bytes), false, most, m);
    return m;
}

std::string data_of(unsigned type, const std::string& data) {
    const std::string bytes = message_builder().ask("example.com", 1).answer("a", type, data).bytes();
    const message m = read(bytes);
    EXPECT_EQ(m.records.size(), 1u);
    return m.records.empty() ? "" : std::string(m.view(m.records.front().data));
}

bool has(const message& m, anomaly a) {
    return std::any_of(m.problems.begin(), m.problems.end(), [a](const auto& p) { return p.what == a; });
}

TEST(DnsMessage, EveryTypeIsPrintedAsDigDoes) {
    for (const record_vector& v : record_vectors)
        EXPECT_EQ(data_of(v.type, from_hex(v.hex)), v.text) << v.type;
}

TEST(DnsMessage, DataCutAnywhereIsWrittenAsBytes) {
    for (const record_vector& v : record_vectors) {
        const std::string data = from_hex(v.hex);
        for (std::size_t size = 0; size < data.size(); ++size) {
            const std::string bytes =
                message_builder().ask("example.com", 1).answer("a", v.type, data.substr(0, size)).bytes();
            const message m = read(bytes);
            ASSERT_EQ(m.records.size(), 1u) << v.type;
            const std::string text(m.view(m.records.front().data));
            EXPECT_EQ(has(m, anomaly::record_data_invalid), text.starts_with("\\# ") && v.type != 65280)
                << v.type << " cut at " << size << ": " << text;
        }
    }
}

TEST(DnsMessage, NamesKeepTheirBytes) {
    message_builder b;
    b.questions.push_back(std::string("\x06"
                                      "a.b$@\x80"
                                      "\x04"
                                      "Ex \"\0",
                                      13) +
                          u16(1) + u16(1));
    const message m = read(b.bytes());
    ASSERT_EQ(m.questions.size(), 1u);
    EXPECT_EQ(m.view(m.questions.front().name), "a\\.b\\$\\@\\128.Ex\\032\\\"");
}

/// A message whose question's name is these bytes.
message with_name(const std::string& wire) {
    message_builder b;
    b.questions.push_back(wire + u16(1) + u16(1));
    return read(b.bytes());
}

TEST(DnsMessage, PointersLeadStrictlyBackward) {
    const auto pointer = [](unsigned to) { return u16(0xc000 | to); };
    EXPECT_TRUE(has(with_name(pointer(12)), anomaly::pointer_not_backward)) << "to itself";
    EXPECT_TRUE(has(with_name(pointer(20)), anomaly::pointer_not_backward)) << "forward";
    EXPECT_TRUE(has(with_name("\1a" + pointer(12)), anomaly::pointer_not_backward)) << "into its own labels";
    message_builder b;
    b.ask("example.com", 1);
    b.questions.push_back("\3www" + pointer(12) + u16(1) + u16(1));
    b.questions.push_back("\2me" + pointer(29) + u16(1) + u16(1));
    const message m = read(b.bytes());
    ASSERT_EQ(m.questions.size(), 3u);
    EXPECT_EQ(m.view(m.questions[2].name), "me.www.example.com");
    EXPECT_TRUE(m.problems.empty());
}

TEST(DnsMessage, NamesEndAt255Bytes) {
    std::string longest;
    for (int i = 0; i < 126; ++i) longest += "\1a";
    EXPECT_TRUE(with_name(longest + "\1a" + '\0').problems.empty()) << "255 bytes";
    EXPECT_TRUE(has(with_name(longest + "\2aa" + '\0'), anomaly::name_too_long)) << "256 bytes";
    EXPECT_TRUE(has(with_name("\x41z"), anomaly::label_type_unknown));
    // a chain of pointers adds up, too
    message_builder b;
    b.questions.push_back(std::string("\x3f") + std::string(63, 'a') + '\0' + u16(1) + u16(1));
    for (unsigned at = 12, size = 69; b.questions.size() < 5; at += size, size = 70)
        b.questions.push_back(std::string("\x3f") + std::string(63, 'b') + u16(0xc000 | at) + u16(1) +
                              u16(1));
    EXPECT_TRUE(has(read(b.bytes()), anomaly::name_too_long));
}

/// With all that a message can hold.
std::string rich() {
    message_builder b;
    b.ask("example.com", 1).ask("example.org", 28);
    for (const record_vector& v : record_vectors)
        b.answer("r.example.com", v.type, from_hex(v.hex), 60, v.type % 3);
    b.answer("", 41,
             u16(10) + u16(3) + "abc" + u16(15) + u16(4) + u16(22) + "no" + u16(8) + u16(7) + u16(1) +
                 std::string("\x18\0\x0a\1\2", 5),
             0x8000, 2, 1232);
    return b.bytes();
}

TEST(DnsMessage, CutAnywhereGivesWhatWasRead) {
    const std::string whole = rich();
    const message all = read(whole);
    ASSERT_EQ(all.records.size(), record_vectors.size());
    ASSERT_TRUE(all.edns);
    EXPECT_EQ(all.options.size(), 3u);
    EXPECT_TRUE(all.problems.empty());
    std::size_t read_before = 0;
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        // exactly as much memory, so that a byte too many is seen by the sanitizer
        const std::vector<std::uint8_t> part(whole.begin(),
                                             whole.begin() + static_cast<std::ptrdiff_t>(size));
        message m;
        const bool has_header = read_message(part, false, {}, m);
        EXPECT_EQ(has_header, size >= 12);
        if (!has_header) continue;
        const std::size_t parts = m.questions.size() + m.records.size();
        EXPECT_GE(parts, read_before);
        read_before = parts;
        for (std::size_t i = 0; i < m.records.size(); ++i)
            ASSERT_EQ(m.view(m.records[i].data), all.view(all.records[i].data)) << size;
        EXPECT_EQ(m.problems.empty(), size == whole.size()) << size;
        read_message(part, true, {}, m);
        EXPECT_TRUE(m.problems.empty()) << "the capture cut it, not the sender: " << size;
    }
}

TEST(DnsMessage, AnyByteMayBeWrong) {
    std::mt19937 random(7);
    const std::string whole = rich();
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (int n = 0; n < 4; ++n) {
            std::string changed = whole;
            changed[at] = static_cast<char>(random());
            const message m = read(changed);
            EXPECT_LE(m.records.size(), record_vectors.size() + 1);
            EXPECT_EQ(m.section_ends[2], m.records.size());
            static_cast<void>(looks_like_message(common::as_bytes(changed), false));
            EXPECT_NE(looks_like_message(common::as_bytes(changed), true), likeness::unsure)
                << "nothing follows that could tell";
        }
    }
}

TEST(DnsMessage, LimitsLeaveOutWhatIsAbove) {
    const std::string whole = rich();
    limits most;
    most.questions = 1;
    EXPECT_EQ(read(whole, most).questions.size(), 1u);
    EXPECT_TRUE(has(read(whole, most), anomaly::question_limit));
    most = {};
    most.records = 3;
    EXPECT_EQ(read(whole, most).records.size(), 3u);
    EXPECT_TRUE(has(read(whole, most), anomaly::record_limit));
    most = {};
    most.options = 1;
    EXPECT_EQ(read(whole, most).options.size(), 1u);
    EXPECT_TRUE(has(read(whole, most), anomaly::option_limit));
    most = {};
    most.text = 100;
    EXPECT_TRUE(has(read(whole, most), anomaly::text_limit));
    EXPECT_LT(read(whole, most).text.size(), 100u + 2'100u);
}

TEST(DnsMessage, OptIsReadOnceAndOnlyWhereItBelongs) {
    const std::string opt;
    message m = read(message_builder().answer("", 41, opt, 0, 0).bytes());
    EXPECT_TRUE(has(m, anomaly::opt_invalid));
    m = read(message_builder().answer("", 41, opt, 0, 2, 512).answer("", 41, opt, 0, 2, 4096).bytes());
    EXPECT_TRUE(has(m, anomaly::opt_repeated));
    ASSERT_TRUE(m.edns);
    EXPECT_EQ(m.edns->udp_size, 512);
    m = read(message_builder().answer("", 41, u16(3) + u16(9) + "x", 0, 2).bytes());
    EXPECT_TRUE(has(m, anomaly::option_cut));
    m = read(message_builder().rcode(1).answer("", 41, opt, 0x01000000, 2).bytes());
    EXPECT_EQ(m.rcode(), 17);
    EXPECT_TRUE(has(read(query() + "x"), anomaly::trailing_bytes));
}

TEST(DnsMessage, OtherProtocolsDoNotLookLikeOne) {
    const auto looks = [](const std::string& bytes) {
        return looks_like_message(common::as_bytes(bytes), true);
    };
    EXPECT_EQ(looks(query()), likeness::yes);
    EXPECT_EQ(looks(response()), likeness::yes);
    EXPECT_EQ(looks(query("FHEPFCELEHFCEPFFFACACACACACACABN", 32)), likeness::no) << "NetBIOS";
    std::mt19937 random(1);
    int taken = 0;
    for (int n = 0; n < 200'000; ++n) {
        std::string noise(12 + random() % 100, '\0');
        for (char& c : noise) c = static_cast<char>(random());
        taken += looks(noise) == likeness::yes;
    }
    EXPECT_EQ(taken, 0);
    EXPECT_EQ(looks(std::string(48, '\0')), likeness::no) << "zeros";
    EXPECT_EQ(looks("\x23" + std::string(47, '\0')), likeness::no) << "NTP";
}

} // namespace
} // namespace weir::session::dns::test
