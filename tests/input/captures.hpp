// Makes captures of every kind, for tests of the readers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::input::test {

using bytes = std::vector<std::uint8_t>;

/// Appends integers in one byte order.
class writer {
public:
    explicit writer(bool big)
        : big_(big) {}
    bytes out;

    writer& number(std::uint64_t v, int size) {
        for (int i = 0; i < size; ++i)
            out.push_back(static_cast<std::uint8_t>(v >> 8 * (big_ ? size - 1 - i : i)));
        return *this;
    }
    writer& u16(std::uint64_t v) { return number(v, 2); }
    writer& u32(std::uint64_t v) { return number(v, 4); }
    writer& u64(std::uint64_t v) { return number(v, 8); }
    writer& text(std::string_view t) {
        out.insert(out.end(), t.begin(), t.end());
        return *this;
    }
    writer& pad() {
        while (out.size() % 4 != 0) out.push_back(0);
        return *this;
    }
    writer& add(const bytes& b) {
        out.insert(out.end(), b.begin(), b.end());
        return *this;
    }
    [[nodiscard]] bool big() const { return big_; }

private:
    bool big_;
};

struct pcap_shape {
    std::uint32_t magic = 0xa1b2c3d4;
    bool big = false;
    std::uint16_t minor = 4;
    bool swapped_lengths = false;
    int extra = 0; ///< further bytes of each record header
};

/// Two packets, "abc" of 5 bytes at 1.5 s and "defgh" at 2.25 s.
inline bytes pcap(const pcap_shape& s) {
    writer w(s.big);
    w.u32(s.magic).u16(2).u16(s.minor).u32(0).u32(0).u32(65535).u32(1);
    const std::uint64_t unit = s.magic == 0xa1b23c4d ? 1'000'000'000 : 1'000'000;
    const auto packet = [&](std::uint64_t sec, std::uint64_t fraction, std::string_view data,
                            std::uint64_t original) {
        w.u32(sec).u32(fraction);
        if (s.swapped_lengths)
            w.u32(original).u32(data.size());
        else
            w.u32(data.size()).u32(original);
        for (int i = 0; i < s.extra; ++i) w.number(0, 1);
        w.text(data);
    };
    packet(1, unit / 2, "abc", 5);
    packet(2, unit / 4, "defgh", 5);
    return w.out;
}

inline bytes block(bool big, std::uint32_t type, const bytes& body) {
    writer w(big);
    const bytes padded = writer(big).add(body).pad().out;
    w.u32(type).u32(12 + padded.size()).add(padded).u32(12 + padded.size());
    return w.out;
}

inline bytes option(bool big, std::uint16_t code, const bytes& value) {
    return writer(big).u16(code).u16(value.size()).add(value).pad().out;
}

inline bytes section(bool big, std::string_view comment = "") {
    writer w(big);
    w.u32(0x1a2b3c4d).u16(1).u16(0).u64(~std::uint64_t{0});
    if (!comment.empty()) w.add(option(big, 1, bytes(comment.begin(), comment.end()))).u32(0);
    return block(big, 0x0a0d0d0a, w.out);
}

inline bytes interface(bool big, std::uint16_t link, std::uint32_t snaplen, const bytes& options = {}) {
    return block(big, 1, writer(big).u16(link).u16(0).u32(snaplen).add(options).out);
}

inline bytes enhanced(bool big, std::uint32_t id, std::uint64_t ticks, std::string_view data,
                      std::uint32_t original, const bytes& options = {}) {
    return block(big, 6,
                 writer(big)
                     .u32(id)
                     .u32(ticks >> 32)
                     .u32(ticks & 0xffffffff)
                     .u32(data.size())
                     .u32(original)
                     .text(data)
                     .pad()
                     .add(options)
                     .out);
}

} // namespace weir::input::test
