#include "flow/capture_path.hpp"

#include <algorithm>
#include <limits>

#include "common/check.hpp"

namespace weir::flow {

namespace {

constexpr common::timestamp beginning{std::numeric_limits<std::int64_t>::min()};

} // namespace

std::uint32_t capture_path::interface(std::string_view name) {
    const auto known = numbers_.find(name);
    if (known != numbers_.end()) return known->second;
    const auto number = static_cast<std::uint32_t>(interfaces_.size());
    interfaces_.emplace_back().name = numbers_.emplace(name, number).first->first;
    return number;
}

std::string_view capture_path::name(std::uint32_t interface) const noexcept {
    if (interfaces_.size() < 2) return {};
    common::check(interface < interfaces_.size(), "an interface was numbered before its packets came");
    return interfaces_[interface].name;
}

void capture_path::counter::add_window(common::timestamp from, common::timestamp to) {
    if (!windows.empty() && windows.back().to == from)
        windows.back().to = to;
    else
        windows.push_back({from, to});
    if (windows.size() > windows_kept) windows.pop_front();
}

void capture_path::lost(std::uint32_t interface, std::optional<common::timestamp> from,
                        common::timestamp to) {
    common::check(interface < interfaces_.size(), "an interface was numbered before its packets came");
    interfaces_[interface].add_window(from.value_or(beginning), to);
}

void capture_path::statistics(std::uint32_t interface, common::timestamp ts, std::uint64_t dropped) {
    common::check(interface < interfaces_.size(), "an interface was numbered before its statistics came");
    counter& c = interfaces_[interface];
    if (dropped > c.dropped) {
        const common::timestamp from = c.last.value_or(beginning);
        c.add_window(from, ts);
    }
    c.dropped = dropped;
    c.last = ts;
}

void capture_path::restart() noexcept {
    for (counter& c : interfaces_) c.dropped = 0;
}

bool capture_path::dropped(std::uint32_t interface, common::timestamp from,
                           common::timestamp to) const noexcept {
    if (interface >= interfaces_.size()) return false;
    const auto& windows = interfaces_[interface].windows;
    return std::any_of(windows.begin(), windows.end(),
                       [&](const window& w) { return w.from <= to && from <= w.to; });
}

} // namespace weir::flow
