// Two filters joined as programs accept what both accept, and nothing that the first refuses, whatever the
// second is: shown over pairs of what libpcap makes, by libpcap's interpreter and by the kernel itself.
#include <cstring>
#include <gtest/gtest.h>
#include <pcap/pcap.h>
#include <random>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include "capture-helper/filter_program.hpp"

namespace weir::capture_helper {
namespace {

constexpr std::uint32_t snaplen = 262'144;
using bytes = std::vector<unsigned char>;

/// libpcap's program, or none where the text is wrong on this link.
program compiled(pcap_t* link, const std::string& text, bool optimised = true) {
    bpf_program made{};
    if (pcap_compile(link, &made, text.c_str(), optimised ? 1 : 0, PCAP_NETMASK_UNKNOWN) != 0) return {};
    program p(made.bf_len);
    std::memcpy(p.data(), made.bf_insns, p.size() * sizeof p[0]);
    pcap_freecode(&made);
    return p;
}

struct handle {
    explicit handle(int link)
        : pcap(pcap_open_dead(link, snaplen)) {}
    handle(const handle&) = delete;
    ~handle() { pcap_close(pcap); }
    pcap_t* pcap;
};

bool run(const program& p, const bytes& packet) {
    const void* const code = p.data();
    const auto size = static_cast<unsigned>(packet.size());
    return bpf_filter(static_cast<const bpf_insn*>(code), packet.data(), size, size) != 0;
}

/// A socket on which the kernel runs a program.
class kernel_filter {
public:
    kernel_filter() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM, 0, ends_), 0); }
    kernel_filter(const kernel_filter&) = delete;
    ~kernel_filter() {
        for (const int fd : ends_) ::close(fd);
    }

    /// 0, or the errno of the refusal.
    int attach(program p) {
        const sock_fprog whole{static_cast<unsigned short>(p.size()), p.data()};
        return ::setsockopt(ends_[1], SOL_SOCKET, SO_ATTACH_FILTER, &whole, sizeof whole) == 0 ? 0 : errno;
    }

    bool run(const bytes& packet) {
        bytes got(packet.size());
        EXPECT_EQ(::send(ends_[0], packet.data(), packet.size(), 0), static_cast<ssize_t>(packet.size()));
        return ::recv(ends_[1], got.data(), got.size(), MSG_DONTWAIT) > 0;
    }

private:
    int ends_[2] = {-1, -1};
};

using random = std::mt19937;

std::uint32_t below(random& r, std::uint32_t n) { return static_cast<std::uint32_t>(r() % n); }

void put16(bytes& b, unsigned v) {
    b.insert(b.end(), {static_cast<unsigned char>(v >> 8), static_cast<unsigned char>(v)});
}

/// Few values, so that filters and packets meet.
void put_address(bytes& b, random& r, bool six) {
    b.insert(b.end(), six ? 15 : 3, six ? 0 : 10);
    b.push_back(static_cast<unsigned char>(1 + below(r, 3)));
}

void put_transport(bytes& b, random& r, unsigned protocol, int depth);
void put_network(bytes& b, random& r, unsigned type, int depth);

void put_ethernet(bytes& b, random& r, int depth) {
    for (int i = 0; i < 12; ++i) b.push_back(static_cast<unsigned char>(below(r, 3)));
    constexpr unsigned types[] = {0x0800, 0x0800, 0x86dd, 0x8100, 0x8100, 0x88a8, 0x8847, 0x8864, 0x0806};
    put_network(b, r, types[below(r, std::size(types))], depth);
}

