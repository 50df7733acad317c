#include "flow/copies.hpp"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstring>
#include <vector>

#include "common/keyed_hash.hpp"

namespace weir::flow {

namespace {

struct sight {
    std::uint64_t fingerprint = 0;
    std::uint64_t place = 0;
    common::timestamp ts;
};

/// Blanks what a router changes. `head` is the beginning of an IP packet.
void blank_hops(std::span<std::uint8_t> head) noexcept {
    const unsigned version = head[0] >> 4;
    if (version == 4) head[8] = head[10] = head[11] = 0; // RFC 791 section 3.1: time to live, checksum
    if (version == 6) head[7] = 0;                       // RFC 8200 section 3: hop limit
}

std::uint64_t fingerprint(const common::keyed_hash& hash, common::bytes_view packet) noexcept {
    constexpr std::size_t most = copies::compared;
    std::array<std::uint8_t, most> bytes;
    std::array<std::uint64_t, most / 8 + 1> words;
    const std::size_t size = std::min(packet.size(), most), at_end = packet.size() > most ? most / 2 : 0;
    const auto first = common::slice(packet, 0, size - at_end);
    const auto last = common::slice(packet, packet.size() - at_end);
    std::copy(last.begin(), last.end(), std::copy(first.begin(), first.end(), bytes.begin()));
    blank_hops(bytes);
    const std::size_t full = (size + 7) / 8;
    words[full - 1] = 0;
    std::memcpy(words.data(), bytes.data(), size);
    words[full] = packet.size();
    return hash(std::span(words).first(full + 1));
}

} // namespace

/// The last packets, the oldest overwritten first, and where each lies.
struct copies::memory {
    explicit memory(const std::array<std::uint64_t, 2>& key)
        : hash(key) {}
    common::keyed_hash hash;
    std::vector<sight> last;
    boost::unordered_flat_map<std::uint64_t, std::size_t> index;
    std::size_t next = 0;

    void remember(const sight& s) {
        if (last.empty()) {
            last.resize(remembered);
            index.reserve(remembered);
        }
        sight& slot = last[next];
        if (const auto old = index.find(slot.fingerprint); old != index.end() && old->second == next)
            index.erase(old);
        slot = s;
        index[s.fingerprint] = next;
        next = (next + 1) % remembered;
    }
};

copies::copies(const std::array<std::uint64_t, 2>& hash_key)
    : memory_(std::make_unique<memory>(hash_key)) {}

copies::~copies() = default;

bool copies::is_copy(const protocol::packet& p, std::uint32_t interface, common::timestamp ts) {
    constexpr std::size_t shortest = 20; // an IPv4 header
    if (p.network.size() < shortest) return false;
    const std::uint64_t place = (p.ends.encapsulation + p.ends.tags) * 0x9e3779b97f4a7c15 +
                                (std::uint64_t{interface} << 32 | p.link_interface);
    const sight now{fingerprint(memory_->hash, p.network), place, ts};
    const auto known = memory_->index.find(now.fingerprint);
    if (known != memory_->index.end()) {
        const sight& first = memory_->last[known->second];
        const bool near = ts <= first.ts + window && first.ts <= ts + window;
        if (near && first.place != place) return true;
    }
    memory_->remember(now);
    return false;
}

} // namespace weir::flow
