// An event of any kind, without knowing the kinds: so that a new event, or a new member of one, recompiles
// only those who speak of it. Must not include the registry.
#pragma once

#include <bitset>
#include <cstddef>

#include "event/field.hpp"

namespace weir::event {

/// Room for every kind of event; the registry checks that it suffices.
inline constexpr std::size_t most_kinds = 64;

/// A set of kinds. All 64 set is every kind there is.
using mask = std::bitset<most_kinds>;

/// The place of an event's name in the registry; aborts where it is not there.
[[nodiscard]] std::size_t kind_of_name(std::string_view name) noexcept;

template <is_event E>
inline const std::size_t kind_number = kind_of_name(E::name);

/// The number of a kind of event, below registry::size. Not before main(): it is looked up while the program
/// starts, so that asking costs a load and no check.
template <is_event E>
[[nodiscard]] std::size_t kind() noexcept {
    return kind_number<E>;
}

/// A pointer to an event, and which it is.
class any_event {
public:
    template <is_event E>
    any_event(const E* e) noexcept // NOLINT(google-explicit-constructor): a pointer to an event is one
        : kind_(event::kind<E>())
        , object_(e) {}

    [[nodiscard]] std::size_t kind() const noexcept { return kind_; }
    [[nodiscard]] const void* object() const noexcept { return object_; }

    /// The event where it is an E, else null.
    template <is_event E>
    [[nodiscard]] const E* get_if() const noexcept {
        return kind_ == event::kind<E>() ? static_cast<const E*>(object_) : nullptr;
    }

private:
    std::size_t kind_;
    const void* object_;
};

} // namespace weir::event
