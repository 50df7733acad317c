// The form at the terminal of DNS's events: what was asked, and what came back or did not.
#pragma once

#include "event/dns_events.hpp"
#include "output/text_writer.hpp"

namespace weir::output {

void put_form(text_writer& out, const event::dns_exchange& e);

} // namespace weir::output
