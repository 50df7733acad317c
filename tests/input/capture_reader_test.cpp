// Captures of every kind are told record by record, the same however they are cut; what is wrong is said with
// its place.
#include "input/capture_reader.hpp"

#include <gtest/gtest.h>

#include "tests/input/captures.hpp"

namespace weir::input {
namespace {

using namespace test;

class log final : public capture_sink {
public:
    std::string text;
    void on_interface(const common::interface_description& i) override {
        text += "interface " + i.name + ' ' + std::to_string(i.link_type) + ' ' + std::to_string(i.snaplen) +
                ' ' + i.filter + '\n';
    }
    void on_record(const common::record& r) override {
        text += std::to_string(r.interface) + ' ' + std::to_string(r.link_type) + ' ' +
                std::to_string(r.ts.since_epoch) + (r.time_clamped ? " clamped " : " ") +
                std::to_string(r.original_length) + ' ' + std::string(common::as_text(r.data)) + '\n';
    }
    void on_statistics(const common::interface_statistics& s) override {
        const auto number = [](const std::optional<std::uint64_t>& n) {
            return n ? std::to_string(*n) : std::string("-");
        };
        text += "statistics " + std::to_string(s.interface) + ' ' + std::to_string(s.ts.since_epoch) + ' ' +
                number(s.received) + ' ' + number(s.dropped_kernel) + ' ' + number(s.dropped_interface) +
                ' ' + number(s.handed_over) + '\n';
    }
    void on_loss(const common::packet_loss& l) override {
        text += "lost " + std::to_string(l.interface) + ' ' + std::to_string(l.count) + ' ' +
                (l.after ? std::to_string(l.after->since_epoch) : "-") + ' ' +
                std::to_string(l.before.since_epoch) + '\n';
    }
    void on_comment(std::string_view said) override { text += "comment " + std::string(said) + '\n'; }
};

struct outcome {
    std::string text;
    std::string error;
    bool truncated = false;
    std::uint64_t offset = 0;
};

/// Feeds the capture in pieces of `piece` bytes, as a growing buffer whose consumed part is dropped.
outcome read(const bytes& capture, std::size_t piece, const limits& l = {}) {
    log out;
    capture_reader reader(out, l);
    bytes held;
    for (std::size_t at = 0; at < capture.size(); at += piece) {
        const std::size_t end = std::min(capture.size(), at + piece);
        held.insert(held.end(), capture.begin() + static_cast<std::ptrdiff_t>(at),
                    capture.begin() + static_cast<std::ptrdiff_t>(end));
        const std::size_t used = reader.read(held);
        held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(used));
    }
    reader.finish(held.size());
    outcome o{out.text, "", false, 0};
    if (reader.error())
        o.error = reader.error()->text, o.truncated = reader.error()->truncated,
        o.offset = reader.error()->offset;
    return o;
}

bytes operator+(bytes a, const bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

bytes rich_pcapng(bool big) {
    const bytes name = option(big, 2, {'l', 'o'}), ns = option(big, 9, {9}),
                filter = option(big, 11, {0, 't', 'c', 'p'});
    const bytes statistics = writer(big)
                                 .u32(0)
                                 .u32(0)
                                 .u32(7)
                                 .add(option(big, 4, writer(big).u64(10).out))
                                 .add(option(big, 5, writer(big).u64(1).out))
                                 .add(option(big, 7, writer(big).u64(2).out))
                                 .u32(0)
                                 .out;
    return section(big, "sandbox: none") + interface(big, 1, 96, name + ns + filter) +
           enhanced(big, 0, 1'500'000'000, "abc", 5) + block(big, 0x0bad, bytes(40)) +
           block(big, 3, writer(big).u32(5).text("simpl").out) +
           block(big, 2, writer(big).u16(0).u16(0).u32(0).u32(9).u32(2).u32(2).text("ob").out) +
           block(big, 5, statistics) + section(!big) + interface(!big, 101, 0) +
           enhanced(!big, 0, 2'250'000, "defgh", 5);
}

constexpr const char* rich_text =
    "comment sandbox: none\ninterface lo 1 96 tcp\n0 1 1500000000 5 abc\n0 1 0 5 simpl\n0 1 9 2 ob\n"
    "statistics 0 7 10 2 1 -\ninterface  101 0 \n1 101 2250000000 5 defgh\n";

constexpr const char* plain_text = "interface  1 65535 \n0 1 1500000000 5 abc\n0 1 2250000000 5 defgh\n";

std::vector<pcap_shape> shapes() {
    return {{0xa1b2c3d4, false, 4, false, 0}, {0xa1b2c3d4, true, 4, false, 0},
            {0xa1b23c4d, false, 4, false, 0}, {0xa1b23c4d, true, 4, false, 0},
            {0xa1b2c3d4, false, 3, true, 0},  {0xa1b2c3d4, true, 2, true, 0},
            {0xa1b2c3d4, false, 3, false, 0}, {0xa1b2cd34, false, 4, false, 8}};
}

TEST(Pcapng, DropCountsOfPacketsAreTold) {
    for (const bool big : {false, true}) {
        const auto counted = [&](std::uint64_t n) { return option(big, 4, writer(big).u64(n).out); };
        const bytes flags = option(big, 2, writer(big).u32(1).out), end = writer(big).u32(0).out;
        const auto old = [&](std::uint32_t drops, std::uint64_t ticks) {
            return block(big, 2,
                         writer(big).u16(1).u16(drops).u32(0).u32(ticks).u32(2).u32(2).text("ob").out);
        };
        const bytes capture = section(big) + interface(big, 1, 0) + interface(big, 1, 0) +
                              enhanced(big, 0, 1, "abc", 3, counted(2) + end) +
                              enhanced(big, 0, 5, "abc", 3, flags + counted(3) + end) +
                              enhanced(big, 0, 6, "abc", 3, flags + end) +
                              enhanced(big, 0, 7, "abc", 3, counted(0) + end) + old(0xffff, 8) + old(4, 9);
        EXPECT_EQ(read(capture, capture.size()).text,
                  "interface  1 0 \ninterface  1 0 \nlost 0 2 - 1000\n0 1 1000 3 abc\nlost 0 3 1000 "
                  "5000\n0 1 5000 3 abc\n"
                  "0 1 6000 3 abc\n0 1 7000 3 abc\n1 1 8000 2 ob\nlost 1 4 8000 9000\n1 1 9000 2 ob\n");
    }
}

TEST(Pcap, EveryKindCutEverywhereTellsTheSame) {
    for (const pcap_shape& s : shapes()) {
        const bytes capture = pcap(s);
        for (std::size_t piece = 1; piece <= capture.size(); ++piece) {
            const outcome o = read(capture, piece);
            ASSERT_EQ(o.text, plain_text)
                << std::hex << s.magic << s.big << s.minor << " in pieces of " << piece;
            ASSERT_EQ(o.error, "");
        }
    }
}

TEST(Pcap, AFractionOfAWholeSecondIsCut) {
    const bytes lo = writer(false).u32(0xa1b2c3d4).u16(2).u16(4).u32(0).u32(0).u32(65535).u32(1).out;
    const auto at = [&](std::uint64_t fraction) {
        return read(lo + writer(false).u32(7).u32(fraction).u32(0).u32(0).out, 64).text;
    };
    EXPECT_EQ(at(999'999), "interface  1 65535 \n0 1 7999999000 0 \n");
    EXPECT_EQ(at(1'000'000), "interface  1 65535 \n0 1 7999999000 clamped 0 \n");
    EXPECT_EQ(at(0xffffffff), "interface  1 65535 \n0 1 7999999000 clamped 0 \n");
}

TEST(Pcapng, CutEverywhereTellsTheSame) {
    for (const bool big : {false, true}) {
        const bytes capture = rich_pcapng(big);
        for (std::size_t piece = 1; piece <= capture.size(); ++piece) {
            const outcome o = read(capture, piece);
            ASSERT_EQ(o.text, rich_text) << piece;
            ASSERT_EQ(o.error, "");
        }
    }
}

TEST(Reader, TruncatedAnywhereTellsEveryWholeRecordAndOneError) {
    for (const bytes& capture : {pcap({}), rich_pcapng(false)}) {
        const std::string whole = read(capture, capture.size()).text;
        std::size_t clean = 0;
        for (std::size_t n = 0; n < capture.size(); ++n) {
            const outcome o = read({capture.begin(), capture.begin() + static_cast<std::ptrdiff_t>(n)}, 7);
            ASSERT_TRUE(whole.starts_with(o.text)) << n;
            if (o.error.empty())
                ++clean; // between two records
            else
                EXPECT_TRUE(o.truncated) << o.error;
        }
        EXPECT_GT(clean, 0u);
        EXPECT_LT(clean, 10u);
    }
}

struct wrong_case {
    const char* what;
    bytes capture;
    std::uint64_t offset;
};

TEST(Reader, WrongCapturesAreNamedWithTheirPlace) {
    const bytes head = section(false), lo = interface(false, 1, 0);
    bytes bad_trailer = enhanced(false, 0, 0, "abc", 3);
    bad_trailer.back() = 1;
    bytes bad_major = section(false), no_magic = section(false);
    bad_major[12] = 2;
    no_magic[8] = 0;
    bytes old = pcap({});
    old[4] = 1;
    const auto at = head.size() + lo.size();
    const std::vector<wrong_case> cases{
        {"no capture", {'h', 'e', 'l', 'l', 'o'}, 0},
        {"pcap version 1 is not 2", old, 0},
        {"pcapng version 2 is not 1", bad_major, 0},
        {"byte-order magic", no_magic, 0},
        {"names interface 0, which none has described", head + enhanced(false, 0, 0, "abc", 3), head.size()},
        {"block length of 4 is below 12", head + lo + writer(false).u32(6).u32(4).u32(0).out, at},
        {"behind a block differs", head + lo + bad_trailer, at},
        {"does not fit its block",
         head + lo + block(false, 6, writer(false).u32(0).u64(0).u32(500).u32(500).text("abcd").out), at},
        {"a packet block is too short", head + lo + block(false, 6, bytes(8)), at},
        {"simple packet block is too short", head + lo + block(false, 3, {}), at},
        {"a packet block is too short", head + lo + block(false, 2, bytes(8)), at},
        {"statistics block is too short", head + lo + block(false, 5, bytes(8)), at},
        {"interface description is too short", head + block(false, 1, bytes(4)), head.size()},
        {"above the limit of 16777216",
         writer(false).add(pcap({})).u32(0).u32(0).u32(0x7fffffff).u32(0x7fffffff).out, 64},
        {"above the limit", head + lo + writer(false).u32(6).u32(0x7ffffffc).u32(0).out, at},
    };
    for (const wrong_case& c : cases) {
        for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}}) {
            const outcome o = read(c.capture, piece);
            EXPECT_NE(o.error.find(c.what), std::string::npos) << c.what << " / " << o.error;
            EXPECT_EQ(o.offset, c.offset) << c.what;
            EXPECT_FALSE(o.truncated);
        }
    }
}

TEST(Reader, EmptyIsAnErrorToo) {
    EXPECT_NE(read({}, 1).error.find("empty"), std::string::npos);
    EXPECT_NE(read({0xd4, 0xc3}, 1).error.find("first four bytes"), std::string::npos);
}

TEST(Reader, LimitsAreReached) {
    limits l;
    l.packet = 4;
    l.interfaces = 1;
    l.description = 64;
    EXPECT_NE(read(pcap({}), 9, l).error.find("a packet of 5 bytes is above the limit of 4"),
              std::string::npos);
    EXPECT_NE(read(section(false) + interface(false, 1, 0) + interface(false, 1, 0), 9, l)
                  .error.find("more than 1 interfaces"),
              std::string::npos);
    EXPECT_NE(read(section(false, std::string(100, 'x')), 9, l).error.find("above the limit of 64"),
              std::string::npos);
}

TEST(Pcapng, UnknownBlocksAreSkippedWithoutRoomForThem) {
    const bytes huge = writer(false).u32(0x0bad).u32(0x40000000).out;
    const outcome o = read(section(false) + interface(false, 1, 0) + huge + bytes(100), 50);
    EXPECT_EQ(o.text, "interface  1 0 \n");
    EXPECT_TRUE(o.truncated);
    EXPECT_NE(o.error.find("within a block"), std::string::npos);
}

TEST(Pcapng, SimplePacketsAreCutBySnaplen) {
    const outcome o = read(section(false) + interface(false, 1, 3) +
                               block(false, 3, writer(false).u32(5).text("abc").pad().out),
                           5);
    EXPECT_EQ(o.text, "interface  1 3 \n0 1 0 5 abc\n");
    EXPECT_EQ(o.error, "");
}

} // namespace
} // namespace weir::input