void put_network(bytes& b, random& r, unsigned type, int depth) {
    constexpr unsigned transports[] = {6, 17, 17, 1, 132, 47, 4, 41};
    constexpr unsigned headers[] = {0, 43, 44, 60, 51, 6, 17, 58};
    put16(b, type);
    if (depth > 4) return;
    if (type == 0x0800) {
        const unsigned words = 5 + (below(r, 4) == 0 ? below(r, 3) : 0), protocol = transports[below(r, 8)];
        b.insert(b.end(), {static_cast<unsigned char>(0x40 | words), 0, 0, 60, 0, 1});
        put16(b, below(r, 5) == 0 ? 0x2000 | below(r, 3) : 0);
        b.insert(b.end(), {64, static_cast<unsigned char>(protocol), 0, 0});
        put_address(b, r, false);
        put_address(b, r, false);
        b.resize(b.size() + 4 * (words - 5));
        put_transport(b, r, protocol, depth);
    } else if (type == 0x86dd) {
        unsigned next = headers[below(r, 8)];
        b.insert(b.end(), {0x60, 0, 0, 0, 0, 40, static_cast<unsigned char>(next), 64});
        put_address(b, r, true);
        put_address(b, r, true);
        for (int i = 0; i < 3 && next != 6 && next != 17 && next != 58; ++i) {
            next = headers[below(r, 8)];
            b.insert(b.end(), {static_cast<unsigned char>(next), 0, 0, 0, 0, 0, 0, 0});
        }
        put_transport(b, r, next, depth);
    } else if (type == 0x8100 || type == 0x88a8) {
        put16(b, 9 + below(r, 3));
        constexpr unsigned inner[] = {0x0800, 0x0800, 0x86dd, 0x8100, 0x8847};
        put_network(b, r, inner[below(r, 5)], depth + 1);
    } else if (type == 0x8847) {
        b.insert(b.end(), {0, static_cast<unsigned char>(below(r, 3) << 4 | 1),
                           static_cast<unsigned char>(below(r, 2)), 64});
        bytes inside;
        put_network(inside, r, 0x0800, depth + 1);
        b.insert(b.end(), inside.begin() + 2, inside.end());
    } else if (type == 0x8864) {
        b.insert(b.end(), {0x11, 0, 0, static_cast<unsigned char>(below(r, 3)), 0, 60, 0, 0x21});
        bytes inside;
        put_network(inside, r, 0x0800, depth + 1);
        b.insert(b.end(), inside.begin() + 2, inside.end());
    }
}

void put_transport(bytes& b, random& r, unsigned protocol, int depth) {
    constexpr unsigned ports[] = {80, 443, 53, 6081};
    put16(b, ports[below(r, 4)]);
    put16(b, ports[below(r, 4)]);
    if (protocol == 6) {
        b.resize(b.size() + 8);
        b.insert(b.end(), {0x50, static_cast<unsigned char>(below(r, 64)), 1, 0, 0, 0, 0, 0});
    } else {
        b.insert(b.end(), {0, 60, 0, 0});
    }
    if (protocol == 17 && depth < 2) { // Geneve
        b.insert(b.end(), {0, 0, 0x65, 0x58, 0, 0, static_cast<unsigned char>(below(r, 3)), 0});
        put_ethernet(b, r, depth + 2);
    }
    for (unsigned i = below(r, 40); i > 0; --i) b.push_back(static_cast<unsigned char>(r()));
}

bytes some_packet(random& r) {
    bytes b;
    put_ethernet(b, r, 0);
    if (below(r, 4) == 0) b.resize(1 + below(r, static_cast<std::uint32_t>(b.size())));
    return b;
}

