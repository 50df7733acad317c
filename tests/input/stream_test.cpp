// Streams from descriptors: pipes in pieces, gzip, packets larger than the buffer.
#include "input/stream.hpp"

#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>
#include <zlib.h>

#include "tests/input/captures.hpp"

namespace weir::input {
namespace {

using namespace test;

class sizes final : public capture_sink {
public:
    std::vector<std::size_t> seen;
    void on_interface(const common::interface_description&) override {}
    void on_record(const common::record& r) override { seen.push_back(r.data.size()); }
    void on_statistics(const common::interface_statistics&) override {}
    void on_loss(const common::packet_loss&) override {}
    void on_comment(std::string_view) override {}
};

struct outcome {
    std::vector<std::size_t> sizes;
    std::string error;
    std::uint64_t offset = 0;
};

/// Sends the bytes through a pipe, in pieces, and reads them as a stream.
outcome through_pipe(const bytes& all, std::size_t piece) {
    int fds[2];
    if (::pipe(fds) != 0) return {{}, "no pipe"};
    std::thread sender([&] {
        for (std::size_t at = 0; at < all.size(); at += piece)
            if (::write(fds[1], all.data() + at, std::min(piece, all.size() - at)) < 0) break;
        ::close(fds[1]);
    });
    sizes out;
    stream s(fds[0], out);
    progress p = progress::more;
    while (p == progress::more || p == progress::nothing_yet) p = s.advance();
    s.finish();
    ::close(fds[0]);
    sender.join();
    if (!s.error()) return {out.seen, "", 0};
    return {out.seen, s.error()->text, s.error()->offset};
}

bytes zipped(const bytes& in) {
    bytes out(compressBound(static_cast<uLong>(in.size())) + 64);
    z_stream z{};
    deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    bytes copy = in;
    z.next_in = copy.data();
    z.avail_in = static_cast<uInt>(copy.size());
    z.next_out = out.data();
    z.avail_out = static_cast<uInt>(out.size());
    deflate(&z, Z_FINISH);
    out.resize(z.total_out);
    deflateEnd(&z);
    return out;
}

bytes large_pcap() {
    writer w(false);
    w.u32(0xa1b2c3d4).u16(2).u16(4).u32(0).u32(0).u32(0).u32(1);
    for (const std::size_t size :
         {std::size_t{3}, std::size_t{900'000}, std::size_t{0}, std::size_t{300'000}, std::size_t{60}})
        w.u32(0).u32(0).u32(size).u32(size).add(bytes(size, 'x'));
    return w.out;
}

const std::vector<std::size_t> large_sizes{3, 900'000, 0, 300'000, 60};

TEST(Stream, PacketsLargerThanTheBufferAreWhole) {
    for (const std::size_t piece : {std::size_t{1000}, std::size_t{65'536}, std::size_t{10'000'000}}) {
        const outcome o = through_pipe(large_pcap(), piece);
        EXPECT_EQ(o.sizes, large_sizes);
        EXPECT_EQ(o.error, "");
    }
}

TEST(Stream, GzipIsUnpacked) {
    const outcome o = through_pipe(zipped(large_pcap()), 777);
    EXPECT_EQ(o.sizes, large_sizes);
    EXPECT_EQ(o.error, "");
}

TEST(Stream, GzipMembersFollowEachOther) {
    const bytes all = large_pcap();
    bytes two = zipped({all.begin(), all.begin() + 100});
    const bytes second = zipped({all.begin() + 100, all.end()});
    two.insert(two.end(), second.begin(), second.end());
    EXPECT_EQ(through_pipe(two, 50'000).sizes, large_sizes);
}

TEST(Stream, GzipCutShortOrBrokenIsSaid) {
    bytes packed = zipped(large_pcap());
    bytes broken = packed;
    broken[broken.size() - 5] ^= 0xff; // the checksum
    packed.resize(packed.size() - 9);
    const outcome cut = through_pipe(packed, 1000);
    EXPECT_EQ(cut.error, "its gzip stream is cut short");
    EXPECT_EQ(cut.offset, packed.size());
    bytes middle = packed;
    middle.resize(middle.size() / 2);
    EXPECT_EQ(through_pipe(middle, 100).offset, middle.size());
    EXPECT_NE(through_pipe(broken, 1000).error.find("gzip"), std::string::npos);
}

} // namespace
} // namespace weir::input
