#include "flow/any_flow.hpp"

namespace weir::flow {

particulars& any_flow::particular() {
    if (particulars_ == nullptr) particulars_ = &shared_.particulars.make();
    return *particulars_;
}

void any_flow::see_other_place(const sighting& seen) {
    auto& known = particular().places;
    const bool is_new =
        std::none_of(known.begin(), known.end(), [&](const sighting& s) { return s.at_same_place(seen); });
    if (is_new && known.size() + 1 < shared_.limit.interfaces) known.push_back(seen);
}

std::vector<event::wire> any_flow::interfaces(std::vector<std::string>& texts) const {
    std::vector<event::wire> out;
    if (particulars_ == nullptr || particulars_->places.empty()) return out;
    const auto add = [&](std::uint32_t interface, std::uint32_t link_interface) {
        std::string text(shared_.path.name(interface));
        if (link_interface != 0) text += '#' + std::to_string(link_interface);
        if (!text.empty()) texts.push_back(std::move(text));
    };
    add(interface_, link_interface_);
    for (const sighting& s : particulars_->places) add(s.interface, s.link_interface);
    for (const std::string& text : texts) out.push_back({text});
    return out;
}

} // namespace weir::flow