std::string some_filter(random& r, int depth = 0) {
    static const char* const plain[] = {"ip",
                                        "ip6",
                                        "arp",
                                        "tcp",
                                        "udp",
                                        "icmp",
                                        "icmp6",
                                        "sctp",
                                        "host 10.10.10.1",
                                        "src host 10.10.10.2",
                                        "dst net 10.10.0.0/16",
                                        "host ::1",
                                        "src net ::/64",
                                        "port 80",
                                        "src port 443",
                                        "udp port 53",
                                        "portrange 50-90",
                                        "tcp[tcpflags] & (tcp-syn|tcp-ack) != 0",
                                        "ip[6:2] & 0x1fff = 0",
                                        "ip[0] & 0xf > 5",
                                        "less 90",
                                        "greater 60",
                                        "len - 14 > ip[2:2]",
                                        "ip6[6] = 17",
                                        "ether[0] & 1 = 0",
                                        "ether proto 0x0800",
                                        "ether src 00:01:02:00:01:02",
                                        "ip proto 47",
                                        "ip6 proto 58",
                                        "tcp[(tcp[12] >> 4) * 4] > 100",
                                        "udp[4:2] + ip[2:2] * 2 > len / 3",
                                        "ip broadcast or multicast",
                                        "ip multicast",
                                        "ip[(ip[0] & 0xf) * 4 + 2:2] = 80",
                                        "link[0] != 0 or ip[8] < 65",
                                        "icmp[icmptype] = icmp-echo"};
    static const char* const deep[] = {"vlan",   "vlan 10",  "vlan 9", "mpls",    "mpls 16",
                                       "pppoes", "pppoes 1", "geneve", "geneve 1"};
    switch (below(r, depth > 2 ? 1 : 6)) {
    case 0:
    case 1:
        return plain[below(r, std::size(plain))];
    case 2:
        return std::string(deep[below(r, std::size(deep))]) + " and " + some_filter(r, depth + 1);
    case 3:
        return "not (" + some_filter(r, depth + 1) + ")";
    default:
        return "(" + some_filter(r, depth + 1) + (below(r, 2) == 0 ? ") and (" : ") or (") +
               some_filter(r, depth + 1) + ")";
    }
}

class JoinedFilters : public testing::Test {
protected:
    JoinedFilters() {
        for (int i = 0; i < 600; ++i) packets.push_back(some_packet(dice));
    }

    random dice{4711};
    handle ethernet{DLT_EN10MB};
    std::vector<bytes> packets;
};

