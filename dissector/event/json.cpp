#include "event/json.hpp"

#include "event/json_fields.hpp"
#include "event/registry.hpp"

namespace weir::event {

void json_writer::append(const any_event& e) {
    const auto put = [this](const auto& event) { put_event(out_, event); };
    registry::visit(e, put);
}

} // namespace weir::event
