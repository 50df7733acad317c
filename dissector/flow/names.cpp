#include "flow/names.hpp"

#include <boost/unordered/unordered_flat_set.hpp>
#include <deque>
#include <string>
#include <vector>

#include "common/bytes.hpp"
#include "common/keyed_hash.hpp"

namespace weir::flow {

struct names::shared_name {
    std::string text;
    std::size_t holders = 0;
    std::vector<shared_name*>* free = nullptr; ///< where it goes when nobody holds it
};

names::held::held(shared_name* n) noexcept
    : name_(n) {
    ++n->holders;
}

names::held::held(const held& other) noexcept
    : name_(other.name_) {
    if (name_ != nullptr) ++name_->holders;
}

names::held& names::held::operator=(held other) noexcept {
    std::swap(name_, other.name_);
    return *this;
}

names::held::~held() {
    if (name_ != nullptr && --name_->holders == 0) name_->free->push_back(name_);
}

std::string_view names::held::view() const noexcept {
    return name_ != nullptr ? std::string_view(name_->text) : std::string_view();
}

namespace {

/// Who asked, and the address, as words.
struct key {
    std::array<std::uint64_t, 5> words{};

    key(const common::ip_address& asker, const common::ip_address& address) noexcept
        : words{common::load<std::uint64_t>(asker.bytes, 0), common::load<std::uint64_t>(asker.bytes, 8),
                common::load<std::uint64_t>(address.bytes, 0), common::load<std::uint64_t>(address.bytes, 8),
                std::uint64_t{asker.version} << 8 | address.version} {}
    friend bool operator==(const key&, const key&) = default;
};

struct entry {
    key id;
    names::held name;
    common::timestamp until;
    entry* older = nullptr;
    entry* younger = nullptr;
};

struct entry_hash {
    common::keyed_hash hash;
    using is_transparent = void;
    using is_avalanching = void;
    [[nodiscard]] std::size_t operator()(const key& k) const noexcept { return hash(k.words); }
    [[nodiscard]] std::size_t operator()(const entry* e) const noexcept { return hash(e->id.words); }
};

struct entry_equal {
    using is_transparent = void;
    [[nodiscard]] bool operator()(const entry* a, const entry* b) const noexcept { return a == b; }
    [[nodiscard]] bool operator()(const key& a, const entry* b) const noexcept { return a == b->id; }
    [[nodiscard]] bool operator()(const entry* a, const key& b) const noexcept { return a->id == b; }
};

} // namespace

struct names::state {
    state(std::size_t limit, const std::array<std::uint64_t, 2>& hash_key)
        : most(limit)
        , known(64, entry_hash{common::keyed_hash(hash_key)}) {}

    void unlink(entry& e) noexcept {
        (e.older != nullptr ? e.older->younger : oldest) = e.younger;
        (e.younger != nullptr ? e.younger->older : youngest) = e.older;
    }
    void append(entry& e) noexcept {
        e.older = youngest;
        e.younger = nullptr;
        (youngest != nullptr ? youngest->younger : oldest) = &e;
        youngest = &e;
    }

    const std::size_t most;
    std::deque<shared_name> all_names;
    std::vector<shared_name*> free_names; ///< with room for all
    std::deque<entry> entries;            ///< all in use: one that is forgotten is the next that is learned
    boost::unordered_flat_set<entry*, entry_hash, entry_equal> known;
    entry* oldest = nullptr; ///< by when they were learned
    entry* youngest = nullptr;
};

names::names(std::size_t most, const std::array<std::uint64_t, 2>& hash_key)
    : s_(std::make_unique<state>(most, hash_key)) {}

names::~names() = default;

names::held names::make(std::string_view text) {
    if (s_->free_names.empty()) {
        shared_name& n = s_->all_names.emplace_back();
        n.free = &s_->free_names;
        s_->free_names.reserve(s_->all_names.size());
        s_->free_names.push_back(&n);
    }
    shared_name* const n = s_->free_names.back();
    s_->free_names.pop_back();
    n->text.assign(text);
    return held(n);
}

bool names::learn(const common::ip_address& asker, const common::ip_address& address, const held& name,
                  common::timestamp until, common::timestamp now) {
    if (s_->most == 0) return true;
    const key id(asker, address);
    bool had_room = true;
    entry* e = nullptr;
    if (const auto at = s_->known.find(id); at != s_->known.end()) {
        e = *at;
        s_->unlink(*e);
    } else if (s_->entries.size() < s_->most) {
        e = &s_->entries.emplace_back(entry{id, {}, {}});
        s_->known.insert(e);
        ++size_;
    } else {
        e = s_->oldest;
        had_room = e->until <= now;
        s_->unlink(*e);
        s_->known.erase(e);
        e->id = id;
        s_->known.insert(e);
    }
    e->name = name;
    e->until = until;
    s_->append(*e);
    return had_room;
}

names::held names::find(const common::ip_address& asker, const common::ip_address& address,
                        common::timestamp now) const {
    const auto at = s_->known.find(key(asker, address));
    if (at == s_->known.end() || (*at)->until <= now) return {};
    return (*at)->name;
}

} // namespace weir::flow
