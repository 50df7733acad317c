#include "flow/tcp/tails.hpp"

#include <algorithm>

namespace weir::flow::tcp {

void tails::keep(tail*& of, std::uint64_t offset, common::bytes_view data) {
    if (of == nullptr) {
        if (most_ == 0) return;
        take(of);
    } else if (of != youngest_) {
        unlink(*of);
        link_youngest(*of);
    }
    tail& t = *of;
    if (t.end_ != offset) t.size_ = 0;
    t.end_ = offset + data.size();
    t.size_ = std::min<std::uint64_t>(tail::room, t.size_ + data.size());
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
    for (std::size_t i = 0; i < size; ++i) free_.push_back(&block[i]);
}

void tails::take(tail*& of) {
    tail* t = nullptr;
    if (free_.empty() && made_ < most_) make_block();
    if (!free_.empty()) {
        t = free_.back();
        free_.pop_back();
    } else {
        t = oldest_;
        *t->owner_ = nullptr;
        unlink(*t);
    }
    t->owner_ = &of;
    t->size_ = t->end_ = 0;
    link_youngest(*t);
    of = t;
}

void tails::give_back(tail*& of) noexcept {
    if (of == nullptr) return;
    unlink(*of);
    free_.push_back(of); // make_block() has reserved the place
    of = nullptr;
}

void tails::link_youngest(tail& t) noexcept {
    t.older_ = youngest_;
    t.younger_ = nullptr;
    (youngest_ != nullptr ? youngest_->younger_ : oldest_) = &t;
    youngest_ = &t;
}

void tails::unlink(tail& t) noexcept {
    (t.older_ != nullptr ? t.older_->younger_ : oldest_) = t.younger_;
    (t.younger_ != nullptr ? t.younger_->older_ : youngest_) = t.older_;
}

} // namespace weir::flow::tcp
