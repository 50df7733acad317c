// The form at the terminal of server-sent events: one line each, type and data.
#pragma once

#include "event/sse_events.hpp"
#include "output/text_writer.hpp"

namespace weir::output {

void put_form(text_writer& out, const event::http_sse& e);

} // namespace weir::output
