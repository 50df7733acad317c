#include "flow/tcp/tails.hpp"

#include <algorithm>
#include <utility>

namespace weir::flow::tcp {

void tails::keep(tail*& of, std::uint64_t offset, common::bytes_view data) {
    if (of == nullptr) {
        if (most_ == 0) return;
        tail& t = unused();
        t.owner_ = &of;
        t.size_ = 0;
        of = &t;
    }
    tail& t = *of;
    t.added_to_ = true;
    if (t.end_ != offset) t.size_ = 0;
    t.end_ = offset + data.size();
    t.size_ = static_cast<std::uint16_t>(std::min(tail::room, t.size_ + data.size()));
    if (data.size() > tail::room) data = data.last(tail::room);
    const std::size_t at = (t.end_ - data.size()) % tail::room;
    const std::size_t before_wrap = std::min(data.size(), tail::room - at);
    std::copy_n(data.begin(), before_wrap, t.bytes_.begin() + static_cast<std::ptrdiff_t>(at));
    std::copy(data.begin() + static_cast<std::ptrdiff_t>(before_wrap), data.end(), t.bytes_.begin());
}

void tails::make_block() {
    const std::size_t size = std::min(of_a_block, most_ - made_);
    tail* const block = blocks_.emplace_back(std::make_unique_for_overwrite<tail[]>(size)).get();
    made_ += size;
    free_.reserve(made_);
    for (std::size_t i = size; i > 0; --i) free_.push_back(&block[i - 1]);
}

/// One that is free, else one that is taken away. Precondition: there may be any.
tail& tails::unused() {
    if (free_.empty() && made_ < most_) make_block();
    if (!free_.empty()) {
        tail& t = *free_.back();
        free_.pop_back();
        return t;
    }
    for (;; hand_ = (hand_ + 1) % made_) {
        tail& t = blocks_[hand_ / of_a_block][hand_ % of_a_block];
        if (std::exchange(t.added_to_, false)) continue;
        *t.owner_ = nullptr;
        return t;
    }
}

void tails::give_back(tail*& of) noexcept {
    if (of == nullptr) return;
    free_.push_back(of); // make_block() has reserved the place
    of = nullptr;
}

} // namespace weir::flow::tcp
