#include "flow/fragments.hpp"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstring>

#include "common/keyed_hash.hpp"

namespace weir::flow {

namespace {

using fragment_key = std::array<std::uint64_t, 6>;

struct key_hash {
    common::keyed_hash hash;
    using is_avalanching = void;
    [[nodiscard]] std::size_t operator()(const fragment_key& k) const noexcept { return hash(k); }
};

constexpr std::uint32_t longest = 65'535; // bytes of an IP packet
constexpr std::size_t spare_packets = 16;

/// RFC 791 section 3.2 counts the protocol in, RFC 8200 section 4.5 does not.
fragment_key key_of(const protocol::packet& p) noexcept {
    const std::uint64_t number = p.ends.src.version == 4 ? p.fragment->number : 0;
    fragment_key k{};
    std::memcpy(k.data(), p.ends.src.bytes.data(), 16);
    std::memcpy(k.data() + 2, p.ends.dst.bytes.data(), 16);
    k[4] = std::uint64_t{p.fragment->id} << 16 | number << 8 | p.ends.src.version;
    k[5] = p.ends.encapsulation;
    return k;
}

} // namespace

struct fragments::index {
    explicit index(const std::array<std::uint64_t, 2>& key)
        : map(0, key_hash{common::keyed_hash(key)}) {}
    boost::unordered_flat_map<fragment_key, assemblies::iterator, key_hash> map;
};

fragments::fragments(const limits& l, const std::array<std::uint64_t, 2>& hash_key)
    : most_packets_(l.fragmented_packets)
    , most_bytes_(l.fragment_bytes)
    , patience_(l.fragment_patience)
    , index_(std::make_unique<index>(hash_key)) {}

fragments::~fragments() = default;

void fragments::give_up(assemblies::iterator which) {
    bytes_ -= which->bytes.size();
    index_->map.erase(which->key);
    if (spare_.size() < spare_packets)
        spare_.splice(spare_.end(), held_, which);
    else
        held_.erase(which);
}

void fragments::drop_old(common::timestamp now) {
    while (!held_.empty() && held_.front().since + patience_ < now) give_up(held_.begin());
}

fragments::assembly& fragments::assembly_of(const protocol::packet& p, common::timestamp now) {
    const fragment_key key = key_of(p);
    const auto known = index_->map.find(key);
    if (known != index_->map.end()) return *known->second;
    if (spare_.empty()) spare_.emplace_back();
    held_.splice(held_.end(), spare_, spare_.begin());
    assembly& a = held_.back();
    a.key = key;
    a.since = now;
    a.bytes.clear();
    a.seen.clear();
    a.length.reset();
    a.cut_at = longest;
    a.packets = 0;
    index_->map[key] = std::prev(held_.end());
    return a;
}

std::optional<protocol::problem> fragments::add(assembly& a, const protocol::ip_fragment_part& f) {
    using protocol::problem;
    const std::uint32_t end = f.offset + f.length;
    if (end > longest) return problem{"ip.fragment_too_long", "ip", 0, "end", end, "is above", longest};
    if (f.length == 0 || (!f.is_last && f.length % 8 != 0))
        return problem{"ip.fragment_bad_length", "ip", 0, "length", f.length, "is no multiple of", 8};
    const std::uint32_t furthest = a.seen.empty() ? 0 : a.seen.back().to;
    if (a.length ? end > *a.length || (f.is_last && end != *a.length) : f.is_last && end < furthest)
        return problem{"ip.fragment_beyond_end",   "ip", 0, "end", end, "contradicts",
                       a.length.value_or(furthest)};
    if (f.is_last) a.length = end;
    if (f.offset == 0) a.ip_number = f.number;
    if (f.data.size() < f.length)
        a.cut_at = std::min(a.cut_at, f.offset + static_cast<std::uint32_t>(f.data.size()));

    if (a.bytes.size() < end) {
        bytes_ += end - a.bytes.size();
        a.bytes.resize(end);
    }
    std::uint32_t differing = 0;
    std::uint32_t from = f.offset;
    const auto captured = [&](std::uint32_t at) { return at - f.offset < f.data.size(); };
    const auto copy = [&](std::uint32_t to) {
        for (; from < to; ++from)
            if (captured(from)) a.bytes[from] = f.data[from - f.offset];
    };
    range joined{f.offset, end};
    auto first = std::find_if(a.seen.begin(), a.seen.end(), [&](const range& r) { return r.to >= f.offset; });
    auto last = first;
    for (; last != a.seen.end() && last->from <= end; ++last) {
        copy(std::min(end, last->from));
        for (; from < std::min(end, last->to); ++from)
            differing += captured(from) && from < a.cut_at && a.bytes[from] != f.data[from - f.offset];
        joined = {std::min(joined.from, last->from), std::max(joined.to, last->to)};
    }
    copy(end);
    a.seen.insert(a.seen.erase(first, last), joined);
    if (differing == 0) return std::nullopt;
    return problem{"ip.fragment_overlap", "ip",    0, "differing bytes", differing,
                   "in the fragment at",  f.offset};
}

fragments::outcome fragments::take(const protocol::packet& p, common::timestamp now, std::uint64_t packets) {
    outcome out;
    drop_old(now);
    assembly& a = assembly_of(p, now);
    out.wrong = add(a, *p.fragment);
    a.packets += packets;
    // not before add(): the fragment may lie in it
    if (!finished_.empty()) spare_.splice(spare_.end(), finished_);
    if (spare_.size() > spare_packets) spare_.pop_back();
    const bool is_whole =
        a.length && a.seen.size() == 1 && a.seen.front().from == 0 && a.seen.front().to == *a.length;
    if (is_whole) {
        const auto at = index_->map.find(a.key)->second;
        index_->map.erase(a.key);
        bytes_ -= a.bytes.size();
        finished_.splice(finished_.end(), held_, at);
        out.made = {a.ip_number, common::bytes_view(a.bytes).first(std::min(a.cut_at, *a.length)), *a.length,
                    a.packets};
        return out;
    }
    while (held_.size() > most_packets_ || bytes_ > most_bytes_) {
        if (held_.size() > most_packets_)
            out.wrong = protocol::problem{
                "ip.fragment_limit", "ip", 0, "incomplete packets", held_.size(), "is above", most_packets_};
        else
            out.wrong = protocol::problem{"ip.fragment_limit", "ip",       0, "bytes held", bytes_,
                                          "is above",          most_bytes_};
        give_up(held_.begin());
    }
    return out;
}

} // namespace weir::flow
