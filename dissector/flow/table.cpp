#include "flow/table.hpp"

#include <algorithm>
#include <boost/unordered/unordered_flat_set.hpp>

#include "event/anomaly.hpp"

namespace weir::flow {

namespace {

/// Entries are found by their keys; the key lies in the entry only.
struct entry_hash {
    common::keyed_hash hash;
    using is_transparent = void;
    using is_avalanching = void; // unordered_flat_set need not mix the bits again
    [[nodiscard]] std::size_t operator()(const key& k) const noexcept { return k.hashed(hash); }
    [[nodiscard]] std::size_t operator()(const entry* e) const noexcept { return e->id().hashed(hash); }
};

struct entry_equal {
    using is_transparent = void;
    [[nodiscard]] bool operator()(const entry* a, const entry* b) const noexcept { return a == b; }
    [[nodiscard]] bool operator()(const key& a, const entry* b) const noexcept { return a == b->id(); }
    [[nodiscard]] bool operator()(const entry* a, const key& b) const noexcept { return a->id() == b; }
};

[[nodiscard]] bool before(const entry& a, const entry& b) noexcept {
    return std::pair(*a.deadline(), a.number()) < std::pair(*b.deadline(), b.number());
}

} // namespace

struct table::index {
    explicit index(const entry_hash& h)
        : set(64, h) {}
    boost::unordered_flat_set<entry*, entry_hash, entry_equal> set;
};

table::table(const limits& l, const std::array<std::uint64_t, 2>& hash_key)
    : index_(std::make_unique<index>(entry_hash{common::keyed_hash(hash_key)}))
    , patience_{l.linger, l.idle_transitory, l.idle_datagrams, l.idle_established} {}

table::~table() = default;

entry* table::find(const key& id) const noexcept {
    if (found_ != nullptr && found_->id_ == id) return found_;
    const auto found = index_->set.find(id);
    if (found == index_->set.end()) return nullptr;
    return found_ = *found;
}

entry* table::oldest_of_many(entry* youngest) noexcept {
    std::size_t count = 0;
    entry* oldest = nullptr;
    for (entry* e = youngest; e != nullptr; e = e->same_key_, ++count) oldest = e;
    return count >= most_of_one_key ? oldest : nullptr;
}

void table::insert(entry& e, entry* youngest, patience p, common::timestamp now) {
    e.same_key_ = youngest;
    if (youngest != nullptr) index_->set.erase(youngest);
    index_->set.insert(&e);
    found_ = &e;
    ++size_;
    append(e, p, now);
}

void table::remove(entry& e) noexcept {
    unlink(e);
    disarm(e);
    if (found_ == &e) found_ = nullptr;
    --size_;
    const auto found = index_->set.find(e.id());
    if (*found == &e) {
        index_->set.erase(found);
        if (e.same_key_ != nullptr) index_->set.insert(e.same_key_);
        return;
    }
    entry* younger = *found;
    while (younger->same_key_ != &e) younger = younger->same_key_;
    younger->same_key_ = e.same_key_;
}

void table::touch(entry& e, patience p, common::timestamp now) noexcept {
    if (e.listed_ == p && of(p).youngest == &e) {
        e.seen_ = now;
        return;
    }
    unlink(e);
    append(e, p, now);
}

void table::append(entry& e, patience p, common::timestamp now) noexcept {
    list& l = of(p);
    e.older_ = l.youngest;
    e.younger_ = nullptr;
    (l.youngest != nullptr ? l.youngest->younger_ : l.oldest) = &e;
    l.youngest = &e;
    e.listed_ = p;
    e.seen_ = now;
    nothing_before_ = std::min(nothing_before_, patience_ends(e));
}

void table::unlink(entry& e) noexcept {
    list& l = of(e.listed_);
    (e.older_ != nullptr ? e.older_->younger_ : l.oldest) = e.younger_;
    (e.younger_ != nullptr ? e.younger_->older_ : l.youngest) = e.older_;
}

void table::place(std::size_t at, entry& e) noexcept {
    heap_[at] = &e;
    e.armed_at_ = static_cast<std::uint32_t>(at);
}

/// Moves what is at `at` to where it belongs in the binary heap.
void table::sift(std::size_t at) noexcept {
    entry& e = *heap_[at];
    for (std::size_t up = (at - 1) / 2; at > 0 && before(e, *heap_[up]); up = (at - 1) / 2) {
        place(at, *heap_[up]);
        at = up;
    }
    for (std::size_t down = 2 * at + 1; down < heap_.size(); down = 2 * at + 1) {
        if (down + 1 < heap_.size() && before(*heap_[down + 1], *heap_[down])) ++down;
        if (!before(*heap_[down], e)) break;
        place(at, *heap_[down]);
        at = down;
    }
    place(at, e);
}

void table::disarm(entry& e) noexcept {
    if (e.armed_at_ == entry::not_armed) return;
    const std::size_t at = e.armed_at_;
    entry& last = *heap_.back();
    heap_.pop_back();
    e.armed_at_ = entry::not_armed;
    if (&last == &e) return;
    place(at, last);
    sift(at);
}

void table::arm(entry& e, std::optional<common::timestamp> at) {
    if (e.deadline() == at) return;
    disarm(e);
    if (!at) return;
    e.deadline_ = *at;
    heap_.push_back(&e);
    e.armed_at_ = static_cast<std::uint32_t>(heap_.size() - 1);
    sift(heap_.size() - 1);
    nothing_before_ = std::min(nothing_before_, *at);
}

std::optional<common::timestamp> table::take_due(common::timestamp now, std::vector<entry*>& out) {
    if (now < nothing_before_) return std::nullopt;
    nothing_before_ = {std::numeric_limits<std::int64_t>::max()};
    for (const list& l : lists_)
        if (l.oldest != nullptr) nothing_before_ = std::min(nothing_before_, patience_ends(*l.oldest));
    if (!heap_.empty()) nothing_before_ = std::min(nothing_before_, heap_.front()->deadline_);
    const common::timestamp due = nothing_before_;
    if (now < due) return std::nullopt;
    const std::size_t first = out.size();
    for (const list& l : lists_)
        for (entry* e = l.oldest; e != nullptr && patience_ends(*e) == due; e = e->younger_) out.push_back(e);
    const auto add_armed = [&](std::size_t at) {
        if (at < heap_.size() && heap_[at]->deadline_ == due) out.push_back(heap_[at]);
    };
    std::size_t next = out.size();
    add_armed(0);
    for (; next < out.size(); ++next) { // nothing below one that is due later is due now
        const std::size_t at = out[next]->armed_at_;
        add_armed(2 * at + 1);
        add_armed(2 * at + 2);
    }
    const auto begin = out.begin() + static_cast<std::ptrdiff_t>(first);
    std::sort(begin, out.end(), [](const entry* a, const entry* b) { return a->number() < b->number(); });
    out.erase(std::unique(begin, out.end()), out.end()); // due by both its patience and its deadline
    return due;
}

entry& table::idle_longest() const noexcept {
    entry* longest = lists_[static_cast<std::size_t>(patience::over)].oldest;
    for (const patience p : {patience::opening, patience::datagrams}) {
        if (longest != nullptr && longest->listed_ == patience::over) break;
        entry* const e = lists_[static_cast<std::size_t>(p)].oldest;
        if (longest == nullptr || (e != nullptr && e->seen_ < longest->seen_)) longest = e;
    }
    if (longest == nullptr) longest = lists_[static_cast<std::size_t>(patience::established)].oldest;
    common::check(longest != nullptr, "a table that is not empty has an oldest entry");
    return *longest;
}

std::vector<entry*> table::all() const {
    std::vector<entry*> out;
    out.reserve(size_);
    for (entry* e : index_->set)
        for (; e != nullptr; e = e->same_key_) out.push_back(e);
    std::sort(out.begin(), out.end(),
              [](const entry* a, const entry* b) { return a->number() < b->number(); });
    return out;
}

} // namespace weir::flow
