#include "capture-helper/filter_program.hpp"

#include <algorithm>

namespace weir::capture_helper {

static bool is_known(unsigned code) noexcept {
    const unsigned mode = BPF_MODE(code), operation = BPF_OP(code);
    const bool keeps = mode == BPF_IMM || mode == BPF_MEM || mode == BPF_LEN; // no byte of the packet
    switch (code & ~unsigned{BPF_MODE(~0U) | BPF_SIZE(~0U)}) {
    case BPF_LD:
        return mode == BPF_ABS || mode == BPF_IND ? BPF_SIZE(code) <= BPF_B
                                                  : BPF_SIZE(code) == BPF_W && keeps;
    case BPF_LDX:
        return code == (BPF_LDX | BPF_B | BPF_MSH) || (BPF_SIZE(code) == BPF_W && keeps);
    case BPF_ALU:
        return operation <= BPF_XOR && code != (BPF_ALU | BPF_NEG | BPF_X);
    case BPF_JMP:
        return operation <= BPF_JSET && code != (BPF_JMP | BPF_JA | BPF_X);
    default:
        return code == BPF_ST || code == BPF_STX || code == (BPF_RET | BPF_K) ||
               code == (BPF_MISC | BPF_TAX) || code == (BPF_MISC | BPF_TXA);
    }
}

static bool accepts(const sock_filter& i) noexcept { return i.code == (BPF_RET | BPF_K) && i.k != 0; }

bool is_sound(const program& p) noexcept {
    if (p.empty() || p.size() > BPF_MAXINSNS || p.back().code != (BPF_RET | BPF_K)) return false;
    for (std::size_t i = 0; i < p.size(); ++i) {
        const std::size_t behind = p.size() - i - 1; // instructions
        const bool jumps = BPF_CLASS(p[i].code) == BPF_JMP;
        const std::size_t farthest = !jumps                            ? 0
                                     : p[i].code == (BPF_JMP | BPF_JA) ? p[i].k
                                                                       : std::max(p[i].jt, p[i].jf);
        if (!is_known(p[i].code) || (jumps && farthest >= behind)) return false;
    }
    return true;
}

program join(const program& mandatory, const program& own, std::uint32_t snaplen) {
    program out = mandatory;
    if (!mandatory.empty() && !own.empty()) {
        for (std::size_t i = 0; i < mandatory.size(); ++i)
            if (accepts(out[i])) // goes on at the joint
                out[i] = BPF_STMT(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(mandatory.size() - i - 1));
        out.push_back(BPF_STMT(BPF_LD | BPF_IMM, 0));
        for (std::uint32_t word = 0; word < BPF_MEMWORDS; ++word) out.push_back(BPF_STMT(BPF_ST, word));
        out.push_back(BPF_STMT(BPF_MISC | BPF_TAX, 0));
    }
    out.insert(out.end(), own.begin(), own.end());
    for (sock_filter& i : out)
        if (accepts(i)) i.k = snaplen;
    return out;
}

bool is_held(const program& asked, const program& held, bool cooked) noexcept {
    return std::equal(asked.begin(), asked.end(), held.begin(), held.end(),
                      [=](const sock_filter& a, const sock_filter& h) {
                          const unsigned mode = BPF_MODE(a.code), kind = BPF_CLASS(a.code);
                          const bool from_packet = (kind == BPF_LD || kind == BPF_LDX) &&
                                                   (mode == BPF_ABS || mode == BPF_IND || mode == BPF_MSH);
                          return a.code == h.code && a.jt == h.jt && a.jf == h.jf &&
                                 (a.k == h.k || (cooked && from_packet));
                      });
}

} // namespace weir::capture_helper