TEST_F(JoinedFilters, AcceptWhatBothAccept) {
    constexpr std::size_t many = 200; // and as many squared pairs
    std::vector<program> pool;
    std::vector<kernel_filter> alone(many);
    while (pool.size() < many)
        if (program p = compiled(ethernet.pcap, some_filter(dice), pool.size() % 2 == 0);
            !p.empty() && alone[pool.size()].attach(p) == 0) {
            ASSERT_TRUE(is_sound(p));
            pool.push_back(std::move(p));
        }
    kernel_filter both;
    std::size_t pairs = 0, accepted = 0, too_long = 0;
    for (std::size_t m = 0; m < many; ++m)
        for (std::size_t o = 0; o < many; ++o) {
            const program joined = join(pool[m], pool[o], snaplen);
            ASSERT_TRUE(is_sound(joined));
            for (int i = 0; i < 8; ++i) {
                const bytes& packet = packets[below(dice, 600)];
                const bool one = run(pool[m], packet), other = run(pool[o], packet);
                ASSERT_EQ(run(joined, packet), one && other) << m << ' ' << o;
                accepted += one && other;
            }
            const int refused = both.attach(joined);
            ASSERT_TRUE(refused == 0 || refused == ENOMEM) << std::strerror(refused);
            too_long += refused != 0;
            for (int i = 0; i < 2 && refused == 0; ++i) {
                const bytes& packet = packets[below(dice, 600)];
                ASSERT_EQ(both.run(packet), alone[m].run(packet) && alone[o].run(packet)) << m << ' ' << o;
            }
            ++pairs;
        }
    EXPECT_EQ(pairs, 40'000U);
    EXPECT_GT(accepted, 8'000U) << "filters and packets do not meet";
    EXPECT_LT(too_long, pairs / 100);
}

TEST_F(JoinedFilters, NeverAcceptWhatTheFirstRefuses) {
    const program first = compiled(ethernet.pcap, "vlan 10 or ip6 or arp or src host 10.10.10.1");
    const program model =
        compiled(ethernet.pcap, "udp[4:2] + ip[2:2] * 2 > len / 3 or tcp[(tcp[12] >> 4) * 4] > 9", false);
    ASSERT_FALSE(first.empty() || model.empty());
    kernel_filter alone, both, second;
    ASSERT_EQ(alone.attach(first), 0);
    int run_by_kernel = 0, refused_by_both = 0, accepted = 0;
    for (int round = 0; round < 20'000; ++round) { // whatever a child that was taken over may answer
        program hostile = model;
        for (std::uint32_t edits = 1 + below(dice, 4); edits > 0; --edits) {
            sock_filter& i = hostile[below(dice, static_cast<std::uint32_t>(hostile.size()))];
            switch (below(dice, 4)) {
            case 0:
                i.code = static_cast<std::uint16_t>(below(dice, 8) == 0 ? dice() : below(dice, 0xc0));
                break;
            case 1:
                i.k = below(dice, 2) == 0 ? below(dice, ~0U) : below(dice, 40);
                break;
            case 2:
                i.jt = static_cast<std::uint8_t>(below(dice, 30));
                break;
            default:
                i.jf = static_cast<std::uint8_t>(below(dice, 30));
            }
        }
        const bool sound = is_sound(hostile), kernel_takes = second.attach(hostile) == 0;
        const program joined = join(first, hostile, snaplen);
        if (!sound || both.attach(joined) != 0) {
            refused_by_both += !kernel_takes;
            continue;
        }
        // the joint makes scratch memory readable, which alone the kernel refuses: it is zero
        ++run_by_kernel;
        for (int i = 0; i < 4; ++i) {
            const bytes& packet = packets[below(dice, 600)];
            const bool passes = both.run(packet);
            accepted += passes;
            ASSERT_TRUE(!passes || alone.run(packet));
        }
    }
    EXPECT_GT(run_by_kernel, 2'000);
    EXPECT_GT(refused_by_both, 2'000);
    EXPECT_GT(accepted, 20);
}

TEST_F(JoinedFilters, LeaveNoTraceOfTheFirstToTheSecond) {
    // accepts only where A, X and all of M are zero; the first leaves none of them so
    program first, second;
    for (std::uint32_t word = 0; word < BPF_MEMWORDS; ++word) {
        first.insert(first.end(), {BPF_STMT(BPF_LD | BPF_IMM, 7), BPF_STMT(BPF_ST, word)});
        second.insert(second.end(), {BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
                                     BPF_STMT(BPF_RET | BPF_K, 0), BPF_STMT(BPF_LD | BPF_MEM, word)});
    }
    first.insert(first.end(), {BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_STMT(BPF_RET | BPF_K, 1)});
    second.insert(second.end(),
                  {BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), BPF_STMT(BPF_RET | BPF_K, 0),
                   BPF_STMT(BPF_MISC | BPF_TXA, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
                   BPF_STMT(BPF_RET | BPF_K, 1), BPF_STMT(BPF_RET | BPF_K, 0)});
    kernel_filter both;
    ASSERT_EQ(both.attach(join(first, second, snaplen)), 0);
    EXPECT_TRUE(both.run(packets[0]));
    EXPECT_TRUE(run(join(first, second, snaplen), packets[0]));
}

// What the review found: libpcap's own text join lets this packet through.
TEST_F(JoinedFilters, HoldTheTaggedFrameThatATextJoinLetThrough) {
    const program mandatory = compiled(ethernet.pcap, "vlan 10 and host 10.0.0.1");
    const program own = compiled(ethernet.pcap, "not geneve");
    const bytes tagged_twice = {2,  0, 0,  0, 0,  1,    2, 0, 0,  0,  0, 2,  0x81, 0,  0,  10, 0x81,
                                0,  0, 20, 8, 0,  0x45, 0, 0, 28, 0,  1, 0,  0,    64, 17, 0,  0,
                                10, 0, 0,  1, 10, 0,    0, 2, 0,  80, 0, 90, 0,    8,  0,  0};
    ASSERT_FALSE(run(mandatory, tagged_twice));
    EXPECT_FALSE(run(join(mandatory, own, snaplen), tagged_twice));
}

TEST(FilterProgram, CutsAtOneLength) {
    const handle short_link(DLT_EN10MB);
    for (const sock_filter& i :
         join(compiled(short_link.pcap, "ip"), compiled(short_link.pcap, "tcp or udp"), 128))
        EXPECT_TRUE(i.code != (BPF_RET | BPF_K) || i.k == 0 || i.k == 128) << i.k;
    EXPECT_EQ(join(compiled(short_link.pcap, "ip"), {}, 128).size(), compiled(short_link.pcap, "ip").size());
    EXPECT_EQ(join({}, compiled(short_link.pcap, "ip"), 128).size(), compiled(short_link.pcap, "ip").size());
    EXPECT_TRUE(join({}, {}, 128).empty());
}

TEST(FilterProgram, JumpsForwardAndInside) {
    const sock_filter end = BPF_STMT(BPF_RET | BPF_K, 1);
    EXPECT_FALSE(is_sound({}));
    EXPECT_TRUE(is_sound({end}));
    EXPECT_FALSE(is_sound({BPF_STMT(BPF_RET | BPF_A, 0)})) << "what it returns is not known";
    EXPECT_FALSE(is_sound({BPF_STMT(BPF_LD | BPF_IMM, 0)})) << "its end is no return";
    EXPECT_TRUE(is_sound({BPF_STMT(BPF_JMP | BPF_JA, 0), end}));
    EXPECT_FALSE(is_sound({BPF_STMT(BPF_JMP | BPF_JA, 1), end}));
    EXPECT_FALSE(is_sound({BPF_STMT(BPF_JMP | BPF_JA, ~0U), end})) << "backwards, as protochain does";
    EXPECT_TRUE(is_sound({BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), end, end}));
    EXPECT_FALSE(is_sound({BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, 0), end, end}));
    EXPECT_FALSE(is_sound({BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2), end, end}));
    EXPECT_TRUE(is_sound(program(BPF_MAXINSNS, end)));
    EXPECT_FALSE(is_sound(program(BPF_MAXINSNS + 1, end)));
    const handle link(DLT_EN10MB);
    const program chain = compiled(link.pcap, "ip6 protochain 6", false);
    ASSERT_FALSE(chain.empty());
    EXPECT_FALSE(is_sound(chain));
    EXPECT_EQ(kernel_filter().attach(chain), EINVAL);
}

TEST(FilterProgram, KnowsTheOpcodesThatTheKernelKnows) {
    kernel_filter kernel;
    for (std::uint32_t code = 0; code <= 0xffff; ++code) {
        const bool jumps = BPF_CLASS(code) == BPF_JMP;
        program p = {BPF_STMT(BPF_LD | BPF_IMM, 0),
                     BPF_STMT(BPF_ST, 1),
                     BPF_STMT(BPF_LDX | BPF_IMM, 1),
                     {static_cast<std::uint16_t>(code), 0, 0, jumps ? 0U : 1U},
                     BPF_STMT(BPF_RET | BPF_K, 1)};
        if (code == (BPF_RET | BPF_A)) continue; // which the kernel takes
        ASSERT_EQ(is_sound(p), kernel.attach(p) == 0) << std::hex << code;
    }
}

TEST(FilterProgram, IsHeldWhenTheKernelReadsTheSameBack) {
    const handle link(DLT_LINUX_SLL);
    const program asked = compiled(link.pcap, "tcp port 80 and ip[8] > 3");
    ASSERT_FALSE(asked.empty());
    EXPECT_TRUE(is_held(asked, asked, false));
    EXPECT_FALSE(is_held(asked, {}, true)) << "libpcap filters by itself";
    EXPECT_FALSE(is_held(asked, {BPF_STMT(BPF_RET | BPF_K, 0)}, true)) << "the one that libpcap drains with";
    for (std::size_t i = 0; i < asked.size(); ++i) {
        program held = asked;
        held[i].k += 1;
        const bool loads = BPF_CLASS(held[i].code) <= BPF_LDX && BPF_MODE(held[i].code) != BPF_IMM;
        EXPECT_EQ(is_held(asked, held, true), loads) << i;
        EXPECT_FALSE(is_held(asked, held, false));
        held = asked;
        held[i].jf += 1;
        EXPECT_FALSE(is_held(asked, held, true));
        held = asked;
        held[i].code ^= 0x10;
        EXPECT_FALSE(is_held(asked, held, true));
    }
}

} // namespace
} // namespace weir::capture_helper
