#include "event/registry.hpp"

#include <algorithm>

#include "common/check.hpp"

namespace weir::event {

std::size_t kind_of_name(std::string_view name) noexcept {
    const auto at = std::find(registry::names.begin(), registry::names.end(), name);
    common::check(at != registry::names.end(), "every event is in the registry");
    return static_cast<std::size_t>(at - registry::names.begin());
}

} // namespace weir::event
