#include "session/redis/remnant.hpp"

#include <algorithm>
#include <array>

namespace weir::session::redis {

namespace {

/// What Redis says of itself; any other line that begins with + may be the middle of a value.
bool is_known_status(std::string_view text) noexcept {
    constexpr std::array<std::string_view, 4> known{"OK", "PONG", "QUEUED", "RESET"};
    return std::find(known.begin(), known.end(), text) != known.end();
}

bool may_be_element(const reply& r) noexcept {
    const node* const root = r.root();
    if (root == nullptr) return true;
    switch (root->type) {
    case redis_type::bulk_string:
    case redis_type::verbatim_string:
    case redis_type::array:
    case redis_type::map:
    case redis_type::set:
        return true;
    case redis_type::simple_string:
        return !is_known_status(r.text(*root));
    default:
        return false;
    }
}

} // namespace

bool asks_for_secrets(const command& c) noexcept {
    return c.means == meaning::config || c.means == meaning::acl || c.means == meaning::sentinel ||
           c.name().empty();
}

void remnant_watch::reset(bool in_the_middle) noexcept {
    state_ = in_the_middle ? state::cut : state::sure;
    strings_ = 0;
}

void remnant_watch::commands_lost() noexcept {
    if (state_ == state::sure) state_ = state::asked;
    if (state_ == state::loose) state_ = state::cut;
}

void remnant_watch::asked(const command& c) noexcept {
    if (asks_for_secrets(c)) commands_lost();
}

void remnant_watch::replies_lost() noexcept {
    if (state_ == state::sure) state_ = state::loose;
    if (state_ == state::asked) state_ = state::cut;
    strings_ = 0;
}

void remnant_watch::begins_anew() noexcept {
    if (state_ == state::loose) state_ = state::sure;
    if (state_ == state::cut) state_ = state::asked;
}

void remnant_watch::begins_anew(std::span<command* const> waiting) noexcept {
    begins_anew();
    if (state_ == state::sure) return;
    const bool may_be_asked = std::any_of(waiting.begin(), waiting.end(), [](const command* c) {
        return !c->is_answered && (asks_for_secrets(*c) || c->means == meaning::end_multi);
    });
    if (!may_be_asked) state_ = state::sure;
}

suspicion remnant_watch::of(const command& c, const reply& r) noexcept {
    // No list that holds secrets has other elements than strings and lists of them.
    if (!may_be_element(r) || strings_++ >= most_) begins_anew();
    if (state_ == state::cut) return suspicion::all;
    const bool is_transaction = c.means == meaning::end_multi;
    return state_ == state::asked && (is_transaction || !r.is_complete) ? suspicion::hashes : suspicion::none;
}

} // namespace weir::session::redis
