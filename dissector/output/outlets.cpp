#include "output/outlets.hpp"

#include "event/capture_events.hpp"

namespace weir::output {

event::mask outlets::selection() const noexcept {
    event::mask m = kept_;
    for (const auto& o : all_) m |= o->how().selection;
    return m;
}

void outlets::begin() {
    for (const auto& o : all_) o->begin();
}

void outlets::end() {
    for (const auto& o : all_) o->end();
}

void outlets::put(const event::any_event& e) {
    if (all_.size() == 1) {
        if (all_.front()->takes(e)) all_.front()->put(e);
        return;
    }
    std::string_view form, made;
    for (const auto& o : all_) {
        if (!o->takes(e)) continue;
        if (!form.empty() && o->form() == form) {
            o->copy(made);
            continue;
        }
        const std::string_view text = o->put_to_share(e);
        if (o->form().empty()) continue;
        form = o->form();
        made = text;
    }
}

template <class E>
void outlets::put_with_accounts(const E& e) {
    std::vector<event::output_account> accounts;
    for (const auto& o : all_)
        if (o->dropped() > 0) accounts.push_back({{o->how().name}, o->dropped()});
    E whole = e;
    whole.outputs = accounts;
    put(&whole);
}

void outlets::on_event(const event::any_event& e) {
    if (kept_[e.kind()]) keeper_->on_event(e);
    if (const auto* const s = e.get_if<event::capture_stats>()) return put_with_accounts(*s);
    if (const auto* const s = e.get_if<event::capture_end>()) return put_with_accounts(*s);
    put(e);
}

} // namespace weir::output
