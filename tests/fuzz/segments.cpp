// Any script of segments, played as it is and with its segments split in two: whatever the flags, numbers and
// times, both are the same connections with the same streams. Bytes of a stream follow from their sequence
// numbers, so that no two copies differ. What comes once two connections with the same ends are open is
// played and not compared: there the number of each segment says whose it is, and the halves of one have two.
// Must not need more than the flows, and must end.
#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/check.hpp"
#include "tests/flow/script.hpp"

namespace {

using namespace weir;
using namespace weir::flow::test;

/// Reads a script: integers where there are bytes left, zeros behind them.
class source {
public:
    explicit source(common::bytes_view b) noexcept
        : rest_(b) {}
    [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }
    std::uint32_t byte() noexcept {
        if (rest_.empty()) return 0;
        const std::uint32_t b = rest_.front();
        rest_ = rest_.subspan(1);
        return b;
    }
    std::uint32_t word() noexcept {
        std::uint32_t w = byte() << 24;
        w |= byte() << 16;
        w |= byte() << 8;
        return w | byte();
    }

private:
    common::bytes_view rest_;
};

struct timed {
    segment what;
    std::int64_t wait = 0; ///< milliseconds before it
    std::size_t cut = 0;   ///< where the split form cuts it; 0 is nowhere
};

std::string content(bool from_client, std::uint32_t seq, std::uint32_t length) {
    std::string text;
    for (std::uint32_t i = 0; i < length; ++i)
        text += static_cast<char>('a' + ((seq + i) * 2654435761u + (from_client ? 7 : 0)) % 26);
    return text;
}

/// Each segment goes on where its side is, unless the script says otherwise.
std::vector<timed> read(source from) {
    constexpr std::size_t most = 300;
    std::vector<timed> all;
    std::array<std::uint32_t, 2> next{};
    while (!from.empty() && all.size() < most) {
        const std::uint32_t how = from.byte(), what = from.byte(), length = from.byte() % 64;
        const bool by_client = (how & 1) != 0;
        std::uint32_t& own = next[by_client ? 0 : 1];
        const std::uint32_t other = next[by_client ? 1 : 0];
        timed t;
        t.what.from_client = by_client;
        t.what.flags = static_cast<std::uint16_t>(what & 0x3f);
        t.what.window = (what & 0x40) != 0 ? std::uint16_t{0} : std::uint16_t{1000};
        t.what.seq = own;
        t.what.ack = other;
        switch (how >> 1 & 7) {
        case 1:
            t.what.seq -= from.byte();
            break;
        case 2:
            t.what.seq += from.byte();
            break;
        case 3:
            t.what.seq = from.word();
            break;
        case 4:
            t.what.ack -= from.byte();
            break;
        case 5:
            t.what.ack += from.byte();
            break;
        case 6:
            t.what.ack = from.word();
            break;
        default:
            break;
        }
        if ((how & 0x10) != 0) t.wait = static_cast<std::int64_t>(from.byte()) * 40;
        const bool has_syn = (what & flow::test::flag::syn) != 0;
        if ((how & 0x20) != 0) t.what.payload = content(by_client, t.what.seq + (has_syn ? 1 : 0), length);
        if (!has_syn && (what & flow::test::flag::rst) == 0 && t.what.payload.size() > 1)
            t.cut = 1 + from.byte() % (t.what.payload.size() - 1);
        const auto used = static_cast<std::uint32_t>(t.what.payload.size()) + (has_syn ? 1 : 0) +
                          ((what & flow::test::flag::fin) != 0 ? 1 : 0);
        if ((how & 0x40) == 0) own = t.what.seq + used;
        all.push_back(t);
    }
    return all;
}

/// Every stream that a session heard, a line each.
std::string heard(const wire& w) {
    std::string out;
    for (const auto& session : w.sessions.all) {
        for (const std::string& stream : session->streams) {
            const std::size_t end = stream.find('|');
            common::check(end == std::string::npos || end + 1 == stream.size(), "nothing follows an end");
            // a hole is as long as it was, wherever it was given up; the longest are not written out
            out += stream.size() < 4096 && stream.find("00000") == std::string::npos ? stream : "long";
            out += '\n';
        }
    }
    return out;
}

/// What is heard of the script, until there are two connections.
std::string told(const std::vector<timed>& all, std::uint32_t numbers, bool split) {
    wire w({}, numbers, 0u - numbers);
    std::optional<std::string> before_rivals;
    for (const timed& t : all) {
        if (t.wait > 0) w.wait(t.wait);
        segment s = t.what;
        if (split && t.cut > 0) {
            segment first = s;
            first.payload.resize(t.cut);
            first.flags &= static_cast<std::uint16_t>(~flow::test::flag::fin);
            w.play(first);
            w.now.since_epoch -= 1'000'000; // at the same time
            s.payload.erase(0, t.cut);
            s.seq += static_cast<std::uint32_t>(t.cut);
        }
        w.play(s);
        if (!before_rivals && w.flows.connections().open > 1) before_rivals = heard(w);
    }
    w.flows.close_all(w.now);
    common::check(w.flows.connections().open == 0, "all are closed");
    for (const auto& session : w.sessions.all)
        common::check(!session->closed.empty(), "every session hears of its end");
    const std::string at_end = heard(w);
    return before_rivals ? *before_rivals : at_end;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    source from({data, size});
    constexpr std::array<std::uint32_t, 4> numbers{0, 20, 0x80000000u, 0xffffffc0u};
    const std::uint32_t start = numbers[from.byte() % numbers.size()];
    const std::vector<timed> all = read(from);
    common::check(told(all, start, false) == told(all, start, true), "split, the streams are the same");
    return 0;
}
