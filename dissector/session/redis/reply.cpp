#include "session/redis/reply.hpp"

namespace weir::session::redis {

std::size_t reply::behind(std::size_t i) const noexcept {
    for (std::size_t open = 1; open > 0 && i < nodes.size(); ++i) open += nodes[i].elements - std::size_t{1};
    return i;
}

bool reply::is_error() const noexcept {
    const node* const r = root();
    return r != nullptr && (r->type == redis_type::error || r->type == redis_type::bulk_error);
}

std::string_view reply::first_word() const noexcept {
    const node* const r = root();
    if (r == nullptr || r->elements == 0) return {};
    return text(nodes[value + 1]);
}

std::string_view reply::status() const noexcept {
    const node* const r = root();
    return r != nullptr && (r->type == redis_type::simple_string || r->type == redis_type::error)
               ? text(*r)
               : std::string_view();
}

void reply::clear(std::size_t buffer_kept) {
    begins = {};
    size = 0;
    is_push = is_truncated = is_complete = has_attributes = false;
    suspected = suspicion::none;
    value = 0;
    missing.clear();
    notes.clear();
    nodes.clear();
    owned_.clear();
    settled_ = 0;
    if (owned_.capacity() > buffer_kept) owned_.shrink_to_fit();
    if (nodes.capacity() * sizeof(node) > 16 * buffer_kept) nodes.shrink_to_fit();
}

void reply::append(node& n, std::string_view bytes, bool is_passing) {
    if (bytes.empty()) return;
    if (n.size == 0 && !n.is_owned && !is_passing) {
        n.borrowed = bytes;
    } else {
        own(n);
        owned_.append(bytes);
    }
    n.size += static_cast<std::uint32_t>(bytes.size());
}

void reply::own(node& n) {
    if (n.is_owned) return;
    n.at = owned_.size();
    owned_.append(n.borrowed);
    n.borrowed = {};
    n.is_owned = true;
}

void reply::settle() {
    for (; settled_ < nodes.size(); ++settled_) own(nodes[settled_]);
}

} // namespace weir::session::redis
