// The forms at the terminal of HTTP's events: a line for a request, one for its exchange with what keeps it
// from being whole, and the bodies that were kept.
#pragma once

#include "event/http_events.hpp"
#include "output/text_writer.hpp"

namespace weir::output {

void put_form(text_writer& out, const event::http_request& e);
void put_form(text_writer& out, const event::http_response& e);
void put_form(text_writer& out, const event::http_exchange& e);

} // namespace weir::output
