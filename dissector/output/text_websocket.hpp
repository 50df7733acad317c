// The form at the terminal of WebSocket's events: one line a message, the arrow says who; JSON stands
// indented below its line.
#pragma once

#include "event/websocket_events.hpp"
#include "output/text_writer.hpp"

namespace weir::output {

void put_form(text_writer& out, const event::websocket_open& e);
void put_form(text_writer& out, const event::websocket_message& e);
void put_form(text_writer& out, const event::websocket_close& e);

} // namespace weir::output
