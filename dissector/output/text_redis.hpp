// The form at the terminal of Redis' events: command, arguments, reply and latency in one line.
#pragma once

#include "event/redis_events.hpp"
#include "output/text_writer.hpp"

namespace weir::output {

void put_form(text_writer& out, const event::redis_command& e);
void put_form(text_writer& out, const event::redis_push& e);

} // namespace weir::output
