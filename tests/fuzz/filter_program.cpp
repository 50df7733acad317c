// Two answers of a child that was taken over, checked and joined. What is read is sound, what is joined of
// two is sound, and it accepts no packet that the first refuses.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <pcap/pcap.h>
#include <string>

#include "capture-helper/filter_child.hpp"
#include "common/bytes.hpp"
#include "common/check.hpp"

using weir::capture_helper::program;

static const bpf_insn* instructions(const program& p) {
    const void* const code = p.data();
    return static_cast<const bpf_insn*>(code);
}

static bool runs(const program& p) { return bpf_validate(instructions(p), static_cast<int>(p.size())) != 0; }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weir;
    if (size < 2) return 0;
    const std::string all(common::as_text({data + 2, size - 2}));
    const std::size_t cut = std::min<std::size_t>(data[0] * sizeof(sock_filter), all.size());
    std::string complaint;
    program first = capture_helper::read_answer('p' + all.substr(0, cut), complaint);
    const program second = capture_helper::read_answer('p' + all.substr(cut), complaint);
    if (first.empty() || second.empty()) {
        common::check(!complaint.empty(), "what is refused is refused with a reason");
        return 0;
    }
    program zeroes; // the interpreter leaves scratch memory as it found it; the kernel refuses to read such
    for (std::uint32_t word = 0; word < BPF_MEMWORDS; ++word) zeroes.push_back(BPF_STMT(BPF_ST, word));
    first.insert(first.begin(), zeroes.begin(), zeroes.end());
    const program joined = capture_helper::join(first, second, 262'144);
    common::check(capture_helper::is_held(joined, joined, (data[1] & 1) != 0), "a program holds itself");
    if (joined.size() > BPF_MAXINSNS) return 0;
    common::check(capture_helper::is_sound(joined), "joined programs are sound");
    if (!runs(first) || !runs(second)) return 0; // divisions by zero and the like: the kernel sees to them
    common::check(runs(joined), "what libpcap runs, it runs joined");
    std::array<unsigned char, 64> packet{};
    for (std::size_t i = 0; i < packet.size(); ++i)
        packet[i] = static_cast<unsigned char>(data[i % size] + i);
    const auto accepts = [&](const program& p) {
        return bpf_filter(instructions(p), packet.data(), 64, 64) != 0;
    };
    common::check(!accepts(joined) || accepts(first), "nothing passes that the first refuses");
    return 0;
}
